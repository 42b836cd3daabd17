"""News that identities ended or changed: told to this process at once, and to the others over the bus."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from quantlab_server.adapters.bus import Bus, MemoryBus

TOPIC = "quantlab:revocations"


@dataclass(frozen=True, slots=True)
class Revoked:
    """What must be looked up again: one session, one user, or (both None) everything."""

    session_id: UUID | None = None
    user_id: UUID | None = None


class Revocations:
    """Spreads revocations. Call from ``uow.after_commit``, never before the change is durable."""

    def __init__(self, bus: Bus | None = None) -> None:
        self._bus = bus or MemoryBus()
        self._listeners: list[Callable[[Revoked], None]] = []
        self._bus.subscribe(TOPIC, self._heard, self._missed)

    def listen(self, listener: Callable[[Revoked], None]) -> None:
        """Have ``listener`` called, from any thread, for each revocation here or elsewhere."""
        self._listeners.append(listener)

    def publish(self, revoked: Revoked) -> None:
        """Tell this process, then the others."""
        self._tell(revoked)
        message = {
            "session": str(revoked.session_id) if revoked.session_id else None,
            "user": str(revoked.user_id) if revoked.user_id else None,
        }
        self._bus.publish(TOPIC, json.dumps(message))

    def _tell(self, revoked: Revoked) -> None:
        for listener in self._listeners:
            listener(revoked)

    def _heard(self, text: str) -> None:
        try:
            message = json.loads(text)
            session, user = message["session"], message["user"]
            revoked = Revoked(UUID(session) if session else None, UUID(user) if user else None)
        except (ValueError, TypeError, KeyError, AttributeError):
            revoked = Revoked()  # something was revoked and we do not know what
        self._tell(revoked)

    def _missed(self) -> None:
        self._tell(Revoked())
