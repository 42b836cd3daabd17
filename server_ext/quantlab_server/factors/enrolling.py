"""Adding second factors: what takes more than one transaction, because a wrong code or a used challenge must stay."""

from __future__ import annotations

from uuid import UUID

from quantlab_ext.schemas.factors import PasskeyAdd, PasskeyAdded, RecoveryCodes, TotpConfirm
from quantlab_server.accounts.account import Account
from quantlab_server.audit.tags import AuditTag
from quantlab_server.auth.actor import ActorKind
from quantlab_server.auth.ratelimit import network_of
from quantlab_server.db.base import now
from quantlab_server.db.session import UnitOfWork
from quantlab_server.errors import Forbidden
from quantlab_server.factors.relying_party import RelyingParty, require_relying_party
from quantlab_server.factors.service import wrong_code
from quantlab_server.http.endpoint import Call
from quantlab_server.mail.kinds import MailKind
from quantlab_server.sessions.answers import origin_of
from quantlab_server.sessions.notices import shown_time
from quantlab_server.sessions.second_step import code_key


async def confirm_totp(call: Call, body: TotpConfirm) -> RecoveryCodes:
    """Make an app count.

    Raises:
        Invalid: the code is wrong.
        Conflict: there is nothing to confirm.
        TooManyRequests: too many codes were wrong.
    """
    services, request = call.services, call.request
    account = await call.transaction(lambda uow: account_of(call, uow), writes=False)

    def act(uow: UnitOfWork) -> list[str] | None:
        made = services.factors.confirm_totp(uow, account, body.code)
        if made is not None:
            _record(call, uow, AuditTag.TOTP_ADDED)
            tell(call, uow, account, MailKind.FACTOR_ADDED)
        return made

    async with services.rate_limiter.login.second_step(
        code_key(call, account), network_of(request.address), known_device=True
    ) as attempt:
        made = await call.transaction(act)
        if made is None:
            await attempt.failed()
            raise wrong_code("code")
    return RecoveryCodes(codes=made)


async def add_passkey(call: Call, body: PasskeyAdd) -> PasskeyAdded:
    """Keep a passkey that was just made.

    Raises:
        Invalid: it is not what was asked for.
        Conflict: somebody has it already.
    """
    refuse_local(call)
    site, factors, actor = site_of(call), call.services.factors, call.actor
    challenge = await call.transaction(
        lambda uow: factors.passkeys.take(uow, actor.tenant_id, actor.user_id, body, "register")
    )

    def act(uow: UnitOfWork) -> PasskeyAdded:
        account = account_of(call, uow)
        added = factors.add_passkey(uow, account, site, challenge, body)
        tell(call, uow, account, MailKind.FACTOR_ADDED)
        _record(call, uow, AuditTag.PASSKEY_ADDED, subject_id=added.passkey.id)
        return added

    return await call.transaction(act)


def tell(call: Call, uow: UnitOfWork, account: Account, kind: MailKind) -> None:
    """Tell a person by mail of a change of its factors, whoever made it."""
    call.services.mail.send(
        uow,
        kind,
        account.tenant_id,
        account.user_id,
        account.email,
        language=origin_of(call.request).language,
        data={"time": shown_time(now())},
    )


def account_of(call: Call, uow: UnitOfWork) -> Account:
    """The caller's account."""
    return call.services.accounts.require(uow, call.actor.tenant_id, call.actor.user_id)


def site_of(call: Call) -> RelyingParty:
    """For which host passkeys are made and accepted by this request.

    Raises:
        PasskeysUnavailable: its address has no name.
    """
    settings = call.services.settings
    return require_relying_party(settings.public_url, call.request.headers.get("Host", ""))


def refuse_local(call: Call) -> None:
    """Refuse the local account: Jupyter's door lets it in, so a factor of ours would guard nothing.

    Raises:
        Forbidden: ``local_account``.
    """
    if call.actor.kind is ActorKind.LOCAL:
        raise Forbidden(
            "The local account has no password, so there is nothing to add a second factor to.",
            code="local_account",
        )


def _record(call: Call, uow: UnitOfWork, tag: AuditTag, *, subject_id: UUID | None = None) -> None:
    call.services.audit.record(
        uow,
        call.actor,
        tag,
        subject_id=subject_id,
        request_id=call.request_id,
        address=call.request.address,
    )
