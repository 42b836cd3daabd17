"""Wire models of sharing: who in the tenant may see or edit a saved object, and finding people to share with."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from quantlab_ext.schemas.base import Answer, Wire
from quantlab_ext.schemas.saved import Access

SharedAccess = Literal["view", "edit"]
# A username or an address; longer is neither.
Who = Annotated[str, Field(min_length=1, max_length=320)]


class SharePut(Wire):
    """Gives a person of the tenant access, or changes what they may."""

    user: Who = Field(description="Username or e-mail address of a person of the tenant.")
    access: SharedAccess


class Share(Answer):
    """Access of one person beside the owner. ``user`` is the username."""

    user_id: UUID
    user: str
    access: SharedAccess
    created_at: datetime


class Shares(Answer):
    """Who has access to an object: its owner, and everybody that it is shared with, by name."""

    owner_id: UUID
    owner: str
    access: Access = Field(description="What the caller may.")
    items: list[Share]
    next_cursor: None = None


class PersonFound(Answer):
    """A person of the caller's tenant."""

    id: UUID
    username: str


class PeopleFound(Answer):
    """Some people of the caller's tenant, by name; not all where there are many."""

    items: list[PersonFound]
