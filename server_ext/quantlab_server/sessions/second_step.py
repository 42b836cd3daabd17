"""The second step of signing in: what is asked for after the first was right, and how it is checked."""

from __future__ import annotations

from typing import Any

from quantlab_ext.schemas.accounts import LogIn
from quantlab_ext.schemas.factors import Ceremony, PasskeyProof
from quantlab_ext.schemas.oidc import OidcFinish
from quantlab_server.accounts.account import Account
from quantlab_server.auth.ratelimit import network_of
from quantlab_server.db.session import UnitOfWork
from quantlab_server.errors import OtpRequired
from quantlab_server.factors.relying_party import RelyingParty, find_relying_party
from quantlab_server.factors.webauthn import Used
from quantlab_server.http.endpoint import Call
from quantlab_server.sessions.beginning import BY_PASSWORD, Proof, by_both, by_passkey


def rp_of(call: Call) -> RelyingParty | None:
    """For which host passkeys are made and accepted by this request."""
    return find_relying_party(
        call.services.settings.public_url, call.request.headers.get("Host", "")
    )


async def take_second_step(
    call: Call,
    body: LogIn | OidcFinish,
    account: Account,
    *,
    known: bool,
    first: Proof = BY_PASSWORD,
    ticket: str = "",
) -> Proof | None:
    """How the person is proved now that the first step was right; None: the second factor was wrong.

    Args:
        known: this device signed in to the account before.
        ticket: what stands for the first step when the second one is sent; empty: it is sent again.

    Raises:
        OtpRequired: a second factor is needed and none was sent.
        TooManyRequests: too many were wrong.
    """
    if not account.has_second_factor:
        return first
    if body.passkey is None and not (body.otp or "").strip():
        raise await ask(call, account, ticket)
    limits = call.services.rate_limiter.login
    key, network = code_key(call, account), network_of(call.request.address)
    async with limits.second_step(key, network, known_device=known) as attempt:
        if body.passkey is not None:
            used = await use_passkey(call, account, body.passkey, "second_factor")
            if used is not None:
                passkey = by_passkey(synced=used.synced, verified=used.verified)
                return by_both(first, passkey.amr)
        elif await use_code(call, account, body.otp or ""):
            return by_both(first, "otp mfa")
        await attempt.failed()
    return None


def code_key(call: Call, account: Account) -> str:
    """What wrong second factors of an account are counted under, whatever login was typed."""
    return call.services.accounts.account_key(f"\x00{account.user_id}")


async def use_code(call: Call, account: Account, code: str) -> bool:
    """Use a code of the app or a recovery code, once."""
    return await call.transaction(
        lambda uow: call.services.factors.use_code(uow, account, code),
        tenant_id=account.tenant_id,
        user_id=account.user_id,
    )


async def use_passkey(
    call: Call, account: Account, proof: PasskeyProof, purpose: Any
) -> Used | None:
    """Check what a passkey of the person signed. The challenge is used up whatever comes of it."""
    passkeys, rp = call.services.factors.passkeys, rp_of(call)
    if rp is None:
        return None
    person = account.tenant_id, account.user_id
    challenge = await call.transaction(
        lambda uow: passkeys.take(uow, *person, proof, purpose),
        tenant_id=account.tenant_id,
        user_id=account.user_id,
    )
    return await call.transaction(
        lambda uow: passkeys.use(uow, account, rp, challenge, proof, purpose),
        tenant_id=account.tenant_id,
        user_id=account.user_id,
    )


async def ask(call: Call, account: Account, ticket: str) -> OtpRequired:
    """What a person is told who has to send a second factor; ``ticket`` as in ``take_second_step``."""

    def act(uow: UnitOfWork) -> tuple[bool, Ceremony | None]:
        services, rp = call.services, rp_of(call)
        has_app = services.factors.overview(uow, account, rp).totp is not None
        if rp is None:
            return has_app, None
        return has_app, services.factors.passkeys.begin_use(uow, account, rp, "second_factor")

    has_app, ceremony = await call.transaction(
        act, tenant_id=account.tenant_id, user_id=account.user_id
    )
    methods = [*(["totp"] if has_app else []), *(["passkey"] if ceremony else []), "recovery_code"]
    passkey = None if ceremony is None else ceremony.model_dump(mode="json")
    details: dict[str, Any] = {"methods": methods, "passkey": passkey}
    if ticket:
        details["ticket"] = ticket
    return OtpRequired(**details)
