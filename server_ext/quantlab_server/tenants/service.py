"""Tenants: personal ones come with an account, shared ones are made by the operator."""

from __future__ import annotations

from uuid import UUID

from quantlab_ext.schemas.tenants import OwnTenant, TenantInfo
from quantlab_server.accounts.names import tenant_key
from quantlab_server.db.base import new_id
from quantlab_server.db.identities import claim_identity, drop_identity, find_identity
from quantlab_server.db.session import UnitOfWork
from quantlab_server.errors import Conflict, Forbidden, NameTaken, NotFound
from quantlab_server.tenants import repository

# Stands for "no person" in the context of a transaction that only makes a tenant.
NOBODY = UUID(int=0)


def create_shared(uow: UnitOfWork, name: str) -> UUID:
    """Make a shared tenant and enter its context.

    Raises:
        NameTaken: there is a shared tenant of that name.
    """
    tenant_id = new_id()
    uow.become(tenant_id, NOBODY)
    repository.insert_tenant(uow, tenant_id, name, personal=False)
    if not claim_identity(uow, "tenant", tenant_key(name), tenant_id, None):
        raise NameTaken("There is a tenant of that name.")
    return tenant_id


def create_personal(uow: UnitOfWork, owner_name: str) -> UUID:
    """Make the tenant of one person, whose context the transaction is in already."""
    if uow.tenant_id is None:
        raise ValueError("a personal tenant is made in its own context")
    repository.insert_tenant(uow, uow.tenant_id, owner_name, personal=True)
    return uow.tenant_id


def find_shared(uow: UnitOfWork, name: str) -> UUID | None:
    """The shared tenant of that name. Needs no context."""
    found = find_identity(uow, "tenant", tenant_key(name))
    return found[0] if found else None


def find_by_id(uow: UnitOfWork, tenant_id: UUID) -> UUID | None:
    """The shared tenant with that id, entering its context; None when there is none."""
    uow.become(tenant_id, NOBODY)
    return tenant_id if repository.is_shared(uow, tenant_id) else None


def exists(uow: UnitOfWork, tenant_id: UUID) -> bool:
    """Whether the context's tenant exists, shared or somebody's own."""
    return repository.exists(uow, tenant_id)


def drop_empty(uow: UnitOfWork, tenant_id: UUID) -> None:
    """Remove the context's tenant if it was one person's, whose name it has, and nobody is in it any more."""
    repository.drop_empty(uow, tenant_id)


def page(uow: UnitOfWork, q: str | None, before: UUID | None, limit: int) -> list[TenantInfo]:
    """Tenants whose name contains ``q``, the newest first, older than the one with id ``before``."""
    return [TenantInfo(**row) for row in repository.list_tenants(uow, q, before, limit)]


def own(uow: UnitOfWork, tenant_id: UUID) -> OwnTenant:
    """The context's tenant, for its administrators.

    Raises:
        NotFound: there is none.
    """
    found = repository.get(uow, tenant_id)
    if found is None:
        raise NotFound
    return OwnTenant(**found._mapping)


def rename_own(
    uow: UnitOfWork, tenant_id: UUID, name: str, *, default: str
) -> tuple[OwnTenant, str]:
    """Rename the context's tenant for one of its administrators; it and the name before.

    Args:
        default: the name of the tenant that everybody signs up into, which configuration knows by its name: an
            administrator can neither take it away nor take it for another tenant. Empty: there is none.

    Raises:
        NotFound: there is none.
        Forbidden: ``default_tenant``.
        Conflict: it is somebody's own, which is called as its person is.
        NameTaken: there is a shared tenant of that name.
    """
    before = _rename(uow, tenant_id, name)
    if default and tenant_key(default) in (tenant_key(before), tenant_key(name)):
        raise Forbidden(
            "People sign up into the tenant of this name. Ask an operator to change it.",
            code="default_tenant",
        )
    return own(uow, tenant_id), before


def rename(uow: UnitOfWork, tenant_id: UUID, name: str, *, by: UUID) -> tuple[TenantInfo, str]:
    """Rename a shared tenant for an operator, ending in that tenant's context; it and the name before.

    Raises:
        as ``rename_own``.
    """
    uow.become(tenant_id, by)
    before = _rename(uow, tenant_id, name)
    (row,) = repository.list_tenants(uow, None, None, 1, only=tenant_id)
    return TenantInfo(**row), before


def _rename(uow: UnitOfWork, tenant_id: UUID, name: str) -> str:
    before = repository.lock(uow, tenant_id)
    if before is None:
        raise NotFound
    if before.personal:
        raise Conflict("A personal tenant has no name of its own.", code="personal_tenant")
    if tenant_key(name) != tenant_key(before.name):
        drop_identity(uow, "tenant", tenant_key(before.name))
        if not claim_identity(uow, "tenant", tenant_key(name), tenant_id, None):
            raise NameTaken("There is a tenant of that name.")
    repository.rename(uow, tenant_id, name)
    return str(before.name)
