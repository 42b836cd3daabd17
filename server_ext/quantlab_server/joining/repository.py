"""What moving an account asks the database: locks, who loses sight of what, and the move itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Protocol
from uuid import UUID

from sqlalchemy import and_, select

from quantlab_server.db import moving
from quantlab_server.db.session import UnitOfWork
from quantlab_server.models.account import User
from quantlab_server.models.saved import ObjectShare, SavedObject


class Way(Protocol):
    """An invitation as it is used."""

    @property
    def id(self) -> UUID:
        """The invitation's."""
        ...

    @property
    def tenant_id(self) -> UUID:
        """Where it leads."""
        ...

    @property
    def role(self) -> str:
        """As what."""
        ...


def lock_everything(uow: UnitOfWork, tenant_id: UUID, user_id: UUID) -> bool:
    """Let nobody save, or add a row of the person's, until the transaction ends; False when the person is gone.

    Objects come before the person, as in a save, so that the two wait for each other instead of both for ever. New
    objects are made only while the person is not locked; so those are looked for once more.
    """
    objects = (
        select(SavedObject.id)
        .where(SavedObject.tenant_id == tenant_id, SavedObject.user_id == user_id)
        .order_by(SavedObject.id)
        .with_for_update()
    )
    person = select(User.id).where(User.tenant_id == tenant_id, User.id == user_id)
    uow.execute(objects).all()
    if uow.execute(person.with_for_update()).one_or_none() is None:
        return False
    uow.execute(objects).all()
    return True


def list_shares(
    uow: UnitOfWork, tenant_id: UUID, user_id: UUID
) -> dict[tuple[str, UUID], set[UUID]]:
    """Which objects the person shares, as (resource, id), and with whom."""
    query = (
        select(SavedObject.resource, SavedObject.id, ObjectShare.grantee_id)
        .join(
            ObjectShare,
            and_(
                ObjectShare.tenant_id == SavedObject.tenant_id,
                ObjectShare.object_id == SavedObject.id,
            ),
        )
        .where(SavedObject.tenant_id == tenant_id, SavedObject.user_id == user_id)
    )
    found: dict[tuple[str, UUID], set[UUID]] = defaultdict(set)
    for row in uow.execute(query):
        found[row.resource, row.id].add(row.grantee_id)
    return found


def move(uow: UnitOfWork, token_hash: bytes, email_key: str, use: Callable[[], Way]) -> Way | None:
    """Use an invitation up and move the context's person with everything; id, tenant and role of the invitation.

    Args:
        use: uses the invitation up. Not called on PostgreSQL, where one function does both.

    Returns:
        None when the invitation is no good (any more); nothing was changed then.
    """
    if uow.is_postgresql:
        row: Way | None = moving.move_person(uow, token_hash, email_key)
        return row
    way = use()
    moving.move_rows(uow, way.tenant_id, way.role)
    return way
