"""The route of joining another tenant with the account that one has."""

from __future__ import annotations

from quantlab_ext.schemas.accounts import Tokens
from quantlab_ext.schemas.invitations import InvitationAccept
from quantlab_ext.schemas.stream import LibraryEvent
from quantlab_server.auth.scopes import Scope
from quantlab_server.http.endpoint import Call, Reply, endpoint
from quantlab_server.sessions.answers import origin_of
from quantlab_server.sessions.signing_in import signed_in_reply


@endpoint(
    "POST",
    "/auth/invitation/accept",
    scope=Scope.PROFILE_WRITE,
    answer=Tokens,
    step_up=True,
    errors=(403, 409),
)
def accept_invitation(call: Call, body: InvitationAccept) -> Reply:
    """Move the own account, with everything in it, to the tenant that an invitation leads to."""
    joined = call.services.joining.accept(call.uow, call.actor, body.token, origin_of(call.request))
    for (resource, id), people in joined.ended.items():
        event = LibraryEvent(resource=resource, id=id, version=None, act="revoked")
        call.tell_only(event, *people)
    return signed_in_reply(call, joined.started, in_body=body.transport == "body", status=200)
