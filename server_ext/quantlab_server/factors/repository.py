"""Queries on second factors and their challenges; the tenant's context is set by the caller."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, func, insert, or_, select, update

from quantlab_server.db.session import UnitOfWork
from quantlab_server.models.account import User
from quantlab_server.models.factors import FactorChallenge, Passkey, RecoveryCode, TotpFactor
from quantlab_server.models.oidc import OidcLink

_PASSKEY = (
    Passkey.id,
    Passkey.user_id,
    Passkey.credential_id,
    Passkey.public_key,
    Passkey.sign_count,
    Passkey.rp_id,
    Passkey.name,
    Passkey.transports,
    Passkey.synced,
    Passkey.created_at,
    Passkey.last_used_at,
)


def lock_person(uow: UnitOfWork, tenant_id: UUID, user_id: UUID) -> bool:
    """Whether the person has a second factor, locked until the commit: factors come and go one at a time."""
    query = select(User.has_second_factor).where(User.tenant_id == tenant_id, User.id == user_id)
    return bool(uow.execute(query.with_for_update()).scalar_one())


def has_way_in(uow: UnitOfWork, tenant_id: UUID, user_id: UUID) -> bool:
    """Whether the person has a password, a passkey or a log-in at a provider."""
    password = select(User.id).where(
        User.tenant_id == tenant_id, User.id == user_id, User.password_hash.is_not(None)
    )
    passkey = select(Passkey.id).where(Passkey.tenant_id == tenant_id, Passkey.user_id == user_id)
    link = select(OidcLink.id).where(OidcLink.tenant_id == tenant_id, OidcLink.user_id == user_id)
    query = select(or_(password.exists(), passkey.exists(), link.exists()))
    return bool(uow.execute(query).scalar_one())


def mark_person(uow: UnitOfWork, tenant_id: UUID, user_id: UUID, has_factor: bool) -> None:
    """Note whether the person has a second factor."""
    uow.execute(
        update(User)
        .where(User.tenant_id == tenant_id, User.id == user_id)
        .values(has_second_factor=has_factor)
    )


def get_totp(uow: UnitOfWork, tenant_id: UUID, user_id: UUID) -> Row[Any] | None:
    """The app, confirmed or not."""
    return uow.execute(
        select(
            TotpFactor.id,
            TotpFactor.kid,
            TotpFactor.secret,
            TotpFactor.last_step,
            TotpFactor.created_at,
            TotpFactor.confirmed_at,
            TotpFactor.last_used_at,
        ).where(TotpFactor.tenant_id == tenant_id, TotpFactor.user_id == user_id)
    ).one_or_none()


def insert_totp(uow: UnitOfWork, values: dict[str, Any]) -> None:
    """Insert an app that is not confirmed."""
    uow.execute(insert(TotpFactor).values(**values))


def put_totp_secret(
    uow: UnitOfWork, tenant_id: UUID, user_id: UUID, values: dict[str, Any]
) -> None:
    """Store the app's secret sealed anew."""
    uow.execute(
        update(TotpFactor)
        .where(TotpFactor.tenant_id == tenant_id, TotpFactor.user_id == user_id)
        .values(**values)
    )


def delete_totp(uow: UnitOfWork, tenant_id: UUID, user_id: UUID) -> bool:
    """Forget the app; whether there was one."""
    statement = delete(TotpFactor).where(
        TotpFactor.tenant_id == tenant_id, TotpFactor.user_id == user_id
    )
    return uow.execute(statement).rowcount == 1


def reseal_totp(
    uow: UnitOfWork, tenant_id: UUID, record_id: UUID, kid: str, values: dict[str, Any]
) -> bool:
    """Put a secret that is sealed under ``kid`` under another key; False when that was done meanwhile."""
    statement = (
        update(TotpFactor)
        .where(TotpFactor.tenant_id == tenant_id, TotpFactor.id == record_id, TotpFactor.kid == kid)
        .values(**values)
    )
    return uow.execute(statement).rowcount == 1


def take_step(
    uow: UnitOfWork, tenant_id: UUID, user_id: UUID, id: UUID, step: int, values: dict[str, Any]
) -> bool:
    """Use a time step of an app, once: False when it or a newer one was used, perhaps a moment ago by somebody else.

    False as well when the app is gone, also if there is another one by now.
    """
    statement = (
        update(TotpFactor)
        .where(
            TotpFactor.tenant_id == tenant_id,
            TotpFactor.user_id == user_id,
            TotpFactor.id == id,
            or_(TotpFactor.last_step.is_(None), TotpFactor.last_step < step),
        )
        .values(last_step=step, **values)
    )
    return uow.execute(statement).rowcount == 1


