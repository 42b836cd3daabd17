"""Signing up, signing in, changing the password: what must hash off the event loop between two transactions."""

from __future__ import annotations

from dataclasses import dataclass, replace

from quantlab_ext.schemas.accounts import ChangePassword, LogIn, Register, Tokens
from quantlab_ext.schemas.recovery import Accepted
from quantlab_server.accounts.account import Account
from quantlab_server.accounts.service import NewAccount
from quantlab_server.audit.tags import AuditTag
from quantlab_server.auth.even_time import evenly
from quantlab_server.auth.login_limits import Attempt
from quantlab_server.auth.password_policy import check_password
from quantlab_server.auth.passwords import Verified
from quantlab_server.auth.ratelimit import network_of
from quantlab_server.db.session import UnitOfWork
from quantlab_server.errors import Forbidden, Invalid, InvalidCredentials
from quantlab_server.http.endpoint import Call, Reply
from quantlab_server.invitations import service as invitations
from quantlab_server.sessions import devices
from quantlab_server.sessions.answers import device_cookie, origin_of, signed_in
from quantlab_server.sessions.beginning import Proof
from quantlab_server.sessions.second_step import take_second_step
from quantlab_server.sessions.service import Started
from quantlab_server.tenants.service import NOBODY


async def sign_up(call: Call, body: Register) -> Reply:
    """Make an account and sign it in. Known and new names cost the same: the hash comes first."""
    services, request = call.services, call.request
    accounts, invitation = services.accounts, body.invitation
    new = accounts.check_new(body.username, body.email, body.password, invitation)
    await services.rate_limiter.login.registration(network_of(request.address))
    await services.breaches.refuse(body.password)
    if invitation is not None:
        # Before anything depends on whether the address is known.
        await call.transaction(
            lambda uow: invitations.check(uow, invitation, new.email or ""), writes=False
        )
    hashed = await services.accounts.hasher.hash(body.password)
    if services.recovery.verifies:
        return await _sign_up_by_mail(call, new, hashed)

    def act(uow: UnitOfWork) -> Started:
        account, used = services.accounts.register(uow, new, hashed)
        return services.sessions.start(
            uow,
            account,
            origin_of(request),
            tag=AuditTag.ACCOUNT_REGISTERED,
            detail=None if used is None else used.detail(),
        )

    started = await call.transaction(act)
    return signed_in_reply(call, started, in_body=body.transport == "body", status=201)


async def _sign_up_by_mail(call: Call, new: NewAccount, hashed: str) -> Reply:
    """Nobody is signed in, and the answer tells nothing: what comes next is in the mail."""
    services, origin = call.services, origin_of(call.request)
    allowed = await services.rate_limiter.login.mail(services.accounts.account_key(new.email or ""))

    def act(uow: UnitOfWork) -> None:
        services.recovery.register(uow, new, hashed, origin, may_mail=allowed)

    async with evenly():
        await call.transaction(act)
    return Reply(value=Accepted(), status=202)


async def sign_in(call: Call, body: LogIn) -> Reply:
    """Check a password and begin a session. Every failure looks alike and costs one hash."""
    services, request = call.services, call.request
    key = services.accounts.account_key(body.login)
    known = await devices.is_known_to(call, body.login)
    async with services.rate_limiter.login.attempt(
        key, network_of(request.address), known_device=known
    ) as attempt:
        account = await call.transaction(
            lambda uow: services.accounts.find_by_login(uow, body.login), writes=False
        )
        usable = account is not None and account.is_open and not account.verification_pending
        stored = account.password_hash if account is not None else None
        verified = await services.accounts.hasher.verify(stored, body.password)
        if account is None or not usable or not verified.ok:
            await refuse(call, attempt, account, key=key, reason="password")
            raise InvalidCredentials
        proof = await take_second_step(call, body, account, known=known)
        if proof is None:
            await refuse(call, attempt, account, key=key, reason="code")
            raise InvalidCredentials("The login, the password or the code is not right.")
    if account.is_leaving:
        raise services.leaving.ask(account, proof)
    started = await _LogIn(call, body, known).begin(account, verified, proof)
    return signed_in_reply(call, started, in_body=body.transport == "body", status=200)


def _reason(account: Account, wrong: str) -> str:
    if not account.is_open:
        return "disabled"
    return "unverified" if account.verification_pending else wrong


