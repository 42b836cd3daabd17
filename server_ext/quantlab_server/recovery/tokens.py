"""One-time tokens: 256 random bits, stored as a hash, used up by one DELETE, one live per purpose."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from quantlab_server.accounts import changes
from quantlab_server.accounts.account import Account
from quantlab_server.accounts.names import email_key
from quantlab_server.auth.owned_tokens import OwnedToken, new_owned_token, parse_owned_token
from quantlab_server.db.base import new_id
from quantlab_server.db.session import UnitOfWork
from quantlab_server.recovery import repository

PREFIX = "qlo_"


class Purpose(StrEnum):
    """What a token is good for, and nothing else."""

    VERIFY = "verify"
    RESET = "reset"
    WELCOME = "welcome"
    CHANGE_EMAIL = "change_email"
    REVERT_EMAIL = "revert_email"


@dataclass(frozen=True, slots=True)
class Granted:
    """What a token stands for."""

    purpose: Purpose
    email: str


def issue(
    uow: UnitOfWork,
    tenant_id: UUID,
    user_id: UUID,
    purpose: Purpose,
    email: str,
    *,
    moment: datetime,
    lifetime: timedelta,
) -> OwnedToken:
    """A fresh token about an address. The one before it, for the same purpose, is dead from now on."""
    token, key = new_owned_token(PREFIX, tenant_id, user_id), email_key(email)
    if purpose is not Purpose.REVERT_EMAIL:
        # Who changed the address twice can take either back.
        repository.delete_tokens(uow, tenant_id, user_id, [purpose], but_email_key=key)
    values = {
        "tenant_id": tenant_id,
        "id": new_id(),
        "user_id": user_id,
        "purpose": purpose.value,
        "email": email,
        "email_key": key,
        "token_hash": token.hash,
        "created_at": moment,
        "expires_at": moment + lifetime,
    }
    repository.put_token(uow, values)
    return token


def peek(uow: UnitOfWork, text: str, moment: datetime) -> tuple[OwnedToken, Granted] | None:
    """What a token stands for, entering its person's context; it stays good. None: it is not (any more)."""
    token = parse_owned_token(PREFIX, text)
    if token is None:
        return None
    uow.become(token.tenant_id, token.user_id)
    row = repository.get_token(uow, token.tenant_id, token.user_id, token.hash, moment)
    return None if row is None else (token, Granted(Purpose(row.purpose), row.email))


def take(uow: UnitOfWork, token: OwnedToken, moment: datetime) -> Granted | None:
    """Use a token up, in its person's context; None when somebody was faster, or it is over."""
    row = repository.take_token(uow, token.tenant_id, token.user_id, token.hash, moment)
    return None if row is None else Granted(Purpose(row.purpose), row.email)


def end(uow: UnitOfWork, tenant_id: UUID, user_id: UUID, purposes: Iterable[Purpose]) -> None:
    """Make every token for some purposes worthless."""
    repository.delete_tokens(uow, tenant_id, user_id, [purpose.value for purpose in purposes])


def holds_reverts(uow: UnitOfWork, tenant_id: UUID, user_id: UUID, moment: datetime) -> bool:
    """Whether an old address can still be taken back."""
    return repository.has_live(uow, tenant_id, user_id, Purpose.REVERT_EMAIL.value, moment)


def end_reverts(
    uow: UnitOfWork, tenant_id: UUID, user_id: UUID, email: str | None = None
) -> list[str]:
    """Make links that take an old address back worthless: all, or those of one address; the addresses' keys."""
    key = None if email is None else email_key(email)
    return repository.delete_tokens(
        uow, tenant_id, user_id, [Purpose.REVERT_EMAIL.value], email_key=key
    )


def end_every(uow: UnitOfWork, account: Account) -> None:
    """Nothing that was mailed about an account leads into it any more, nor keeps an address for it."""
    former = end_reverts(uow, account.tenant_id, account.user_id)
    end(uow, account.tenant_id, account.user_id, Purpose)
    changes.release_former(uow, account.tenant_id, account.user_id, former)
