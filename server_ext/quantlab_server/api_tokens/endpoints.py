"""Routes of personal API tokens."""

from __future__ import annotations

from uuid import UUID

from quantlab_ext.schemas.api_tokens import ApiToken, ApiTokenCreate, NewApiToken
from quantlab_ext.schemas.base import Page
from quantlab_server.audit.tags import AuditTag
from quantlab_server.auth.scopes import Scope
from quantlab_server.http.endpoint import Call, Reply, endpoint


@endpoint(
    "GET", "/auth/api-tokens", scope=Scope.API_TOKENS, answer=Page[ApiToken], interactive=True
)
def list_api_tokens(call: Call) -> Page[ApiToken]:
    """List the own API tokens, newest first."""
    items = call.services.api_tokens.list_own(call.uow, call.actor)
    return Page[ApiToken](items=items, total=len(items))


@endpoint(
    "POST",
    "/auth/api-tokens",
    scope=Scope.API_TOKENS,
    answer=NewApiToken,
    status=201,
    step_up=True,
    audit=AuditTag.API_TOKEN_CREATED,
    errors=(403, 422),
)
def create_api_token(call: Call, body: ApiTokenCreate) -> NewApiToken:
    """Make an API token; it is shown this once."""
    made = call.services.api_tokens.create(call.uow, call.actor, body)
    call.audit_subject = made.api_token.id
    call.audit_detail = {"name": made.api_token.name, "scopes": made.api_token.scopes}
    return made


@endpoint(
    "DELETE",
    "/auth/api-tokens/{id}",
    scope=Scope.API_TOKENS,
    status=204,
    step_up=True,
    audit=AuditTag.API_TOKEN_REVOKED,
)
def delete_api_token(call: Call, id: UUID) -> Reply:
    """Revoke an API token: it opens nothing any more."""
    call.audit_subject = id
    call.audit_detail = {"name": call.services.api_tokens.revoke(call.uow, call.actor, id)}
    return Reply(status=204)