def replace_recovery_codes(
    uow: UnitOfWork, tenant_id: UUID, user_id: UUID, rows: Sequence[dict[str, Any]]
) -> None:
    """Forget all recovery codes and keep these instead, perhaps none."""
    uow.execute(
        delete(RecoveryCode).where(
            RecoveryCode.tenant_id == tenant_id, RecoveryCode.user_id == user_id
        )
    )
    if rows:
        uow.execute(insert(RecoveryCode), list(rows))


def take_recovery_code(
    uow: UnitOfWork, tenant_id: UUID, user_id: UUID, code_hash: bytes, moment: datetime
) -> bool:
    """Use a recovery code, once."""
    statement = (
        update(RecoveryCode)
        .where(
            RecoveryCode.tenant_id == tenant_id,
            RecoveryCode.user_id == user_id,
            RecoveryCode.code_hash == code_hash,
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=moment)
    )
    return uow.execute(statement).rowcount == 1


def count_recovery_codes(uow: UnitOfWork, tenant_id: UUID, user_id: UUID) -> int:
    """How many are left."""
    query = select(func.count()).where(
        RecoveryCode.tenant_id == tenant_id,
        RecoveryCode.user_id == user_id,
        RecoveryCode.used_at.is_(None),
    )
    return int(uow.execute(query).scalar_one())


def list_passkeys(uow: UnitOfWork, tenant_id: UUID, user_id: UUID) -> list[Row[Any]]:
    """The person's passkeys, oldest first."""
    query = (
        select(*_PASSKEY)
        .where(Passkey.tenant_id == tenant_id, Passkey.user_id == user_id)
        .order_by(Passkey.id)
    )
    return list(uow.execute(query))


def get_passkey(
    uow: UnitOfWork, tenant_id: UUID, user_id: UUID, credential_id: bytes
) -> Row[Any] | None:
    """One of the person's passkeys by the id that its authenticator gave it."""
    return uow.execute(
        select(*_PASSKEY).where(
            Passkey.tenant_id == tenant_id,
            Passkey.user_id == user_id,
            Passkey.credential_id == credential_id,
        )
    ).one_or_none()


def insert_passkey(uow: UnitOfWork, values: dict[str, Any]) -> None:
    """Insert a passkey."""
    uow.execute(insert(Passkey).values(**values))


def use_passkey(
    uow: UnitOfWork, tenant_id: UUID, passkey_id: UUID, counted: int, values: dict[str, Any]
) -> bool:
    """Note a use; False when its counter is no longer ``counted``, because somebody else used it just now."""
    statement = (
        update(Passkey)
        .where(
            Passkey.tenant_id == tenant_id, Passkey.id == passkey_id, Passkey.sign_count == counted
        )
        .values(**values)
    )
    return uow.execute(statement).rowcount == 1


def delete_passkey(
    uow: UnitOfWork, tenant_id: UUID, user_id: UUID, passkey_id: UUID
) -> bytes | None:
    """Forget one; its credential id, or None when it is not the person's."""
    statement = (
        delete(Passkey)
        .where(Passkey.tenant_id == tenant_id, Passkey.user_id == user_id, Passkey.id == passkey_id)
        .returning(Passkey.credential_id)
    )
    return uow.execute(statement).scalar_one_or_none()


def insert_challenge(uow: UnitOfWork, values: dict[str, Any], moment: datetime) -> None:
    """Insert a challenge; those of the same context that are over go."""
    uow.execute(
        delete(FactorChallenge).where(
            FactorChallenge.tenant_id == values["tenant_id"],
            FactorChallenge.user_id == values["user_id"],
            FactorChallenge.expires_at <= moment,
        )
    )
    uow.execute(insert(FactorChallenge).values(**values))


def delete_expired_challenges(
    uow: UnitOfWork, tenant_id: UUID, user_id: UUID, before: datetime
) -> int:
    """Delete challenges that expired before an instant; how many."""
    statement = delete(FactorChallenge).where(
        FactorChallenge.tenant_id == tenant_id,
        FactorChallenge.user_id == user_id,
        FactorChallenge.expires_at < before,
    )
    return uow.execute(statement).rowcount


def take_challenge(
    uow: UnitOfWork,
    tenant_id: UUID,
    user_id: UUID,
    challenge_id: UUID,
    purpose: str,
    moment: datetime,
) -> bytes | None:
    """Use a challenge, once; None when it is over, was for something else or somebody else."""
    statement = (
        delete(FactorChallenge)
        .where(
            FactorChallenge.tenant_id == tenant_id,
            FactorChallenge.user_id == user_id,
            FactorChallenge.id == challenge_id,
            FactorChallenge.purpose == purpose,
            FactorChallenge.expires_at > moment,
        )
        .returning(FactorChallenge.challenge)
    )
    return uow.execute(statement).scalar_one_or_none()
