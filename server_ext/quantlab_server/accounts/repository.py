"""Queries on ``users``; the tenant's context is set by the caller, and each query names the tenant as well."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from quantlab_server.accounts.account import Account
from quantlab_server.db.base import now
from quantlab_server.db.prepared import Prepared
from quantlab_server.db.session import UnitOfWork
from quantlab_server.models.account import ACCOUNT_COLUMNS, Tenant, User
from quantlab_server.models.saved import SavedObject, UsageCounter

_GET = Prepared(
    select(*ACCOUNT_COLUMNS)
    .join(Tenant, Tenant.id == User.tenant_id)
    .where(User.tenant_id == bindparam("of_tenant"), User.id == bindparam("of_user"))
)


def get_account(uow: UnitOfWork, tenant_id: UUID, user_id: UUID) -> Account | None:
    """The account, or None."""
    row = _GET.first(uow, of_tenant=tenant_id, of_user=user_id)
    return None if row is None else Account(**row._asdict())


def insert_user(
    uow: UnitOfWork,
    *,
    tenant_id: UUID,
    user_id: UUID,
    username: str,
    username_key: str,
    email: str | None,
    password_hash: str | None,
    role: str,
    tier: str,
    is_local: bool = False,
    pending: bool = False,
    username_pending: bool = False,
) -> bool:
    """Insert a person into the context's tenant; False when the tenant has that name, perhaps since a moment ago."""
    moment = now()
    insert = postgresql.insert if uow.is_postgresql else sqlite.insert
    statement = (
        insert(User)
        .values(
            tenant_id=tenant_id,
            id=user_id,
            username=username,
            username_key=username_key,
            email=email,
            password_hash=password_hash,
            password_changed_at=moment if password_hash else None,
            role=role,
            tier=tier,
            is_local=is_local,
            verification_pending=pending,
            username_pending=username_pending,
            created_at=moment,
            updated_at=moment,
        )
        .on_conflict_do_nothing()
    )
    return bool(uow.execute(statement).rowcount)


def replace_hash(uow: UnitOfWork, account: Account, new_hash: str) -> bool:
    """Store the same password at another cost, unless the password changed meanwhile."""
    result = uow.execute(
        update(User)
        .where(
            User.tenant_id == account.tenant_id,
            User.id == account.user_id,
            User.password_hash == account.password_hash,
        )
        .values(password_hash=new_hash)
    )
    return bool(result.rowcount)


def change_password(uow: UnitOfWork, account: Account, new_hash: str) -> int | None:
    """Store a new password and move the epoch, unless the password changed meanwhile.

    Returns:
        The new epoch, or None when nothing was changed.
    """
    moment = now()
    return uow.execute(
        update(User)
        .where(
            User.tenant_id == account.tenant_id,
            User.id == account.user_id,
            User.password_hash == account.password_hash,
            User.is_active,
        )
        .values(
            password_hash=new_hash,
            password_changed_at=moment,
            updated_at=moment,
            epoch=User.epoch + 1,
        )
        .returning(User.epoch)
    ).scalar_one_or_none()


def lock_user(uow: UnitOfWork, tenant_id: UUID, user_id: UUID) -> None:
    """Keep others from changing the person's row until the transaction ends."""
    uow.execute(
        select(User.id)
        .where(User.tenant_id == tenant_id, User.id == user_id)
        .with_for_update(key_share=True)
    )


def move_epoch(uow: UnitOfWork, tenant_id: UUID, user_id: UUID) -> None:
    """End every token that was issued before."""
    uow.execute(
        update(User)
        .where(User.tenant_id == tenant_id, User.id == user_id)
        .values(epoch=User.epoch + 1)
    )


def update_user(uow: UnitOfWork, tenant_id: UUID, user_id: UUID, values: dict[str, Any]) -> None:
    """Change columns of a person."""
    uow.execute(
        update(User)
        .where(User.tenant_id == tenant_id, User.id == user_id)
        .values(**values, updated_at=now())
    )


def list_usage(uow: UnitOfWork, tenant_id: UUID, user_id: UUID) -> dict[str, int]:
    """What the person uses of each quota."""
    rows = uow.execute(
        select(UsageCounter.what, UsageCounter.used).where(
            UsageCounter.tenant_id == tenant_id, UsageCounter.user_id == user_id
        )
    )
    return {row.what: row.used for row in rows}


def hold_layout(uow: UnitOfWork, tenant_id: UUID, user_id: UUID, layout_id: UUID) -> bool:
    """Whether the person has that layout, not deleted; if so nobody removes it before the transaction ends."""
    query = (
        select(SavedObject.id)
        .where(
            SavedObject.tenant_id == tenant_id,
            SavedObject.user_id == user_id,
            SavedObject.id == layout_id,
            SavedObject.resource == "layouts",
            SavedObject.deleted_at.is_(None),
        )
        .with_for_update(read=True)
    )
    return uow.execute(query).one_or_none() is not None


def clear_default_layout(uow: UnitOfWork, tenant_id: UUID, user_id: UUID, layout_id: UUID) -> None:
    """Take a layout out of the person's profile, if it is there."""
    uow.execute(
        update(User)
        .where(
            User.tenant_id == tenant_id,
            User.id == user_id,
            User.default_layout_id == layout_id,
        )
        .values(default_layout_id=None)
    )


def delete_user(uow: UnitOfWork, tenant_id: UUID, user_id: UUID, before: datetime) -> bool:
    """Remove a person and everything that hangs on it, if it was deleted before an instant; whether it was."""
    result = uow.execute(
        delete(User).where(
            User.tenant_id == tenant_id, User.id == user_id, User.deleted_at < before
        )
    )
    return bool(result.rowcount)


def delete_unverified(uow: UnitOfWork, tenant_id: UUID, user_id: UUID, before: datetime) -> bool:
    """Remove a person who signed up before an instant and never confirmed the address; whether it was."""
    result = uow.execute(
        delete(User).where(
            User.tenant_id == tenant_id,
            User.id == user_id,
            User.verification_pending,
            User.created_at < before,
        )
    )
    return bool(result.rowcount)
