"""Step-up: a person who is signed in proves again who it is, before it does what cannot be undone."""

from __future__ import annotations

from quantlab_ext.schemas.accounts import StepUp, Tokens
from quantlab_server.accounts.account import Account
from quantlab_server.audit.tags import AuditTag
from quantlab_server.auth.actor import ActorKind
from quantlab_server.auth.login_limits import Attempt
from quantlab_server.auth.ratelimit import network_of
from quantlab_server.db.session import UnitOfWork
from quantlab_server.errors import Forbidden, Invalid, NotSignedIn
from quantlab_server.http.endpoint import Call


async def step_up(call: Call, body: StepUp) -> Tokens:
    """Check the password; the session counts as proved from now on. A failure counts as a failed log-in.

    Raises:
        Forbidden: the local account has nothing to prove itself with; Jupyter's door is its proof.
        Invalid: the password is not right.
        TooManyRequests: too many were not.
    """
    services, request, actor = call.services, call.request, call.actor
    if actor.kind is ActorKind.LOCAL:
        raise Forbidden("The local account needs no confirmation.", code="no_step_up")
    key = services.accounts.account_key(f"\x00{actor.user_id}")
    async with services.rate_limiter.login.attempt(
        key, network_of(request.address), known_device=True
    ) as attempt:
        account = await call.transaction(
            lambda uow: services.accounts.require(uow, actor.tenant_id, actor.user_id), writes=False
        )
        if not (await services.accounts.hasher.verify(account.password_hash, body.password)).ok:
            await _refuse(call, attempt)

    return await call.transaction(lambda uow: _prove(call, uow, account))


def _prove(call: Call, uow: UnitOfWork, account: Account) -> Tokens:
    services = call.services
    if not services.accounts.is_unchanged(uow, account):
        raise NotSignedIn
    issued = services.sessions.prove(uow, call.actor, account)
    _record(call, uow, AuditTag.STEPPED_UP)
    return Tokens(access_token=issued.token, expires_in=issued.expires_in, user=account.to_wire())


async def _refuse(call: Call, attempt: Attempt) -> None:
    await attempt.failed()
    await call.transaction(lambda uow: _record(call, uow, AuditTag.STEP_UP_FAILED))
    field = {
        "path": "password",
        "code": "wrong_password",
        "message": "This is not your current password.",
    }
    raise Invalid(fields=[field])


def _record(call: Call, uow: UnitOfWork, tag: AuditTag) -> None:
    call.services.audit.record(
        uow,
        call.actor,
        tag,
        subject_id=call.actor.session_id,
        request_id=call.request_id,
        address=call.request.address,
    )
