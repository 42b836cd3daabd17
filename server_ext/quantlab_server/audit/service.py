"""Records what happened, in the transaction of the act, and shows a person its own events."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from quantlab_ext.schemas.accounts import AuditEvent
from quantlab_server.audit import repository
from quantlab_server.audit.tags import AuditTag
from quantlab_server.auth.actor import Actor
from quantlab_server.db.session import UnitOfWork

_TEXT_MAX = 300  # characters of one value


def clean(value: Any) -> Any:
    """A value that cannot forge a line of a log or of a report: no control characters, bounded, in depth."""
    if isinstance(value, str):
        kept = "".join(" " if unicodedata.category(c) in _UNSAFE else c for c in value[:_TEXT_MAX])
        return kept.strip()
    if isinstance(value, dict):
        return {str(clean(str(key))): clean(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [clean(member) for member in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return clean(str(value))


_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was recorded, for those who are told: ids and kinds, neither addresses nor details."""

    id: UUID
    at: datetime
    tag: AuditTag
    tenant_id: UUID | None = None
    user_id: UUID | None = None
    actor_id: UUID | None = None
    subject_id: UUID | None = None
    request_id: str | None = None


class AuditService:
    """The one writer of audit rows."""

    def __init__(self) -> None:
        # Called with each event once it is durable, on the thread of its transaction.
        self.listeners: list[Callable[[Recorded], None]] = []

    def record(
        self,
        uow: UnitOfWork,
        actor: Actor,
        tag: AuditTag,
        *,
        subject_id: UUID | None = None,
        request_id: str | None = None,
        address: str | None = None,
        detail: dict[str, Any] | None = None,
    ) -> None:
        """Record what the actor did itself."""
        self.record_about(
            uow,
            actor.tenant_id,
            actor.user_id,
            tag,
            actor_id=actor.user_id,
            subject_id=subject_id,
            request_id=request_id,
            address=address,
            detail=detail,
        )

    def record_about(
        self,
        uow: UnitOfWork,
        tenant_id: UUID,
        user_id: UUID,
        tag: AuditTag,
        *,
        actor_id: UUID | None = None,
        subject_id: UUID | None = None,
        request_id: str | None = None,
        address: str | None = None,
        detail: dict[str, Any] | None = None,
    ) -> None:
        """Record what concerns a person, whoever did it (``actor_id`` None: nobody who is known)."""
        id, at = repository.insert_event(
            uow,
            tenant_id=tenant_id,
            user_id=user_id,
            actor_id=actor_id,
            tag=tag,
            subject_id=subject_id,
            request_id=request_id,
            address=clean(address),
            detail=clean(detail or {}),
        )
        self._tell(uow, Recorded(id, at, tag, tenant_id, user_id, actor_id, subject_id, request_id))

    def installation(
        self,
        uow: UnitOfWork,
        tag: AuditTag,
        *,
        request_id: str | None = None,
        address: str | None = None,
        detail: dict[str, Any] | None = None,
    ) -> None:
        """Record what concerns no tenant."""
        id, at = repository.insert_installation_event(
            uow, tag=tag, request_id=request_id, address=clean(address), detail=clean(detail or {})
        )
        self._tell(uow, Recorded(id, at, tag, request_id=request_id))

    def _tell(self, uow: UnitOfWork, recorded: Recorded) -> None:
        for listener in self.listeners:
            uow.after_commit(partial(listener, recorded))

    def list_own(
        self, uow: UnitOfWork, actor: Actor, *, limit: int, before: UUID | None
    ) -> list[AuditEvent]:
        """The actor's own events, newest first, those before the event with the id ``before``."""
        rows = repository.list_events(
            uow, actor.tenant_id, actor.user_id, limit=limit, before=before
        )
        return [AuditEvent(**row) for row in rows]
