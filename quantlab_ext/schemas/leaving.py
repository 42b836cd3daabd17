"""Wire models of deleting one's account, and of keeping it after all."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from quantlab_ext.schemas.accounts import Transport
from quantlab_ext.schemas.base import Answer, Wire


class LeavingPreview(Answer):
    """What deleting the account would take along."""

    deletes_at: datetime = Field(description="When it would be removed for good, if deleted now.")
    items: int = Field(description="Saved objects.")
    shared_items: int = Field(description="Saved objects that others see too, until then.")
    people: int = Field(description="How many people see them.")
    refusal: str | None = Field(description="Why the account cannot be deleted, and what to do.")


class Leaving(Answer):
    """The account is closed, and removed for good at ``deletes_at``."""

    deletes_at: datetime


class KeepAccount(Wire):
    """Keeps an account that was going to be deleted. ``keep_token`` comes with the error ``account_leaving``."""

    keep_token: Annotated[str, Field(min_length=1, max_length=4096)]
    transport: Transport = "cookie"
