"""Sharing an object with people of the tenant. Only its owner does; who has access sees who else has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from quantlab_ext.schemas.sharing import Share, SharePut, Shares
from quantlab_server.accounts import names
from quantlab_server.auth.actor import Actor
from quantlab_server.db.base import now
from quantlab_server.db.identities import find_identity
from quantlab_server.db.session import UnitOfWork
from quantlab_server.errors import Conflict, Forbidden, Invalid, NotFound
from quantlab_server.versioning import views
from quantlab_server.versioning.content import refused
from quantlab_server.versioning.repository import people, shares
from quantlab_server.versioning.service import SavedObjects

SHARES_MAX = 200  # people beside the owner, each of whom is told of every save


@dataclass(frozen=True, slots=True)
class Shared:
    """A share as it is now, the object's version, and whether anything was different before."""

    share: Share
    version: int
    changed: bool


class Sharing:
    """Shares of one resource's objects."""

    def __init__(self, saved: SavedObjects) -> None:
        self._saved = saved

    def list(self, uow: UnitOfWork, actor: Actor, id: UUID) -> Shares:
        """Everybody who has access to an object that the actor may see.

        Raises:
            NotFound: there is none, it is deleted, or it is not the actor's to see.
        """
        row = self._saved.require(uow, actor, id)
        owner = actor.username
        if row.user_id != actor.user_id:
            found = people.names(uow, actor.tenant_id, [row.user_id])
            owner = found.get(row.user_id, "")
        return Shares(
            owner_id=row.user_id,
            owner=owner,
            access=views.item_of(self._saved.resource, row, actor.user_id).access,
            items=[_share(one) for one in shares.everyone(uow, actor.tenant_id, id)],
        )

    def put(self, uow: UnitOfWork, actor: Actor, id: UUID, body: SharePut) -> Shared:
        """Give a person access, or change what they may.

        Raises:
            NotFound, Forbidden: the object is not the actor's to see, or not the actor's own.
            Invalid: there is no such person in the tenant, or it is the owner.
            Conflict: ``too_many_shares``.
        """
        row = self._require_own(uow, actor, id, "Only the owner can share this.")
        person_id = self._require_person(uow, actor, body.user)
        changed = shares.put(
            uow,
            tenant_id=actor.tenant_id,
            object_id=id,
            grantee_id=person_id,
            user_id=actor.user_id,
            access=body.access,
            created_at=now(),
        )
        found = shares.everyone(uow, actor.tenant_id, id)
        if len(found) > SHARES_MAX:
            raise Conflict(
                f"This is shared with {SHARES_MAX} people already. End some of the shares first.",
                code="too_many_shares",
            )
        (share,) = (_share(one) for one in found if one.grantee_id == person_id)
        return Shared(share, row.version, changed)

    def end(self, uow: UnitOfWork, actor: Actor, row: Any, user: str | None) -> UUID:
        """Take a person's access away, or leave what another shares with the actor (``user`` None, or the actor).

        Args:
            row: of the object, as ``SavedObjects.require`` gives it.

        Returns:
            The person who has no access any more.

        Raises:
            NotFound: the person has no access to it.
            Forbidden: it is neither the actor's object nor the actor's own access.
            Invalid: the owner did not say whose access ends.
        """
        person_id = actor.user_id if user is None else self._find_person(uow, actor, user)
        if row.user_id == actor.user_id:
            if user is None:
                raise Invalid(fields=[refused("user", "missing", "Say whose access is to end.")])
        elif person_id != actor.user_id:
            raise Forbidden("Only the owner can end somebody else's access.")
        if person_id is None or not shares.end(uow, actor.tenant_id, row.id, person_id):
            raise NotFound
        return person_id

    def audience(self, uow: UnitOfWork, actor: Actor, id: UUID, owner_id: UUID) -> frozenset[UUID]:
        """Everybody who has access to an object: whom its news concern. Ask before it is gone for good."""
        if owner_id == actor.user_id:
            return frozenset({owner_id, *shares.grantees(uow, actor.tenant_id, id)})
        found = shares.everyone(uow, actor.tenant_id, id)
        return frozenset({owner_id, *(row.grantee_id for row in found)})

    def _require_own(self, uow: UnitOfWork, actor: Actor, id: UUID, why: str) -> Any:
        row = self._saved.require(uow, actor, id)
        if row.user_id != actor.user_id:
            raise Forbidden(why)
        # Held until the end, so that two requests cannot pass the limit together.
        return self._saved.lock(uow, actor, id)

    def _require_person(self, uow: UnitOfWork, actor: Actor, user: str) -> UUID:
        person_id = self._find_person(uow, actor, user)
        if person_id == actor.user_id:
            raise Invalid(fields=[refused("user", "own_object", "This is yours already.")])
        # Asked in any case: nobody who is unknown here costs less than somebody of another tenant.
        found = people.names(uow, actor.tenant_id, [person_id or actor.user_id])
        if person_id is None or person_id not in found:
            message = "There is nobody of that name or address here. They need an account first."
            raise Invalid(fields=[refused("user", "unknown_person", message)])
        return person_id

    def _find_person(self, uow: UnitOfWork, actor: Actor, user: str) -> UUID | None:
        """The person of the actor's tenant; people of other tenants are as unknown as those who do not exist."""
        kind, key = names.login_key(user)
        # No name has a NUL in it, and PostgreSQL takes none as a value.
        found = find_identity(uow, kind, key) if "\x00" not in key else None
        return found[1] if found is not None and found[0] == actor.tenant_id else None


def _share(row: Any) -> Share:
    return Share(
        user_id=row.grantee_id, user=row.username, access=row.access, created_at=row.created_at
    )
