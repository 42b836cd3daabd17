"""Look-ups across the walls between tenants: log-in identities, the list of tenants, display names.

On PostgreSQL the runtime role has no right on ``login_identities`` and sees one tenant at a time, so these are calls
of the few SECURITY DEFINER functions that ``db/policies.py`` creates. SQLite has one person's data and plain queries.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import Executable, Uuid, bindparam, delete, select, text, union
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from quantlab_server.db.base import now
from quantlab_server.db.session import UnitOfWork
from quantlab_server.db.types import UtcDateTime
from quantlab_server.models.account import (
    ApiToken,
    LoginIdentity,
    RefreshToken,
    Session,
    Tenant,
    User,
)
from quantlab_server.models.audit import IdempotencyKey
from quantlab_server.models.factors import FactorChallenge, TotpFactor
from quantlab_server.models.invitation import Invitation
from quantlab_server.models.mail import OneTimeToken, OutgoingMail
from quantlab_server.models.saved import SavedObject

Due = Literal[
    "objects",
    "keys",
    "sessions",
    "mail",
    "failed_mail",
    "one_time_tokens",
    "accounts",
    "unverified",
    "challenges",
    "invitations",
    "sealed",
]

_FIND = text("SELECT tenant_id, user_id FROM quantlab_find_identity(:kind, :value)").columns(
    tenant_id=Uuid(), user_id=Uuid()
)
_CLAIM = text("SELECT quantlab_add_identity(:kind, :value)")
_DROP = text("SELECT quantlab_drop_identity(:kind, :value)")
_RELEASE = text("SELECT quantlab_release_identities(:kind)")
_FIND_API_TOKEN = text(
    "SELECT tenant_id, user_id, id FROM quantlab_find_api_token(:token_hash)"
).columns(tenant_id=Uuid(), user_id=Uuid(), id=Uuid())
_TENANTS = text("SELECT id FROM quantlab_tenant_ids() AS t(id) ORDER BY id").columns(id=Uuid())
_DUE = (
    text("SELECT tenant_id, user_id FROM quantlab_due(:what, :before)")
    .bindparams(bindparam("before", type_=UtcDateTime()))
    .columns(tenant_id=Uuid(), user_id=Uuid())
)
_NAMES = (
    text("SELECT id, username FROM quantlab_user_names(:ids)")
    .bindparams(bindparam("ids", type_=ARRAY(Uuid())))
    .columns(id=Uuid())
)

_FIND_SQLITE = select(LoginIdentity.tenant_id, LoginIdentity.user_id).where(
    LoginIdentity.kind == bindparam("kind"), LoginIdentity.normalised_value == bindparam("value")
)


def find_identity(uow: UnitOfWork, kind: str, value: str) -> tuple[UUID, UUID | None] | None:
    """Tenant and user of an identity, or None. ``user_id`` is None for kind ``tenant`` only."""
    query = _FIND if uow.is_postgresql else _FIND_SQLITE
    row = uow.execute(query, {"kind": kind, "value": value}).first()
    return None if row is None else (row.tenant_id, row.user_id)


def find_api_token(uow: UnitOfWork, token_hash: bytes) -> tuple[UUID, UUID, UUID] | None:
    """Tenant, user and id of the API token with this hash, expired or not; None when there is none."""
    if uow.is_postgresql:
        row = uow.execute(_FIND_API_TOKEN, {"token_hash": token_hash}).first()
    else:
        query = select(ApiToken.tenant_id, ApiToken.user_id, ApiToken.id)
        row = uow.execute(query.where(ApiToken.token_hash == token_hash)).first()
    return None if row is None else (row.tenant_id, row.user_id, row.id)


def claim_identity(
    uow: UnitOfWork, kind: str, value: str, tenant_id: UUID, user_id: UUID | None
) -> bool:
    """Take an identity for a user (or, kind ``tenant``, for a tenant); False when it is taken.

    The unit of work must be in the context of that tenant and user: nobody can claim for another.

    Raises:
        ValueError: the context is another one.
    """
    _require_context(uow, tenant_id, user_id)
    if uow.is_postgresql:
        return bool(uow.execute(_CLAIM, {"kind": kind, "value": value}).scalar_one())
    statement = (
        sqlite_insert(LoginIdentity)
        .values(
            kind=kind,
            normalised_value=value,
            tenant_id=tenant_id,
            user_id=None if kind == "tenant" else user_id,
            created_at=now(),
        )
        .on_conflict_do_nothing()
    )
    return uow.execute(statement).rowcount == 1


def drop_identity(uow: UnitOfWork, kind: str, value: str) -> bool:
    """Give up one identity of the context's tenant and user; False when it was not theirs."""
    if uow.is_postgresql:
        return bool(uow.execute(_DROP, {"kind": kind, "value": value}).scalar_one())
    statement = delete(LoginIdentity).where(
        LoginIdentity.kind == kind,
        LoginIdentity.normalised_value == value,
        LoginIdentity.tenant_id == uow.tenant_id,
        LoginIdentity.user_id == uow.user_id
        if kind != "tenant"
        else LoginIdentity.user_id.is_(None),
    )
    return uow.execute(statement).rowcount == 1


