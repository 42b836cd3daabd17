"""Routes of second factors: an app for codes, recovery codes, passkeys."""

from __future__ import annotations

from uuid import UUID

from quantlab_ext.schemas.accounts import Tokens
from quantlab_ext.schemas.base import Page
from quantlab_ext.schemas.factors import (
    Ceremony,
    Factors,
    Passkey,
    PasskeyAdd,
    PasskeyAdded,
    PasskeyLogIn,
    RecoveryCodes,
    TotpConfirm,
    TotpSetup,
)
from quantlab_server.audit.tags import AuditTag
from quantlab_server.auth.scopes import Scope
from quantlab_server.factors import enrolling
from quantlab_server.http.endpoint import Call, Reply, endpoint
from quantlab_server.mail.kinds import MailKind
from quantlab_server.sessions import passkey_signing_in
from quantlab_server.sessions.second_step import rp_of

# A credential and its attestation; nothing that a browser sends comes near it.
_CREDENTIAL_MAX = 256 * 1024


@endpoint(
    "GET", "/auth/mfa", scope=Scope.SESSIONS, answer=Factors, interactive=True, enrolling=True
)
def get_factors(call: Call) -> Factors:
    """Get the own second factors."""
    return call.services.factors.overview(
        call.uow, enrolling.account_of(call, call.uow), rp_of(call)
    )


@endpoint(
    "POST",
    "/auth/mfa/totp",
    scope=Scope.SESSIONS,
    answer=TotpSetup,
    step_up=True,
    enrolling=True,
    errors=(409,),
)
def begin_totp(call: Call) -> TotpSetup:
    """Get what an app for codes is set up with; it counts once a code of it was confirmed."""
    enrolling.refuse_local(call)
    return call.services.factors.begin_totp(call.uow, enrolling.account_of(call, call.uow))


@endpoint(
    "POST",
    "/auth/mfa/totp/confirm",
    scope=Scope.SESSIONS,
    answer=RecoveryCodes,
    step_up=True,
    enrolling=True,
    errors=(409,),
)
async def confirm_totp(call: Call, body: TotpConfirm) -> RecoveryCodes:
    """Make the app count by a code that it shows; recovery codes come with the first factor."""
    return await enrolling.confirm_totp(call, body)


@endpoint(
    "DELETE",
    "/auth/mfa/totp",
    scope=Scope.SESSIONS,
    status=204,
    step_up=True,
    enrolling=True,
    audit=AuditTag.TOTP_REMOVED,
    errors=(409,),
)
def remove_totp(call: Call) -> Reply:
    """Remove the app for codes."""
    account = enrolling.account_of(call, call.uow)
    call.services.factors.remove_totp(call.uow, account)
    enrolling.tell(call, call.uow, account, MailKind.FACTOR_REMOVED)
    return Reply(status=204)


@endpoint(
    "POST",
    "/auth/mfa/recovery-codes",
    scope=Scope.SESSIONS,
    answer=RecoveryCodes,
    step_up=True,
    audit=AuditTag.RECOVERY_CODES_MADE,
    errors=(409,),
)
def make_recovery_codes(call: Call) -> RecoveryCodes:
    """Get new recovery codes, shown once; the old ones are good for nothing any more."""
    account = enrolling.account_of(call, call.uow)
    made = call.services.factors.new_recovery_codes(call.uow, account)
    enrolling.tell(call, call.uow, account, MailKind.RECOVERY_CODES_MADE)
    return RecoveryCodes(codes=made)


@endpoint("GET", "/auth/passkeys", scope=Scope.SESSIONS, answer=Page[Passkey], interactive=True)
def list_passkeys(call: Call) -> Page[Passkey]:
    """List the own passkeys, oldest first."""
    found = call.services.factors.overview(
        call.uow, enrolling.account_of(call, call.uow), rp_of(call)
    )
    return Page[Passkey](items=found.passkeys, total=len(found.passkeys))


@endpoint(
    "DELETE",
    "/auth/passkeys/{id}",
    scope=Scope.SESSIONS,
    status=204,
    step_up=True,
    audit=AuditTag.PASSKEY_REMOVED,
    errors=(409,),
)
def remove_passkey(call: Call, id: UUID) -> Reply:
    """Remove one of the own passkeys."""
    account = enrolling.account_of(call, call.uow)
    call.services.factors.remove_passkey(call.uow, account, id)
    enrolling.tell(call, call.uow, account, MailKind.FACTOR_REMOVED)
    call.audit_subject = id
    return Reply(status=204)


@endpoint(
    "POST",
    "/auth/passkeys/register/options",
    scope=Scope.SESSIONS,
    answer=Ceremony,
    step_up=True,
    enrolling=True,
    errors=(409,),
)
def begin_passkey(call: Call) -> Ceremony:
    """Get what a browser makes a passkey with."""
    account = enrolling.account_of(call, call.uow)
    enrolling.refuse_local(call)
    return call.services.factors.passkeys.begin_registration(
        call.uow, account, enrolling.site_of(call)
    )


@endpoint(
    "POST",
    "/auth/passkeys/register/verify",
    scope=Scope.SESSIONS,
    answer=PasskeyAdded,
    status=201,
    step_up=True,
    enrolling=True,
    max_body=_CREDENTIAL_MAX,
    errors=(409,),
)
async def add_passkey(call: Call, body: PasskeyAdd) -> PasskeyAdded:
    """Keep a passkey that was just made; recovery codes come with the first factor."""
    return await enrolling.add_passkey(call, body)


@endpoint(
    "POST",
    "/auth/passkeys/login/options",
    scope=Scope.PUBLIC,
    always=True,
    answer=Ceremony,
    errors=(409,),
)
def begin_passkey_log_in(call: Call) -> Ceremony:
    """Get what a browser signs in with by a passkey alone."""
    return call.services.factors.passkeys.begin_sign_in(call.uow, enrolling.site_of(call))


@endpoint(
    "POST",
    "/auth/passkeys/login/verify",
    scope=Scope.PUBLIC,
    always=True,
    answer=Tokens,
    max_body=_CREDENTIAL_MAX,
    errors=(401, 409),
)
async def log_in_by_passkey(call: Call, body: PasskeyLogIn) -> Reply:
    """Sign in by a passkey alone."""
    return await passkey_signing_in.sign_in(call, body, enrolling.site_of(call))
