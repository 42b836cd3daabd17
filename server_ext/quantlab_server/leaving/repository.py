"""What leaving asks of others' tables: what goes with a person, and what others' rows say of somebody who is gone."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete, func, select, text, update

from quantlab_server.db.session import UnitOfWork
from quantlab_server.models.audit import IdempotencyKey
from quantlab_server.models.factors import FactorChallenge
from quantlab_server.models.installation import InstallationSetting
from quantlab_server.models.invitation import Invitation
from quantlab_server.models.saved import (
    ObjectDraft,
    ObjectOpening,
    ObjectShare,
    ObjectTrust,
    ObjectVersion,
    SavedObject,
)

# Who wrote a version, when that person is gone.
NOBODY = UUID(int=0)

_FORGET = text("SELECT quantlab_forget_gone()")


def count_items(uow: UnitOfWork, tenant_id: UUID, user_id: UUID) -> int:
    """How many objects the context's person has saved and not deleted."""
    query = select(func.count()).where(
        SavedObject.tenant_id == tenant_id,
        SavedObject.user_id == user_id,
        SavedObject.deleted_at.is_(None),
    )
    return int(uow.execute(query).scalar_one())


def count_shared(uow: UnitOfWork, tenant_id: UUID, user_id: UUID) -> tuple[int, int]:
    """How many of them it shares, and with how many people."""
    query = (
        select(
            func.count(ObjectShare.object_id.distinct()).label("objects"),
            func.count(ObjectShare.grantee_id.distinct()).label("people"),
        )
        .join(
            SavedObject,
            (SavedObject.tenant_id == ObjectShare.tenant_id)
            & (SavedObject.id == ObjectShare.object_id),
        )
        .where(
            ObjectShare.tenant_id == tenant_id,
            ObjectShare.user_id == user_id,
            SavedObject.deleted_at.is_(None),
        )
    )
    row = uow.execute(query).one()
    return int(row.objects), int(row.people)


def forget(uow: UnitOfWork, tenant_id: UUID, user_id: UUID) -> None:
    """After the context's person was removed: nothing that others have names it.

    Versions that it wrote in what others own stay, by nobody. On PostgreSQL that crosses the wall between people, so
    it is a look-up function, which does nothing while there is such a person.
    """
    if uow.is_postgresql:
        uow.execute(_FORGET)
        return
    uow.execute(
        update(ObjectVersion)
        .where(ObjectVersion.tenant_id == tenant_id, ObjectVersion.author_id == user_id)
        .values(author_id=NOBODY)
    )
    for model, person in (
        (ObjectDraft, ObjectDraft.drafter_id),
        (ObjectTrust, ObjectTrust.person_id),
        (ObjectOpening, ObjectOpening.person_id),
        (IdempotencyKey, IdempotencyKey.user_id),
        (FactorChallenge, FactorChallenge.user_id),
    ):
        uow.execute(delete(model).where(model.tenant_id == tenant_id, person == user_id))
    uow.execute(
        update(InstallationSetting)
        .where(InstallationSetting.changed_by == str(user_id))
        .values(changed_by=None)
    )
    uow.execute(
        update(Invitation)
        .where(Invitation.tenant_id == tenant_id, Invitation.used_by == user_id)
        .values(used_by=None)
    )