def release_identities(uow: UnitOfWork, kind: str, tenant_id: UUID, user_id: UUID) -> None:
    """Give up every identity of one kind that the context's user has, for instance before a new e-mail address.

    Raises:
        ValueError: the context is another one.
    """
    _require_context(uow, tenant_id, user_id)
    if uow.is_postgresql:
        uow.execute(_RELEASE, {"kind": kind})
        return
    uow.execute(
        delete(LoginIdentity).where(
            LoginIdentity.kind == kind,
            LoginIdentity.tenant_id == tenant_id,
            LoginIdentity.user_id == user_id,
        )
    )


def list_tenants(uow: UnitOfWork) -> list[UUID]:
    """Every tenant of the installation, for jobs; they then work in one tenant's context at a time."""
    if uow.is_postgresql:
        return list(uow.execute(_TENANTS).scalars())
    return list(uow.execute(select(Tenant.id).order_by(Tenant.id)).scalars())


def list_due(uow: UnitOfWork, what: Due, before: datetime) -> list[tuple[UUID, UUID]]:
    """Tenant and user of everyone with something to clean up that is older than ``before``.

    ``objects``: deleted objects; ``keys``: idempotency keys; ``sessions``: expired sessions, refresh and API tokens;
    ``mail``: mails to send; ``failed_mail``: mails given up; ``one_time_tokens``: expired ones; ``accounts``: deleted
    ones; ``unverified``: accounts whose address was never confirmed;
    ``challenges`` (of passkeys) and ``invitations``: expired ones;
    ``sealed``: secrets that are sealed under a key of the keyring, however old.
    """
    if uow.is_postgresql:
        rows = uow.execute(_DUE, {"what": what, "before": before})
    else:
        rows = uow.execute(_due_query(what, before))
    return [(row.tenant_id, row.user_id) for row in rows]


def try_lock(uow: UnitOfWork, name: str) -> bool:
    """Whether this transaction now holds the lock ``name``, so that one of several processes does a job.

    It lasts until the transaction ends. On SQLite every writing transaction excludes the others anyway.
    """
    if not uow.is_postgresql:
        return True
    return bool(uow.execute(_LOCK, {"name": f"quantlab:{name}"}).scalar_one())


_LOCK = text("SELECT pg_try_advisory_xact_lock(hashtextextended(:name, 0))")


_EXPIRING: dict[Due, type[OneTimeToken | FactorChallenge | Invitation]] = {
    "one_time_tokens": OneTimeToken,
    "challenges": FactorChallenge,
    "invitations": Invitation,
}


def _due_query(what: Due, before: datetime) -> Executable:
    if what == "objects":
        return (
            select(SavedObject.tenant_id, SavedObject.user_id)
            .where(SavedObject.deleted_at < before)
            .distinct()
        )
    if what == "keys":
        return (
            select(IdempotencyKey.tenant_id, IdempotencyKey.user_id)
            .where(IdempotencyKey.created_at < before)
            .distinct()
        )
    if what == "mail":
        return (
            select(OutgoingMail.tenant_id, OutgoingMail.user_id)
            .where(OutgoingMail.failed_at.is_(None), OutgoingMail.due_at < before)
            .distinct()
        )
    if what == "failed_mail":
        return (
            select(OutgoingMail.tenant_id, OutgoingMail.user_id)
            .where(OutgoingMail.failed_at < before)
            .distinct()
        )
    if what == "accounts":
        return select(User.tenant_id, User.id.label("user_id")).where(User.deleted_at < before)
    if what == "unverified":
        return select(User.tenant_id, User.id.label("user_id")).where(
            User.verification_pending, User.created_at < before
        )
    if what in _EXPIRING:
        table = _EXPIRING[what]
        return select(table.tenant_id, table.user_id).where(table.expires_at < before).distinct()
    if what == "sealed":
        return select(TotpFactor.tenant_id, TotpFactor.user_id)
    # UNION drops doubles.
    return union(
        select(Session.tenant_id, Session.user_id).where(Session.expires_at < before),
        select(RefreshToken.tenant_id, RefreshToken.user_id).where(
            RefreshToken.expires_at < before
        ),
        select(ApiToken.tenant_id, ApiToken.user_id).where(ApiToken.expires_at < before),
    )


def user_names(uow: UnitOfWork, ids: Iterable[UUID]) -> dict[UUID, str]:
    """Display names of people of the context's tenant; ids of others are left out."""
    wanted = list(set(ids))
    if not wanted:
        return {}
    if uow.is_postgresql:
        rows = uow.execute(_NAMES, {"ids": wanted})
    else:
        rows = uow.execute(
            select(User.id, User.username).where(
                User.tenant_id == uow.tenant_id, User.id.in_(wanted)
            )
        )
    return {row.id: row.username for row in rows}


def _require_context(uow: UnitOfWork, tenant_id: UUID, user_id: UUID | None) -> None:
    if uow.tenant_id != tenant_id or (user_id is not None and uow.user_id != user_id):
        raise ValueError("the unit of work is in another context")
