"""What lists of people and of events are narrowed to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class PeopleFilter:
    """What a list of people is narrowed to; None does not narrow. ``after`` is where the page before ended."""

    q: str | None
    role: str | None
    tier: str | None
    state: str | None
    sort: str
    descending: bool
    after: tuple[Any, UUID] | None


@dataclass(frozen=True, slots=True)
class EventFilter:
    """What a list of events is narrowed to; None does not narrow. ``tag`` may be the beginning of one."""

    tag: str | None
    user_id: UUID | None
    actor_id: UUID | None
    since: datetime | None
    until: datetime | None
    before: UUID | None
