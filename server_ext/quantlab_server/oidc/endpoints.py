"""Routes of log-ins at OpenID Connect providers, and of their links to accounts."""

from __future__ import annotations

from uuid import UUID

from quantlab_ext.schemas.accounts import Tokens
from quantlab_ext.schemas.base import Page
from quantlab_ext.schemas.oidc import (
    OidcCode,
    OidcFinish,
    OidcLink,
    OidcProviders,
    OidcStart,
    OidcStarted,
)
from quantlab_server.audit.tags import AuditTag
from quantlab_server.auth.scopes import Scope
from quantlab_server.http.endpoint import Call, Reply, endpoint
from quantlab_server.oidc import finishing, signing_in


@endpoint(
    "GET",
    "/auth/oidc/providers",
    scope=Scope.PUBLIC,
    always=True,
    answer=OidcProviders,
    transaction=False,
)
def list_oidc_providers(call: Call) -> OidcProviders:
    """List the services that one can sign in at."""
    return OidcProviders(items=call.services.oidc.offered())


@endpoint(
    "POST",
    "/auth/oidc/{provider}/start",
    scope=Scope.PUBLIC,
    always=True,
    answer=OidcStarted,
    errors=(403, 404, 422, 429, 503),
)
async def start_oidc(call: Call, provider: str, body: OidcStart) -> Reply:
    """Begin to sign in at a provider."""
    return await signing_in.start(call, provider, body, link=False)


@endpoint(
    "POST",
    "/auth/oidc/{provider}/link",
    scope=Scope.PROFILE_WRITE,
    answer=OidcStarted,
    interactive=True,
    step_up=True,
    errors=(403, 404, 422, 503),
)
async def start_oidc_link(call: Call, provider: str, body: OidcStart) -> Reply:
    """Begin to link a log-in at a provider to the own account."""
    return await signing_in.start(call, provider, body, link=True)


@endpoint("GET", "/auth/oidc/callback", scope=Scope.PUBLIC, always=True)
async def come_back_from_oidc(call: Call) -> Reply:
    """Where providers lead back to: a page that yields a one-time code to the page that began."""
    return await signing_in.come_back(call)


@endpoint(
    "POST",
    "/auth/oidc/finish",
    scope=Scope.PUBLIC,
    always=True,
    answer=Tokens,
    errors=(401, 403, 409, 422, 429, 503),
)
async def finish_oidc(call: Call, body: OidcFinish) -> Reply:
    """Sign in with the one-time code of the callback, and with a second factor where the account has one."""
    return await finishing.finish(call, body)


@endpoint("GET", "/auth/oidc/links", scope=Scope.SESSIONS, answer=Page[OidcLink], interactive=True)
def list_oidc_links(call: Call) -> Page[OidcLink]:
    """List the own log-ins at providers."""
    items = call.services.oidc.list_own(call.uow, call.actor)
    return Page[OidcLink](items=items, total=len(items))


@endpoint(
    "POST",
    "/auth/oidc/links",
    scope=Scope.PROFILE_WRITE,
    answer=OidcLink,
    status=201,
    interactive=True,
    errors=(403, 409, 422, 503),
)
async def create_oidc_link(call: Call, body: OidcCode) -> OidcLink:
    """Link a log-in to the own account with the one-time code of the callback."""
    return await signing_in.link(call, body)


@endpoint(
    "DELETE",
    "/auth/oidc/links/{id}",
    scope=Scope.PROFILE_WRITE,
    status=204,
    interactive=True,
    step_up=True,
    audit=AuditTag.OIDC_UNLINKED,
    errors=(403, 409),
)
def delete_oidc_link(call: Call, id: UUID) -> Reply:
    """Unlink a log-in from the own account."""
    provider = call.services.oidc.unlink(call.uow, call.actor, id)
    call.audit_subject = id
    call.audit_detail = {"provider": provider}
    return Reply(status=204)
