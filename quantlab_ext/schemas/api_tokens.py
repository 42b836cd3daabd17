"""Wire models of personal API tokens and of log-in by device code."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from quantlab_ext.schemas.base import Answer, Name, Wire

MAX_DAYS = 366
Scopes = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=40)]], Field(min_length=1, max_length=30)
]


class ApiTokenCreate(Wire):
    """A token for a script or a machine: it does what its scopes say, until its day."""

    name: Name
    scopes: Scopes
    expires_in_days: Annotated[int, Field(ge=1, le=MAX_DAYS)] = 90


class ApiToken(Answer):
    """One of the own tokens. The token itself is never shown again."""

    id: UUID
    name: str
    hint: str = Field(description="How the token begins, to tell it from others.")
    scopes: list[str]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None = Field(description="To a quarter of an hour.")
    last_used_address: str | None


class NewApiToken(Answer):
    """A token that was just made; ``token`` is shown this once."""

    token: str
    api_token: ApiToken
