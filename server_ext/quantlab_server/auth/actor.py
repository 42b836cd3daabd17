"""Who is calling. The only place that knows what an identity is made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from quantlab_server.auth.scopes import Scope


class ActorKind(StrEnum):
    """How the caller proved who it is."""

    LOCAL = "local"
    SESSION = "session"
    KERNEL = "kernel"
    API_TOKEN = "api_token"


@dataclass(frozen=True, slots=True)
class Actor:
    """An authenticated caller, as endpoints and services see it.

    ``auth_time`` is when the person last proved itself, in seconds since the epoch.
    ``must_enrol``: its role needs a second factor, and the person has none yet.
    """

    tenant_id: UUID
    user_id: UUID
    username: str
    role: str
    tier: str
    session_id: UUID
    kind: ActorKind
    scopes: frozenset[Scope] = field(default_factory=frozenset)
    auth_time: int = 0
    must_enrol: bool = False

    @property
    def is_interactive(self) -> bool:
        """A person acts, not a kernel or a script."""
        return self.kind in (ActorKind.LOCAL, ActorKind.SESSION)
