"""An account as services see it: one row of users with its tenant's name."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from quantlab_ext.schemas.accounts import Role, User
from quantlab_server.models.account import FALLBACK_TIER


@dataclass(frozen=True, slots=True)
class Account:
    """A person's account. ``password_hash`` is None where nobody can sign in with a password.

    ``tier`` is the present one: once ``tier_expires_at`` has passed, the free one.
    """

    tenant_id: UUID
    user_id: UUID
    tenant_name: str
    username: str
    email: str | None
    password_hash: str | None = field(repr=False)
    role: str
    tier: str
    tier_expires_at: datetime | None
    is_active: bool
    is_local: bool
    has_second_factor: bool
    epoch: int
    preferences: dict[str, Any]
    default_layout_id: UUID | None
    created_at: datetime
    verification_pending: bool = False
    username_pending: bool = False
    password_changed_at: datetime | None = None
    deleted_at: datetime | None = None
    is_leaving: bool = False

    @property
    def may_sign_in(self) -> bool:
        """Active, and its address was confirmed if it had to be."""
        return self.is_active and not self.verification_pending

    @property
    def is_open(self) -> bool:
        """Its person may prove who it is: it is active, or the person deleted it and may still change its mind."""
        return self.is_active or self.is_leaving

    @property
    def tier_until(self) -> datetime | None:
        """When the tier falls back to the free one; None where it does not."""
        return None if self.tier == FALLBACK_TIER else self.tier_expires_at

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
