"""The local account: whoever holds this Jupyter server, signed in without a password.

It is made on first use, by exactly one of several servers that start at once, and stays out after a log-out until
its person asks to continue.
"""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from quantlab_server.accounts.account import Account
from quantlab_server.accounts.service import AccountService
from quantlab_server.audit.service import AuditService
from quantlab_server.audit.tags import AuditTag
from quantlab_server.auth.authenticator import LiveSession
from quantlab_server.auth.clock import Clock
from quantlab_server.db.engine import Database
from quantlab_server.db.session import UnitOfWork
from quantlab_server.errors import NotFound, Unavailable
from quantlab_server.sessions import repository
from quantlab_server.sessions.beginning import BY_DOOR, Origin, begin, record, to_live

# Its session ends when its person says so, not with time.
_LIFETIME = timedelta(days=36_500)
# How exactly "last used" is kept: its requests refresh nothing, so it is written on purpose.
_TOUCH_EVERY = timedelta(minutes=15)


class _MadeElsewhere(Exception):
    """Another server made the account at the same moment."""


class LocalAccount:
    """Finds, makes and signs in the one account of a data folder. Opens its own transactions."""

    def __init__(
        self, database: Database, accounts: AccountService, audit: AuditService, clock: Clock
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._audit = audit
        self._clock = clock

    def session(self) -> LiveSession | None:
        """Its session; the account is made on first use. None after its person logged out."""
        with self._database.transaction(writes=False) as uow:
            found = self._accounts.find_local(uow)
            row = self._row(uow, found) if found is not None else None
        if found is None:
            return self._make()
        if row is None:
            return None
        if self._now() - row.last_used_at > _TOUCH_EVERY:
            self._touch(row)
        return to_live(row)

    def is_signed_out(self, uow: UnitOfWork) -> bool:
        """Whether its person logged out."""
        found = self._accounts.find_local(uow)
        return found is not None and self._row(uow, found) is None

    def sign_in(self, origin: Origin) -> Account:
        """Sign its person in (again)."""
        live = self.session()
        with self._database.transaction(writes=live is None) as uow:
            found = self._accounts.find_local(uow)
            if found is None:
                raise NotFound
            row = self._row(uow, found)
            account = self._accounts.require(uow, *found)
            if live is None and row is None:
                moment = self._now()
                session_id = begin(uow, account, origin, BY_DOOR, moment, moment + _LIFETIME)
                record(self._audit, uow, account, AuditTag.LOCAL_CONTINUED, session_id, origin)
            return account

    def _make(self) -> LiveSession | None:
        try:
            with self._database.transaction() as uow:
                found = self._accounts.find_local(uow)
                if found is not None:
                    row = self._row(uow, found)
                    return None if row is None else to_live(row)
                account = self._accounts.create_local(uow)
                if account is None:
                    raise _MadeElsewhere
                moment = self._now()
                origin = Origin("local", None, "")
                begin(uow, account, origin, BY_DOOR, moment, moment + _LIFETIME)
                return to_live(self._row(uow, (account.tenant_id, account.user_id)))
        except _MadeElsewhere:
            return self.session()

    def _row(self, uow: UnitOfWork, found: tuple[UUID, UUID]) -> Any:
        uow.become(*found)
        return repository.get_live_local(uow, *found, self._now())

    def _touch(self, row: Any) -> None:
        # For the list of sessions only: being signed in does not depend on it.
        with (
            contextlib.suppress(Unavailable),
            self._database.transaction(tenant_id=row.tenant_id, user_id=row.user_id) as uow,
        ):
            values = {"last_used_at": self._now()}
            repository.touch_session(uow, row.tenant_id, row.session_id, values)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)
