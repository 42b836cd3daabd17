"""Rotating refresh tokens: each is used once, and a client that lost the answer gets the same one again.

A token's direct parent is accepted until the token is first used and for ``replay_window`` seconds after that, and
always leads to the same successor; so many tabs, lost answers and sleeping laptops do no harm. Whatever is older
was stolen or copied: the whole session ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any
from uuid import UUID

from quantlab_server.auth.refresh_tokens import (
    RefreshToken,
    new_refresh_token,
    open_successor,
    seal_successor,
)
from quantlab_server.db.base import new_id
from quantlab_server.db.session import UnitOfWork
from quantlab_server.sessions.repository import refreshing

# Clocks of several servers differ by less than this.
_SKEW = timedelta(seconds=5)


class Refusal(Enum):
    """Why a refresh token leads to nothing."""

    ENDED = "session_ended"
    REUSED = "token_reused"


@dataclass(frozen=True, slots=True)
class Rotation:
    """The rules' figures."""

    idle: timedelta
    replay_window: timedelta

    def issue(
        self,
        uow: UnitOfWork,
        tenant_id: UUID,
        user_id: UUID,
        session_id: UUID,
        moment: datetime,
        session_end: datetime,
    ) -> RefreshToken:
        """The first token of a session."""
        token = new_refresh_token(tenant_id, user_id)
        end = min(moment + self.idle, session_end)
        self._insert(uow, token, new_id(), session_id, None, moment, end)
        return token

    def rotate(
        self,
        uow: UnitOfWork,
        token: RefreshToken,
        session_id: UUID,
        moment: datetime,
        session_end: datetime,
    ) -> RefreshToken | Refusal:
        """The successor of a token. The session is live and locked by this transaction."""
        successor, successor_id = new_refresh_token(token.tenant_id, token.user_id), new_id()
        sealed = seal_successor(token, successor)
        end = min(moment + self.idle, session_end)
        taken = refreshing.take_token(
            uow, token.tenant_id, token.hash, moment, successor_id, sealed, end
        )
        if taken is None:
            return self._replay(uow, token, moment)
        self._insert(uow, successor, successor_id, session_id, taken.id, moment, end)
        window = (moment - self.replay_window, moment + _SKEW)
        refreshing.settle_older(uow, token.tenant_id, session_id, taken.parent_id, moment, window)
        return successor

    def _replay(
        self, uow: UnitOfWork, token: RefreshToken, moment: datetime
    ) -> RefreshToken | Refusal:
        row = refreshing.get_token(uow, token.tenant_id, token.hash)
        if row is None or row.used_at is None:
            return Refusal.ENDED
        if row.successor_cipher is None:
            return Refusal.REUSED
        successor = refreshing.get_successor(uow, token.tenant_id, row.successor_id)
        opened = open_successor(token, row.successor_cipher)
        if successor is None or opened is None:
            return Refusal.REUSED
        if not self._in_window(row, successor, moment):
            return Refusal.REUSED
        return Refusal.ENDED if successor.expires_at <= moment else opened

    def _in_window(self, row: Any, successor: Any, moment: datetime) -> bool:
        if row.successor_used_at is None:
            return True
        passed = moment - row.successor_used_at
        if passed < -_SKEW:
            # The clock was set back, so the window cannot be measured: only the newest used token counts.
            return successor.successor_used_at is None
        return bool(passed <= self.replay_window)

    def _insert(
        self,
        uow: UnitOfWork,
        token: RefreshToken,
        token_id: UUID,
        session_id: UUID,
        parent_id: UUID | None,
        moment: datetime,
        expires_at: datetime,
    ) -> None:
        refreshing.insert_token(
            uow,
            tenant_id=token.tenant_id,
            id=token_id,
            user_id=token.user_id,
            session_id=session_id,
            token_hash=token.hash,
            parent_id=parent_id,
            created_at=moment,
            expires_at=expires_at,
        )