async def refuse(
    call: Call, attempt: Attempt, account: Account | None, *, key: str, reason: str
) -> None:
    """Count and record a failed log-in; for an account that does not exist, the installation's log has it.

    ``key`` is what the login is counted under, ``reason`` what was wrong ("password", "code").
    """
    reached = await attempt.failed()
    services, request = call.services, call.request

    request_id, address = request.request_id, request.address

    def act(uow: UnitOfWork) -> None:
        detail: dict[str, object] = {"account_key": key}
        if account is None:
            # As many statements as for an account that there is.
            uow.become(NOBODY, NOBODY)
            services.audit.installation(
                uow,
                AuditTag.LOGIN_FAILED,
                request_id=request_id,
                address=address,
                detail=detail,
            )
        else:
            uow.become(account.tenant_id, account.user_id)
            services.audit.record_about(
                uow,
                account.tenant_id,
                account.user_id,
                AuditTag.LOGIN_FAILED,
                request_id=request_id,
                address=address,
                detail={"reason": _reason(account, reason)},
            )
        if reached:
            services.audit.installation(
                uow,
                AuditTag.LOGIN_THROTTLED,
                request_id=request_id,
                address=address,
                detail={**detail, "limits": reached},
            )

    await call.transaction(act)


@dataclass(frozen=True, slots=True)
class _LogIn:
    call: Call
    body: LogIn
    known_device: bool

    async def begin(self, account: Account, verified: Verified, proof: Proof) -> Started:
        """Begin the session, unless the account changed while the password was being checked."""
        services, request = self.call.services, self.call.request
        hasher = services.accounts.hasher
        new_hash = await hasher.hash(self.body.password) if verified.rehash else None

        def act(uow: UnitOfWork) -> Started:
            if not services.accounts.is_unchanged(uow, account):
                raise InvalidCredentials
            if new_hash is not None:
                services.accounts.rehash(uow, account, new_hash)
            return services.sessions.start(
                uow,
                account,
                origin_of(request),
                tag=AuditTag.LOGIN_SUCCEEDED,
                proof=proof,
                known_device=self.known_device,
            )

        return await self.call.transaction(
            act, tenant_id=account.tenant_id, user_id=account.user_id
        )


async def change_password(call: Call, body: ChangePassword) -> Reply:
    """Replace the password. The caller's session goes on with a new access token; all others end.

    Of the devices only the caller's stays known.
    """
    services, request, actor = call.services, call.request, call.actor
    key = services.accounts.account_key(f"\x00{actor.user_id}")
    account = await call.transaction(
        lambda uow: services.accounts.require(uow, actor.tenant_id, actor.user_id), writes=False
    )
    if account.password_hash is None:
        raise Forbidden("This account has no password.", code="no_password")
    names = [name for name in (account.username, account.email) if name]
    settings = services.settings.passwords
    check_password(body.new_password, settings, names, path="new_password")
    async with services.rate_limiter.login.attempt(
        key, network_of(request.address), known_device=devices.is_known(call, account)
    ) as attempt:
        hasher = services.accounts.hasher
        if not (await hasher.verify(account.password_hash, body.current_password)).ok:
            await attempt.failed()
            field = {
                "path": "current_password",
                "code": "wrong_password",
                "message": "This is not your current password.",
            }
            raise Invalid(fields=[field])
    await services.breaches.refuse(body.new_password, path="new_password")
    new_hash = await services.accounts.hasher.hash(body.new_password)

    def act(uow: UnitOfWork) -> Reply:
        epoch = services.accounts.change_password(uow, account, new_hash)
        issued = services.sessions.survive_password_change(uow, actor, account, epoch)
        services.recovery.end_links(uow, account.tenant_id, account.user_id)
        services.recovery.tell_password_changed(uow, account, origin_of(request))
        services.audit.record(
            uow,
            actor,
            AuditTag.PASSWORD_CHANGED,
            request_id=request.request_id,
            address=request.address,
        )
        tokens = Tokens(
            access_token=issued.token, expires_in=issued.expires_in, user=account.to_wire()
        )
        device = services.sessions.device_token(replace(account, epoch=epoch))
        return Reply(value=tokens, cookies=[device_cookie(request, device)])

    return await call.transaction(act)


def signed_in_reply(call: Call, started: Started, *, in_body: bool, status: int) -> Reply:
    """The answer to signing in, by which this device is known from now on."""
    device = call.services.sessions.device_token(started.account)
    return signed_in(call.request, started, in_body=in_body, status=status, device=device)
