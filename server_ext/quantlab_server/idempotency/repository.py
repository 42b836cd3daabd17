"""Kept answers of creating POSTs. A row is claimed first, so that of two equal requests one waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from quantlab_server.auth.actor import Actor
from quantlab_server.db.base import now
from quantlab_server.db.session import UnitOfWork
from quantlab_server.models.audit import IdempotencyKey


@dataclass(frozen=True, slots=True)
class Kept:
    """A kept answer."""

    body_hash: str
    status: int
    etag: str | None
    answer: str


def get_kept(uow: UnitOfWork, actor: Actor, method: str, path: str, key: str) -> Kept | None:
    """The answer kept under this key, if any."""
    row = uow.execute(
        select(
            IdempotencyKey.body_hash,
            IdempotencyKey.status,
            IdempotencyKey.etag,
            IdempotencyKey.answer,
        ).where(
            IdempotencyKey.tenant_id == actor.tenant_id,
            IdempotencyKey.user_id == actor.user_id,
            IdempotencyKey.method == method,
            IdempotencyKey.path == path,
            IdempotencyKey.key == key,
        )
    ).one_or_none()
    return Kept(**row._asdict()) if row is not None else None


def claim(uow: UnitOfWork, actor: Actor, method: str, path: str, key: str, body_hash: str) -> bool:
    """Take the key for this transaction; False when another transaction has it (waits for that one)."""
    try:
        with uow.savepoint():
            uow.execute(
                insert(IdempotencyKey),
                {
                    "tenant_id": actor.tenant_id,
                    "user_id": actor.user_id,
                    "method": method,
                    "path": path,
                    "key": key,
                    "body_hash": body_hash,
                    "status": 0,
                    "etag": None,
                    "answer": "",
                    "created_at": now(),
                },
            )
    except IntegrityError:
        return False
    return True


def keep(
    uow: UnitOfWork,
    actor: Actor,
    method: str,
    path: str,
    key: str,
    *,
    status: int,
    etag: str | None,
    answer: str,
) -> None:
    """Store the answer under the claimed key."""
    uow.execute(
        update(IdempotencyKey)
        .where(
            IdempotencyKey.tenant_id == actor.tenant_id,
            IdempotencyKey.user_id == actor.user_id,
            IdempotencyKey.method == method,
            IdempotencyKey.path == path,
            IdempotencyKey.key == key,
        )
        .values(status=status, etag=etag, answer=answer)
    )


def purge(uow: UnitOfWork, before: datetime) -> int:
    """Forget the keys of this tenant that are older; how many."""
    assert uow.tenant_id is not None
    return uow.execute(
        delete(IdempotencyKey).where(
            IdempotencyKey.tenant_id == uow.tenant_id, IdempotencyKey.created_at < before
        )
    ).rowcount
