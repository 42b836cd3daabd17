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
from quantlab_server.sessions import second_step


def options(call: Call) -> StepUpOptions:
    """By what the person can prove itself; for a passkey what it has to sign."""
    services, actor, rp = call.services, call.actor, second_step.rp_of(call)
    account = services.accounts.require(call.uow, actor.tenant_id, actor.user_id)
    factors = services.factors
    return StepUpOptions(
        password=account.password_hash is not None,
        code=factors.overview(call.uow, account, rp).totp is not None,
        passkey=None
        if rp is None
        else factors.passkeys.begin_use(call.uow, account, rp, "step_up"),
    )


async def step_up(call: Call, body: StepUp) -> Tokens:
    """Check what was given; the session counts as proved from now on. A failure counts as a failed log-in.

    Raises:
        Forbidden: the local account has nothing to prove itself with; Jupyter's door is its proof.
        Invalid: what was given is not right.
        TooManyRequests: too many were not.
    """
    services, request, actor = call.services, call.request, call.actor
    if actor.kind is ActorKind.LOCAL:
        raise Forbidden("The local account needs no confirmation.", code="no_step_up")
    account = await call.transaction(
        lambda uow: services.accounts.require(uow, actor.tenant_id, actor.user_id), writes=False
    )
    limits, network = services.rate_limiter.login, network_of(request.address)
    key = second_step.code_key(call, account)
    async with limits.attempt(key, network, known_device=True) as attempt:
        if body.password is not None:
            means = await _by_password(call, account, body.password)
        else:
            async with limits.second_step(key, network, known_device=True) as code_attempt:
                means = await _by_factor(call, account, body)
                if means is None:
                    await code_attempt.failed()
        if means is None:
            await attempt.failed()
            await call.transaction(lambda uow: _record(call, uow, AuditTag.STEP_UP_FAILED))
            raise _refusal(body)
    proved = means
    return await call.transaction(lambda uow: _prove(call, uow, account, proved))


async def _by_password(call: Call, account: Account, password: str) -> str | None:
    verified = await call.services.accounts.hasher.verify(account.password_hash, password)
    return "pwd" if verified.ok else None


async def _by_factor(call: Call, account: Account, body: StepUp) -> str | None:
    if body.passkey is None:
        return "otp" if await second_step.use_code(call, account, body.otp or "") else None
    used = await second_step.use_passkey(call, account, body.passkey, "step_up")
    if used is None:
        return None
    return "swk user mfa" if used.synced else "hwk user mfa"


def _refusal(body: StepUp) -> Invalid:
    if body.passkey is not None:
        return refused()
    if body.otp is not None:
        return wrong_code("otp")
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
