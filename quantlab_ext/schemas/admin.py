"""Wire models of administration: people as those who look after them see them, and the tenant's events."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field

from quantlab_ext.schemas.accounts import Role, Secret
from quantlab_ext.schemas.base import Answer, JsonObject, Wire

Tier = Annotated[str, Field(min_length=1, max_length=20, pattern=r"^[a-z][a-z0-9_-]*$")]


class AdminUser(Answer):
    """A person of the tenant. ``deleted_at`` is set while the account waits to be removed for good."""

    id: UUID
    username: str
    email: str | None
    role: Role
    tier: str
    tier_expires_at: datetime | None
    is_active: bool
    is_local: bool
    created_at: datetime
    last_seen_at: datetime | None
    deleted_at: datetime | None


class AdminUserCreated(AdminUser):
    """A new account. Without a password its person was mailed a link to choose one, or gets it from the admin."""

    password_link: str | None = Field(
        description="Shown once, good once and for a day: hand it over by a way that you trust."
    )
    mailed: bool = Field(description="The link was mailed to the person.")


class AdminUserCreate(Wire):
    """A new account in the tenant; without a password its person chooses one by a link."""

    username: Annotated[str, Field(min_length=1, max_length=200)]
    email: Annotated[str, Field(min_length=3, max_length=320)]
    password: Secret | None = None
    role: Role = "user"
    tier: Tier = "free"


class AdminUserPatch(Wire):
    """What changes of a person; members left out stay as they are."""

    role: Role | None = None
    tier: Tier | None = None
    tier_expires_at: AwareDatetime | None = None
    is_active: bool | None = None


class AdminItem(Answer):
    """Something that a person of the tenant has saved. ``resource`` is workflows or layouts."""

    id: UUID
    resource: str
    kind: str
    name: str
    version: int
    size: int = Field(description="Bytes of the current content before compression.")
    updated_at: datetime


class AdminTransfer(Wire):
    """Where what a person has saved goes: ``to`` is the id of the new owner; without ``items`` everything goes."""

    to: UUID
    items: Annotated[list[UUID], Field(min_length=1, max_length=1000)] | None = None


class AdminRenamed(Answer):
    """Something that got another name, since its new owner has one of that name."""

    id: UUID
    resource: str
    before: str
    name: str


class AdminTransferred(Answer):
    """What went to its new owner: how many, and which have another name there."""

    moved: int
    renamed: list[AdminRenamed]


class AdminEvent(Answer):
    """An event of the tenant. ``user_id`` is whom it concerns, ``actor_id`` who acted (null: nobody known)."""

    id: UUID
    at: datetime
    tag: str
    user_id: UUID
    user_name: str | None = Field(default=None, description="None: not of the tenant any more.")
    actor_id: UUID | None
    actor_name: str | None = Field(default=None, description="None: not of the tenant, or nobody.")
    subject_id: UUID | None
    request_id: str | None
    address: str | None
    detail: JsonObject
    sealed: bool = Field(description="It has its seal; events wait about a second for it.")


class SealCheckpoint(Answer):
    """A signed statement of how far the tenant's events go. ``seq``: the place of the last one."""

    at: datetime
    seq: int


class SealCheck(Answer):
    """The newest events compared with their seals. ``faults`` says what is not as it was sealed."""

    events: int
    faults: list[str]


class SealState(Answer):
    """How the tenant's events are sealed."""

    waiting: int = Field(description="Events that wait for their seal.")
    checkpoint: SealCheckpoint | None = Field(description="The last one; null: none yet.")
    check: SealCheck | None = Field(description="For operators; null for everybody else.")
