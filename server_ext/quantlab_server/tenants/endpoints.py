"""Routes of the installation's tenants, for operators, and of the own one, for its administrators."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import StringConstraints

from quantlab_ext.schemas.base import Page
from quantlab_ext.schemas.tenants import OwnTenant, TenantInfo, TenantPatch
from quantlab_server.audit.tags import AuditTag
from quantlab_server.auth.scopes import Scope
from quantlab_server.http.endpoint import Call, endpoint
from quantlab_server.http.pagination import PageQuery, cut_by_id, decode_id
from quantlab_server.tenants import service


class TenantsQuery(PageQuery):
    """``q``: what the name contains, in capitals or not."""

    q: Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00]*$")] | None = None


@endpoint(
    "GET",
    "/admin/tenants",
    scope=Scope.INSTALLATION,
    answer=Page[TenantInfo],
    interactive=True,
)
def list_tenants(call: Call, query: TenantsQuery) -> Page[TenantInfo]:
    """List the tenants of the installation, the newest first."""
    before = decode_id(query.cursor)
    found = service.page(call.uow, query.q, before, query.limit + 1)
    items, cursor = cut_by_id(found, query.limit)
    return Page[TenantInfo](items=items, next_cursor=cursor)


@endpoint(
    "PATCH",
    "/admin/tenants/{id}",
    scope=Scope.INSTALLATION,
    answer=TenantInfo,
    interactive=True,
    step_up=True,
    errors=(403, 409, 422),
)
def rename_tenant(call: Call, id: UUID, body: TenantPatch) -> TenantInfo:
    """Give a shared tenant another name."""
    me = call.actor
    call.services.admin.require_role(call.uow, me, "operator")
    found, before = service.rename(call.uow, id, body.name, by=me.user_id)
    call.services.audit.record_about(
        call.uow,
        id,
        me.user_id,
        AuditTag.TENANT_RENAMED,
        actor_id=me.user_id,
        subject_id=id,
        request_id=call.request_id,
        address=call.request.address,
        detail={"from": before, "to": body.name},
    )
    return found


@endpoint("GET", "/admin/tenant", scope=Scope.ADMIN_TENANT, answer=OwnTenant, interactive=True)
def get_tenant(call: Call) -> OwnTenant:
    """Get the own tenant and its settings."""
    return service.own(call.uow, call.actor.tenant_id)


@endpoint(
    "PATCH",
    "/admin/tenant",
    scope=Scope.ADMIN_TENANT,
    answer=OwnTenant,
    interactive=True,
    step_up=True,
    audit=AuditTag.TENANT_CHANGED,
    errors=(403, 409, 422),
)
def change_tenant(call: Call, body: TenantPatch) -> OwnTenant:
    """Change settings of the own tenant; a personal one is called as its person is."""
    call.services.admin.require_role(call.uow, call.actor, "admin")
    default = call.services.settings.service.default_tenant
    found, before = service.rename_own(call.uow, call.actor.tenant_id, body.name, default=default)
    call.audit_subject = found.id
    call.audit_detail = {"name": {"from": before, "to": found.name}}
    return found
