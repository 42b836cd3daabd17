"""Quotas: one counter per owner and limit, moved in the transaction that uses it, so they hold under concurrency."""

from __future__ import annotations

from uuid import UUID

from quantlab_server.auth.actor import Actor
from quantlab_server.config import QuotaSettings
from quantlab_server.db.session import UnitOfWork
from quantlab_server.errors import QuotaExceeded
from quantlab_server.versioning.repository import contents, people

STORAGE = "storage"
_FALLBACK_TIER = "free"


class Quotas:
    """Counts what owners keep. Move ``storage`` before counts: one order of locks, no deadlock."""

    def __init__(self, settings: QuotaSettings) -> None:
        self._settings = settings

    def limit(self, tier: str, what: str) -> int:
        """How many objects of a resource, or bytes of ``storage``, a tier may keep."""
        return int(self._settings.limits_of(tier).get(what, 0))

    def add(self, uow: UnitOfWork, actor: Actor, owner_id: UUID, what: str, delta: int) -> None:
        """Count ``delta`` more (or, negative, less) for an owner, who need not be the actor.

        Raises:
            QuotaExceeded: the owner's limit would be passed.
        """
        if delta == 0:
            return
        limit = 0
        if delta > 0:
            tier: str | None = actor.tier
            if owner_id != actor.user_id:
                tier = people.tier_of(uow, actor.tenant_id, owner_id)
            limit = self.limit(tier or _FALLBACK_TIER, what)
        if contents.add(uow, actor.tenant_id, owner_id, what, delta, limit) is None:
            used = contents.used(uow, actor.tenant_id, owner_id, what)
            raise QuotaExceeded(what, limit=limit, used=used)

    def used(self, uow: UnitOfWork, actor: Actor, what: str) -> int:
        """What the actor uses of a limit."""
        return contents.used(uow, actor.tenant_id, actor.user_id, what)
