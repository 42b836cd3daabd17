"""Routes of leaving."""

from __future__ import annotations

from quantlab_ext.schemas.accounts import Tokens
from quantlab_ext.schemas.leaving import KeepAccount, Leaving, LeavingPreview
from quantlab_server.auth.scopes import Scope
from quantlab_server.http.endpoint import Call, Reply, endpoint
from quantlab_server.sessions.answers import origin_of, signed_out
from quantlab_server.sessions.signing_in import signed_in_reply


@endpoint(
    "GET", "/auth/account", scope=Scope.PROFILE_WRITE, answer=LeavingPreview, interactive=True
)
def preview_leaving(call: Call) -> LeavingPreview:
    """Get what deleting the own account would take along, and what is in its way."""
    return call.services.leaving.preview(call.uow, call.actor)


@endpoint(
    "DELETE",
    "/auth/account",
    scope=Scope.PROFILE_WRITE,
    answer=Leaving,
    step_up=True,
    errors=(403, 409),
)
def leave(call: Call) -> Reply:
    """Delete the own account: it is closed at once, and removed for good 14 days later."""
    left = call.services.leaving.leave(call.uow, call.actor, origin_of(call.request))
    reply = signed_out(call.request)
    return Reply(value=left, status=200, cookies=reply.cookies)


@endpoint(
    "POST",
    "/auth/account/keep",
    scope=Scope.PUBLIC,
    answer=Tokens,
    bucket="refresh",
    errors=(401, 422),
)
async def keep(call: Call, body: KeepAccount) -> Reply:
    """Keep an account that was going to be deleted, and sign in; with the token of the refused log-in."""
    origin = origin_of(call.request)
    started = await call.transaction(
        lambda uow: call.services.leaving.keep(uow, body.keep_token, origin)
    )
    return signed_in_reply(call, started, in_body=body.transport == "body", status=200)
