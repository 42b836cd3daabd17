"""Routes of mailed links. None of them is a GET: what only opens a link, such as a mail scanner, uses nothing up."""

from __future__ import annotations

from quantlab_ext.schemas.recovery import (
    Accepted,
    ChangeEmail,
    EmailChange,
    ForgotPassword,
    ResendVerification,
    ResetPassword,
    RevertEmail,
    VerifyEmail,
)
from quantlab_server.auth.scopes import Scope
from quantlab_server.http.endpoint import Call, Reply, endpoint
from quantlab_server.recovery import flows
from quantlab_server.sessions.answers import origin_of


@endpoint("POST", "/auth/forgot-password", scope=Scope.PUBLIC, answer=Accepted, status=202)
async def forgot_password(call: Call, body: ForgotPassword) -> Accepted:
    """Ask for a mail with a link to set a new password; the answer is the same for every address."""
    return await flows.forgot_password(call, body)


@endpoint("POST", "/auth/reset-password", scope=Scope.PUBLIC, status=204)
async def reset_password(call: Call, body: ResetPassword) -> Reply:
    """Set a new password by a mailed token; every session and API token ends."""
    return await flows.reset_password(call, body)


@endpoint("POST", "/auth/verify-email", scope=Scope.PUBLIC, status=204, errors=(409,))
def verify_email(call: Call, body: VerifyEmail) -> Reply:
    """Confirm an e-mail address by a mailed token."""
    call.services.recovery.verify(call.uow, body.token, body.username, origin_of(call.request))
    return Reply(status=204)


@endpoint("POST", "/auth/verify-email/resend", scope=Scope.PUBLIC, answer=Accepted, status=202)
async def resend_verification(call: Call, body: ResendVerification) -> Accepted:
    """Ask for the mail that confirms an address again; the answer is the same for every address."""
    return await flows.resend_verification(call, body)


@endpoint(
    "POST",
    "/auth/change-email",
    scope=Scope.PROFILE_WRITE,
    answer=EmailChange,
    status=202,
    step_up=True,
    errors=(409,),
)
async def change_email(call: Call, body: ChangeEmail) -> EmailChange:
    """Ask for another e-mail address; it counts once it is confirmed, and the old one is told."""
    return await flows.change_email(call, body)


@endpoint("POST", "/auth/revert-email", scope=Scope.PUBLIC, status=204, errors=(409,))
def revert_email(call: Call, body: RevertEmail) -> Reply:
    """Take an old e-mail address back by a mailed token; everybody is signed out."""
    call.services.recovery.revert_email(call.uow, body.token, origin_of(call.request))
    return Reply(status=204)
