"""Changes of an account that a mailed link allows, in the context of its person."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from quantlab_server.accounts import names, repository
from quantlab_server.accounts.account import Account
from quantlab_server.db.identities import claim_identity, drop_identity, find_identity
from quantlab_server.db.session import UnitOfWork
from quantlab_server.errors import Conflict

_SPARE = 10  # random bytes of a name that nobody chose


def spare_username() -> str:
    """A name for an account whose person still has to choose one."""
    return f"new-{secrets.token_hex(_SPARE)}"


def lock(uow: UnitOfWork, tenant_id: UUID, user_id: UUID) -> Account | None:
    """The account of the context, which nobody else changes before this transaction ends."""
    repository.lock_user(uow, tenant_id, user_id)
    return repository.get_account(uow, tenant_id, user_id)


def choose_username(uow: UnitOfWork, account: Account, wanted: str) -> None:
    """Give the account the name that its person chose at last.

    Raises:
        Invalid: not a username.
        Conflict: ``username_refused``: taken.
    """
    name = names.clean_username(wanted)
    key = names.username_key(name)
    if not claim_identity(uow, "username", key, account.tenant_id, account.user_id):
        raise Conflict("This username cannot be used.", code="username_refused")
    drop_identity(uow, "username", names.username_key(account.username))
    values = {"username": name, "username_key": key, "username_pending": False}
    repository.update_user(uow, account.tenant_id, account.user_id, values)


def confirm_email(uow: UnitOfWork, account: Account, moment: datetime) -> None:
    """The address was shown to be the person's: it may sign in."""
    values = {"email_verified_at": moment, "verification_pending": False}
    repository.update_user(uow, account.tenant_id, account.user_id, values)


def reset_password(
    uow: UnitOfWork,
    account: Account,
    new_hash: str,
    moment: datetime,
    confirmed_at: datetime | None,
) -> None:
    """Store a new password; every token dies with the old epoch.

    ``confirmed_at``: the link was mailed, so that the address is the person's.
    """
    values: dict[str, object] = {
        "password_hash": new_hash,
        "password_changed_at": moment,
        "verification_pending": False,
    }
    if confirmed_at is not None:
        values["email_verified_at"] = confirmed_at
    repository.update_user(uow, account.tenant_id, account.user_id, values)
    repository.move_epoch(uow, account.tenant_id, account.user_id)


def distrust_password(uow: UnitOfWork, account: Account) -> None:
    """Nobody signs in with the password that was given: it may not be the person's."""
    repository.update_user(uow, account.tenant_id, account.user_id, {"password_hash": None})


def remove_deleted(uow: UnitOfWork, before: datetime) -> bool:
    """Remove the context's person with all that is theirs, if the account was deleted before an instant."""
    assert uow.tenant_id is not None
    assert uow.user_id is not None
    return repository.delete_user(uow, uow.tenant_id, uow.user_id, before)


def remove_unverified(uow: UnitOfWork, before: datetime) -> bool:
    """Remove the context's person, if it signed up before an instant and never confirmed the address."""
    assert uow.tenant_id is not None
    assert uow.user_id is not None
    return repository.delete_unverified(uow, uow.tenant_id, uow.user_id, before)


def end_epoch(uow: UnitOfWork, account: Account) -> None:
    """Every token of the person dies."""
    repository.move_epoch(uow, account.tenant_id, account.user_id)


def email_is_free(uow: UnitOfWork, account: Account, email: str) -> bool:
    """Whether the account may have this address: nobody else has it, or keeps it."""
    found = find_identity(uow, "email", names.email_key(email))
    return found is None or found == (account.tenant_id, account.user_id)


def set_email(uow: UnitOfWork, account: Account, email: str, confirmed_at: datetime | None) -> None:
    """Give the account another address. The old one stays the person's until ``release_email``.

    Raises:
        Conflict: ``email_refused``: somebody else has it.
    """
    key = names.email_key(email)
    if not email_is_free(uow, account, email):
        raise Conflict("This address cannot be used.", code="email_refused")
    if find_identity(uow, "email", key) is None and not claim_identity(
        uow, "email", key, account.tenant_id, account.user_id
    ):
        raise Conflict("This address cannot be used.", code="email_refused")
    values: dict[str, object] = {"email": email, "email_verified_at": confirmed_at}
    if confirmed_at is not None:
        values["verification_pending"] = False
    repository.update_user(uow, account.tenant_id, account.user_id, values)


def release_email(uow: UnitOfWork, email_key: str) -> None:
    """Let others have an address that was the context's person's."""
    drop_identity(uow, "email", email_key)


def release_former(
    uow: UnitOfWork, tenant_id: UUID, user_id: UUID, email_keys: Iterable[str]
) -> None:
    """Let others have addresses that were kept for the context's person, but never the present one."""
    account = repository.get_account(uow, tenant_id, user_id)
    current = names.email_key(account.email or "") if account is not None else ""
    for key in email_keys:
        if key != current:
            release_email(uow, key)
