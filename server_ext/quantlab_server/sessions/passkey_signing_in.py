"""Signing in by a passkey alone: it says who somebody is, and its authenticator has checked the person."""

from __future__ import annotations

from uuid import UUID

from quantlab_ext.schemas.factors import PasskeyLogIn
from quantlab_server.accounts.account import Account
from quantlab_server.audit.tags import AuditTag
from quantlab_server.auth.ratelimit import network_of
from quantlab_server.db.session import UnitOfWork
from quantlab_server.errors import AccountLeaving, InvalidCredentials
from quantlab_server.factors.relying_party import RelyingParty
from quantlab_server.http.endpoint import Call, Reply
from quantlab_server.sessions.answers import origin_of
from quantlab_server.sessions.beginning import by_passkey
from quantlab_server.sessions.service import Started
from quantlab_server.sessions.signing_in import signed_in_reply
from quantlab_server.tenants.service import NOBODY

Person = tuple[UUID, UUID]


async def sign_in(call: Call, body: PasskeyLogIn, rp: RelyingParty) -> Reply:
    """Check what a passkey signed and begin a session. Every failure looks alike.

    Raises:
        InvalidCredentials: unknown, of another site, replayed, without a check of the person, or disabled.
        TooManyRequests: too many failed.
    """
    services, request = call.services, call.request
    passkeys = services.factors.passkeys
    key = services.accounts.account_key("\x00passkey")
    async with services.rate_limiter.login.attempt(
        key, network_of(request.address), known_device=True
    ) as attempt:
        challenge = await call.transaction(lambda uow: passkeys.take_sign_in(uow, body))
        owner = await call.transaction(lambda uow: passkeys.find_owner(uow, body), writes=False)
        started = await call.transaction(lambda uow: _begin(call, uow, owner, body, rp, challenge))
        if started is None:
            await attempt.failed()
            await call.transaction(lambda uow: _record_failure(call, uow, owner))
            raise InvalidCredentials("This passkey was not accepted.")
    if isinstance(started, AccountLeaving):
        raise started
    return signed_in_reply(call, started, in_body=body.transport == "body", status=200)


def _begin(
    call: Call,
    uow: UnitOfWork,
    owner: Person | None,
    body: PasskeyLogIn,
    rp: RelyingParty,
    challenge: bytes | None,
) -> Started | AccountLeaving | None:
    services = call.services
    account = _account(call, uow, owner)
    if account is None or not account.is_open or account.verification_pending:
        return None
    used = services.factors.passkeys.use(uow, account, rp, challenge, body, "sign_in")
    if used is None:
        return None
    proof = by_passkey(synced=used.synced, verified=used.verified)
    if account.is_leaving:
        return services.leaving.ask(account, proof)
    return services.sessions.start(
        uow,
        account,
        origin_of(call.request),
        tag=AuditTag.LOGIN_SUCCEEDED,
        proof=proof,
        known_device=False,
    )


def _account(call: Call, uow: UnitOfWork, owner: Person | None) -> Account | None:
    tenant_id, user_id = owner or (NOBODY, NOBODY)
    uow.become(tenant_id, user_id)
    return call.services.accounts.find(uow, tenant_id, user_id)


def _record_failure(call: Call, uow: UnitOfWork, owner: Person | None) -> None:
    audit, request = call.services.audit, call.request
    tenant_id, user_id = owner or (NOBODY, NOBODY)
    uow.become(tenant_id, user_id)
    detail = {"reason": "passkey"}
    if owner is None:
        audit.installation(
            uow,
            AuditTag.LOGIN_FAILED,
            request_id=request.request_id,
            address=request.address,
            detail=detail,
        )
    else:
        audit.record_about(
            uow,
            tenant_id,
            user_id,
            AuditTag.LOGIN_FAILED,
            request_id=request.request_id,
            address=request.address,
            detail=detail,
        )
