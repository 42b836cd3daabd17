"""Step-up: a person who is signed in proves again who it is, before it does what cannot be undone."""

from __future__ import annotations

from quantlab_ext.schemas.accounts import Tokens
from quantlab_ext.schemas.factors import StepUp, StepUpOptions
from quantlab_server.accounts.account import Account
from quantlab_server.audit.tags import AuditTag
from quantlab_server.auth.actor import ActorKind
from quantlab_server.auth.ratelimit import network_of
from quantlab_server.db.session import UnitOfWork
from quantlab_server.errors import Field, Forbidden, Invalid, NotSignedIn
from quantlab_server.factors.passkeys import refused
from quantlab_server.factors.service import wrong_code
from quantlab_server.http.endpoint import Call
from quantlab_server.sessions import devices, second_step


def options(call: Call) -> StepUpOptions:
    """By what the person can prove itself; for a passkey what it has to sign."""
    services, actor, rp = call.services, call.actor, second_step.rp_of(call)
    account = services.accounts.require(call.uow, actor.tenant_id, actor.user_id)
    factors = services.factors
    return StepUpOptions(
        password=account.password_hash is not None,
        code=account.has_second_factor,
        passkey=None
        if rp is None
        else factors.passkeys.begin_use(call.uow, account, rp, "step_up"),
    )


async def step_up(call: Call, body: StepUp) -> Tokens:
    """Check what was given; the session counts as proved from now on. A failure counts as a failed log-in.

    Who has a second factor gives it here as when signing in: the password alone proves nothing.

    Raises:
        Forbidden: the local account has nothing to prove itself with; Jupyter's door is its proof.
        Invalid: what was given is not right, or not enough.
        TooManyRequests: too many were not.
    """
    services, request, actor = call.services, call.request, call.actor
    if actor.kind is ActorKind.LOCAL:
        raise Forbidden("The local account needs no confirmation.", code="no_step_up")
    account = await call.transaction(
        lambda uow: services.accounts.require(uow, actor.tenant_id, actor.user_id), writes=False
    )
    _require_enough(account, body)
    known = devices.is_known(call, account)
    async with services.rate_limiter.login.attempt(
        second_step.code_key(call, account), network_of(request.address), known_device=known
    ) as attempt:
        proved = await _check(call, account, body, known=known)
        if isinstance(proved, Invalid):
            await attempt.failed()
            await call.transaction(lambda uow: _record(call, uow, AuditTag.STEP_UP_FAILED))
            raise proved
    means = proved
    return await call.transaction(lambda uow: _prove(call, uow, account, means))


def _require_enough(account: Account, body: StepUp) -> None:
    """A passkey has checked its person; otherwise everything is needed that the account has.

    Raises:
        Invalid: something was not given. That is no failure: nothing was guessed.
    """
    if body.passkey is not None:
        return
    needed: list[Field] = []
    if account.password_hash is not None and body.password is None:
        needed.append({"path": "password", "code": "required", "message": "Enter your password."})
    if account.has_second_factor and body.otp is None:
        message = "Enter a code of your app, or a recovery code."
        needed.append({"path": "otp", "code": "required", "message": message})
    if needed:
        raise Invalid(fields=needed)


async def _check(call: Call, account: Account, body: StepUp, *, known: bool) -> str | Invalid:
    """By which means the person proved itself, or what was not right. No code is used up by a wrong password."""
    means: list[str] = []
    if body.password is not None:
        hasher = call.services.accounts.hasher
        if not (await hasher.verify(account.password_hash, body.password)).ok:
            return _wrong_password()
        means.append("pwd")
    if body.otp is None and body.passkey is None:
        return " ".join(means)
    key, network = second_step.code_key(call, account), network_of(call.request.address)
    async with call.services.rate_limiter.login.second_step(
        key, network, known_device=known
    ) as attempt:
        factor = await _by_factor(call, account, body)
        if factor is None:
            await attempt.failed()
            return wrong_code("otp") if body.passkey is None else refused()
    return " ".join([*means, factor])


async def _by_factor(call: Call, account: Account, body: StepUp) -> str | None:
    if body.passkey is None:
        return "otp" if await second_step.use_code(call, account, body.otp or "") else None
    used = await second_step.use_passkey(call, account, body.passkey, "step_up")
    if used is None:
        return None
    return "swk user mfa" if used.synced else "hwk user mfa"


def _wrong_password() -> Invalid:
    field: Field = {
        "path": "password",
        "code": "wrong_password",
        "message": "This is not your current password.",
    }
    return Invalid(fields=[field])


def _prove(call: Call, uow: UnitOfWork, account: Account, means: str) -> Tokens:
    services = call.services
    if not services.accounts.is_unchanged(uow, account):
        raise NotSignedIn
    issued = services.sessions.prove(uow, call.actor, account, means)
    _record(call, uow, AuditTag.STEPPED_UP)
    return Tokens(access_token=issued.token, expires_in=issued.expires_in, user=account.to_wire())


def _record(call: Call, uow: UnitOfWork, tag: AuditTag) -> None:
    call.services.audit.record(
        uow,
        call.actor,
        tag,
        subject_id=call.actor.session_id,
        request_id=call.request_id,
        address=call.request.address,
    )
