"""Remembering when a person last opened something, so that "recent" is the same on every device."""

from __future__ import annotations

from uuid import UUID

from quantlab_server.auth.actor import Actor
from quantlab_server.db.base import now
from quantlab_server.db.session import UnitOfWork
from quantlab_server.versioning.repository import openings
from quantlab_server.versioning.service import SavedObjects


class Openings:
    """When people open objects of one resource. It changes nothing of the object."""

    def __init__(self, saved: SavedObjects) -> None:
        self._saved = saved

    def note(self, uow: UnitOfWork, actor: Actor, id: UUID) -> None:
        """The actor opened an object, own or shared, at this moment.

        Raises:
            NotFound: there is none, it is deleted, or it is not the actor's to see.
        """
        row = self._saved.require(uow, actor, id)
        openings.note(
            uow,
            tenant_id=actor.tenant_id,
            object_id=id,
            person_id=actor.user_id,
            user_id=row.user_id,
            opened_at=now(),
        )
