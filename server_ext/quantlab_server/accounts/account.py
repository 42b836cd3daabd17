"""An account as services see it: one row of users with its tenant's name."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from quantlab_ext.schemas.accounts import Role, User


@dataclass(frozen=True, slots=True)
class Account:
    """A person's account. ``password_hash`` is None where nobody can sign in with a password."""

    tenant_id: UUID
    user_id: UUID
    tenant_name: str
    username: str
    email: str | None
    password_hash: str | None = field(repr=False)
    role: str
    tier: str
    is_active: bool
    is_local: bool
    epoch: int
    preferences: dict[str, Any]
    default_layout_id: UUID | None
    created_at: datetime
    verification_pending: bool = False
    username_pending: bool = False

    @property
    def may_sign_in(self) -> bool:
        """Active, and its address was confirmed if it had to be."""
        return self.is_active and not self.verification_pending

    def to_wire(self) -> User:
        """As its own person sees it."""
        return User(
            id=self.user_id,
            tenant_id=self.tenant_id,
            tenant_name=self.tenant_name,
            username=self.username,
            email=self.email,
            role=cast(Role, self.role),
            tier=self.tier,
            is_local=self.is_local,
        )
