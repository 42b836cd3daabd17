"""Wire models of tenants, as operators and their own administrators see them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import Field

from quantlab_ext.schemas.base import Answer, Name, Wire


class TenantInfo(Answer):
    """A tenant of the installation. ``personal``: of one person, whose name it has."""

    id: UUID
    name: str
    personal: bool
    created_at: datetime
    people: int = Field(description="Accounts, without those that are deleted.")
    storage: int = Field(description="Bytes that its people keep.")


class OwnTenant(Answer):
    """The tenant of an administrator. ``personal``: of one person, whose name it has."""

    id: UUID
    name: str
    personal: bool
    created_at: datetime


class TenantPatch(Wire):
    """What changes of a tenant."""

    name: Name
