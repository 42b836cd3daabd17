"""Programs that wait to be let in: rows of nobody, reached by whoever knows one of their two codes.

On PostgreSQL these are calls of SECURITY DEFINER functions (``db/functions.py``); on SQLite, plain queries.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, Uuid, bindparam, delete, select, text, update
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from quantlab_server.db.session import UnitOfWork
from quantlab_server.db.types import UtcDateTime
from quantlab_server.models.account import DeviceRequest

_NOW = bindparam("now", type_=UtcDateTime())
_ADD = text(
    "SELECT quantlab_add_device(:device, :user, :client, :address, :scopes, :now, :expires)"
).bindparams(_NOW, bindparam("expires", type_=UtcDateTime()))
_PENDING = (
    text(
        "SELECT client_name, address, scopes, created_at, expires_at"
        " FROM quantlab_pending_device(:user, :now)"
    )
    .bindparams(_NOW)
    .columns(created_at=UtcDateTime(), expires_at=UtcDateTime())
)
_DECIDE = text("SELECT quantlab_decide_device(:user, :now, :decision, :scopes)").bindparams(_NOW)
_POLL = (
    text(
        "SELECT decision, tenant_id, user_id, client_name, scopes, expires_at, polled_at"
        " FROM quantlab_poll_device(:device, :now)"
    )
    .bindparams(_NOW)
    .columns(tenant_id=Uuid(), user_id=Uuid(), expires_at=UtcDateTime(), polled_at=UtcDateTime())
)
_TAKE = text("SELECT quantlab_take_device(:device)")
_DROP = text("SELECT quantlab_drop_devices()")
_PURGE = text("SELECT quantlab_purge_devices(:before)").bindparams(
    bindparam("before", type_=UtcDateTime())
)


def add_request(
    uow: UnitOfWork,
    *,
    device: bytes,
    user: bytes,
    client: str,
    address: str,
    scopes: str,
    now: datetime,
    expires: datetime,
) -> bool:
    """Keep a request under the hashes of its codes; False when one of them is taken."""
    if uow.is_postgresql:
        values = {
            "device": device,
            "user": user,
            "client": client,
            "address": address,
            "scopes": scopes,
            "now": now,
            "expires": expires,
        }
        return bool(uow.execute(_ADD, values).scalar_one())
    statement = (
        sqlite_insert(DeviceRequest)
        .values(
            device_hash=device,
            user_hash=user,
            client_name=client,
            address=address,
            scopes=scopes,
            created_at=now,
            expires_at=expires,
        )
        .on_conflict_do_nothing()
    )
    return uow.execute(statement).rowcount == 1


def get_pending(uow: UnitOfWork, user: bytes, now: datetime) -> Row[Any] | None:
    """Who asks with a user code, if nobody has decided and the time is not over."""
    if uow.is_postgresql:
        return uow.execute(_PENDING, {"user": user, "now": now}).one_or_none()
    query = select(
        DeviceRequest.client_name,
        DeviceRequest.address,
        DeviceRequest.scopes,
        DeviceRequest.created_at,
        DeviceRequest.expires_at,
    )
    return uow.execute(query.where(*_is_pending(user, now))).one_or_none()


def decide(uow: UnitOfWork, user: bytes, now: datetime, decision: str, scopes: str) -> bool:
    """Have the context's person approve or deny; False when there is nothing to decide any more."""
    if uow.is_postgresql:
        values = {"user": user, "now": now, "decision": decision, "scopes": scopes}
        return bool(uow.execute(_DECIDE, values).scalar_one())
    statement = (
        update(DeviceRequest)
        .where(*_is_pending(user, now))
        .values(
            decision=decision,
            scopes=scopes,
            decider_tenant_id=uow.tenant_id,
            decider_id=uow.user_id,
        )
    )
    return uow.execute(statement).rowcount == 1


def poll(uow: UnitOfWork, device: bytes, now: datetime) -> Row[Any] | None:
    """A program's request as it was, locked until the commit; it is noted that the program asked."""
    if uow.is_postgresql:
        return uow.execute(_POLL, {"device": device, "now": now}).one_or_none()
    query = select(
        DeviceRequest.decision,
        DeviceRequest.decider_tenant_id.label("tenant_id"),
        DeviceRequest.decider_id.label("user_id"),
        DeviceRequest.client_name,
        DeviceRequest.scopes,
        DeviceRequest.expires_at,
        DeviceRequest.polled_at,
    )
    found = uow.execute(query.where(DeviceRequest.device_hash == device)).one_or_none()
    uow.execute(
        update(DeviceRequest).where(DeviceRequest.device_hash == device).values(polled_at=now)
    )
    return found


def take(uow: UnitOfWork, device: bytes) -> bool:
    """Remove an approved request; False when it is gone: its token is given once."""
    if uow.is_postgresql:
        return bool(uow.execute(_TAKE, {"device": device}).scalar_one())
    statement = delete(DeviceRequest).where(
        DeviceRequest.device_hash == device, DeviceRequest.decision == "approved"
    )
    return uow.execute(statement).rowcount == 1


def drop_decided(uow: UnitOfWork) -> None:
    """Forget every request that the context's person decided and whose token was not fetched yet."""
    if uow.is_postgresql:
        uow.execute(_DROP)
        return
    uow.execute(
        delete(DeviceRequest).where(
            DeviceRequest.decider_tenant_id == uow.tenant_id,
            DeviceRequest.decider_id == uow.user_id,
        )
    )


def purge(uow: UnitOfWork, before: datetime) -> int:
    """Forget every request that expired before an instant, whoever it is of; how many. In no context."""
    if uow.is_postgresql:
        return int(uow.execute(_PURGE, {"before": before}).scalar_one())
    return uow.execute(delete(DeviceRequest).where(DeviceRequest.expires_at < before)).rowcount


def _is_pending(user: bytes, now: datetime) -> tuple[Any, ...]:
    return (
        DeviceRequest.user_hash == user,
        DeviceRequest.decision.is_(None),
        DeviceRequest.expires_at > now,
    )
