"""Statements on seals and checkpoints of audit rows: inserts and reads, and the one removal that retention does.

The unit of work must be in the context of the chain's tenant and of nobody; the database refuses anything else.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Select,
    Table,
    Uuid,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    null,
    or_,
    select,
    text,
    true,
    union,
)

from quantlab_server.audit.seals.chain import INSTALLATION, RETENTION, SEALED, Checkpoint
from quantlab_server.db.session import UnitOfWork
from quantlab_server.db.types import UtcDateTime
from quantlab_server.models.account import Tenant
from quantlab_server.models.audit import AuditEvent, InstallationEvent
from quantlab_server.models.audit_seals import AuditCheckpoint, AuditSeal, AuditUnsealed

_UNSEALED_CHAINS = text("SELECT id FROM quantlab_unsealed_chains() AS c(id)").columns(id=Uuid())
_CHAINS = text("SELECT id FROM quantlab_audit_chains() AS c(id) ORDER BY id").columns(id=Uuid())
_DUE = (
    text("SELECT id FROM quantlab_audit_due(:before) AS c(id) ORDER BY id")
    .bindparams(bindparam("before", type_=UtcDateTime()))
    .columns(id=Uuid())
)
_EXPIRE = text("SELECT quantlab_expire_audit(:upto)")


def list_unsealed_chains(uow: UnitOfWork) -> list[UUID]:
    """Chains with events that wait for a seal; in no context."""
    query = _UNSEALED_CHAINS if uow.is_postgresql else select(AuditUnsealed.chain_id).distinct()
    return list(uow.execute(query).scalars())


def list_chains(uow: UnitOfWork) -> list[UUID]:
    """Every chain there may be; in no context."""
    if uow.is_postgresql:
        return list(uow.execute(_CHAINS).scalars())
    known = union(
        select(Tenant.id),
        select(AuditEvent.tenant_id),
        select(AuditCheckpoint.tenant_id),
        select(AuditUnsealed.chain_id),
    )
    return sorted(uow.execute(known).scalars())


def list_due(uow: UnitOfWork, before: datetime) -> list[UUID]:
    """Chains whose end no checkpoint covers, or that begin with rows signed before an instant; in no context."""
    if uow.is_postgresql:
        return list(uow.execute(_DUE, {"before": before}).scalars())
    ends = select(AuditSeal.tenant_id, func.max(AuditSeal.seq).label("seq"))
    end = ends.group_by(AuditSeal.tenant_id).subquery()
    covered = exists().where(
        AuditCheckpoint.tenant_id == end.c.tenant_id, AuditCheckpoint.seq >= end.c.seq
    )
    old = select(AuditCheckpoint.tenant_id).where(
        AuditCheckpoint.kind == SEALED, AuditCheckpoint.at < before
    )
    return sorted(uow.execute(union(select(end.c.tenant_id).where(~covered), old)).scalars())


def list_unsealed(uow: UnitOfWork, chain: UUID, limit: int) -> list[dict[str, Any]]:
    """Events that wait for a seal, the oldest first."""
    table, own = _events(chain)
    query = (
        _columns(table)
        .join_from(table, AuditUnsealed, AuditUnsealed.event_id == table.c.id)
        .where(AuditUnsealed.chain_id == chain, own)
        .order_by(table.c.id)
        .limit(limit)
    )
    return [dict(row) for row in uow.execute(query).mappings()]


def insert_seals(uow: UnitOfWork, chain: UUID, seals: Sequence[dict[str, Any]]) -> None:
    """Insert seals (``seq``, ``event_id``, ``mac``, ``kid``) and take their events off the queue."""
    uow.execute(insert(AuditSeal), [{"tenant_id": chain, **one} for one in seals])
    uow.execute(
        delete(AuditUnsealed).where(
            AuditUnsealed.chain_id == chain,
            AuditUnsealed.event_id.in_([one["event_id"] for one in seals]),
        )
    )


def last_seal(uow: UnitOfWork, chain: UUID) -> tuple[int, bytes] | None:
    """Place and seal that the chain ends with; None where there is none."""
    query = (
        select(AuditSeal.seq, AuditSeal.mac)
        .where(AuditSeal.tenant_id == chain)
        .order_by(AuditSeal.seq.desc())
        .limit(1)
    )
    row = uow.execute(query).first()
    return None if row is None else (row.seq, row.mac)


def insert_checkpoint(uow: UnitOfWork, point: Checkpoint) -> None:
    """Insert a checkpoint."""
    values = {name: getattr(point, name) for name in _POINT if name != "tenant_id"}
    uow.execute(insert(AuditCheckpoint), {"tenant_id": point.chain, **values})


def list_checkpoints(uow: UnitOfWork, chain: UUID) -> list[Checkpoint]:
    """Every checkpoint of a chain, the first first."""
    query = _points(chain).order_by(AuditCheckpoint.seq, AuditCheckpoint.kind)
    return [_checkpoint(row) for row in uow.execute(query)]


def last_checkpoint(uow: UnitOfWork, chain: UUID) -> Checkpoint | None:
    """The checkpoint furthest along a chain, of either kind."""
    query = _points(chain).order_by(AuditCheckpoint.seq.desc(), AuditCheckpoint.kind).limit(1)
    row = uow.execute(query).first()
    return None if row is None else _checkpoint(row)


def next_expired(uow: UnitOfWork, chain: UUID, before: datetime) -> Checkpoint | None:
    """The first checkpoint that rows lead up to, if it was made before an instant."""
    query = (
        _points(chain)
        .where(AuditCheckpoint.kind == SEALED, AuditCheckpoint.at < before)
        .order_by(AuditCheckpoint.seq)
        .limit(1)
    )
    row = uow.execute(query).first()
    return None if row is None else _checkpoint(row)


def expire(uow: UnitOfWork, chain: UUID, upto: int) -> int:
    """Remove events and seals up to a place where a checkpoint of retention is; how many."""
    if uow.is_postgresql:
        return int(uow.execute(_EXPIRE, {"upto": upto}).scalar_one())
    table, own = _events(chain)
    sealed = select(AuditSeal.event_id).where(AuditSeal.tenant_id == chain, AuditSeal.seq <= upto)
    uow.execute(delete(table).where(own, table.c.id.in_(sealed)))
    gone = uow.execute(
        delete(AuditSeal).where(AuditSeal.tenant_id == chain, AuditSeal.seq <= upto)
    ).rowcount
    uow.execute(
        delete(AuditCheckpoint).where(
            AuditCheckpoint.tenant_id == chain,
            AuditCheckpoint.seq <= upto,
            or_(AuditCheckpoint.seq < upto, AuditCheckpoint.kind == SEALED),
        )
    )
    return gone


def list_rows(uow: UnitOfWork, chain: UUID, after: int, limit: int) -> list[dict[str, Any]]:
    """Seals after a place with their events, in order; ``id`` is None where the event is gone."""
    table, own = _events(chain)
    query = (
        _columns(table, AuditSeal.seq, AuditSeal.event_id, AuditSeal.mac, AuditSeal.kid)
        .select_from(AuditSeal)
        .outerjoin(table, and_(table.c.id == AuditSeal.event_id, own))
        .where(AuditSeal.tenant_id == chain, AuditSeal.seq > after)
        .order_by(AuditSeal.seq)
        .limit(limit)
    )
    return [dict(row) for row in uow.execute(query).mappings()]


def list_strays(uow: UnitOfWork, chain: UUID) -> list[UUID]:
    """Events that have no seal and do not wait for one either."""
    table, own = _events(chain)
    query = select(table.c.id).where(
        own,
        ~exists().where(AuditSeal.tenant_id == chain, AuditSeal.event_id == table.c.id),
        ~exists().where(AuditUnsealed.chain_id == chain, AuditUnsealed.event_id == table.c.id),
    )
    return list(uow.execute(query.order_by(table.c.id)).scalars())


def list_lost(uow: UnitOfWork, chain: UUID) -> list[UUID]:
    """Events that wait for a seal and are gone."""
    table, own = _events(chain)
    there = exists().where(table.c.id == AuditUnsealed.event_id, own)
    query = select(AuditUnsealed.event_id).where(AuditUnsealed.chain_id == chain, ~there)
    return list(uow.execute(query.order_by(AuditUnsealed.event_id)).scalars())


def count_unsealed(uow: UnitOfWork, chain: UUID) -> int:
    """How many events wait for a seal."""
    query = select(func.count()).where(AuditUnsealed.chain_id == chain)
    return int(uow.execute(query).scalar_one())


def has_retention(uow: UnitOfWork, chain: UUID, seq: int) -> bool:
    """Whether retention has been marked at a place already."""
    query = select(AuditCheckpoint.seq).where(
        AuditCheckpoint.tenant_id == chain,
        AuditCheckpoint.seq == seq,
        AuditCheckpoint.kind == RETENTION,
    )
    return uow.execute(query).first() is not None


_POINT = ("seq", "kind", "mac", "at", "kid", "signature")


def _points(chain: UUID) -> Select[Any]:
    columns = [AuditCheckpoint.__table__.c[name] for name in ("tenant_id", *_POINT)]
    return select(*columns).where(AuditCheckpoint.tenant_id == chain)


def _checkpoint(row: Any) -> Checkpoint:
    return Checkpoint(
        chain=row.tenant_id,
        seq=row.seq,
        kind=row.kind,
        mac=row.mac,
        at=row.at,
        kid=row.kid,
        signature=row.signature,
    )


def _events(chain: UUID) -> tuple[Table, Any]:
    """The table of a chain's events, and which of its rows belong to it."""
    model = InstallationEvent if chain == INSTALLATION else AuditEvent
    table = model.__table__
    assert isinstance(table, Table)
    return table, (true() if chain == INSTALLATION else table.c.tenant_id == chain)


_EVENT = ("id", "user_id", "actor_id", "at", "tag", "subject_id", "request_id", "address", "detail")


def _columns(table: Table, *more: Any) -> Select[Any]:
    own = [table.c[name] if name in table.c else null().label(name) for name in _EVENT]
    return select(*own, *more)
