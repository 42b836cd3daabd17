"""Personal API tokens: making, listing, revoking, and whom one stands for."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from quantlab_ext.schemas.api_tokens import ApiToken, ApiTokenCreate, NewApiToken
from quantlab_server.api_tokens import repository
from quantlab_server.auth import scopes
from quantlab_server.auth.actor import Actor
from quantlab_server.auth.api_token_text import hash_of, hint_of, new_api_token
from quantlab_server.auth.authenticator import LiveApiToken
from quantlab_server.auth.clock import Clock, system_clock
from quantlab_server.auth.revocation import Revocations, Revoked
from quantlab_server.auth.scopes import Scope
from quantlab_server.db import device_requests
from quantlab_server.db.base import new_id
from quantlab_server.db.engine import Database
from quantlab_server.db.identities import find_api_token
from quantlab_server.db.session import UnitOfWork
from quantlab_server.errors import Field, Invalid, NotFound, QuotaExceeded, Unavailable

MOST = 50
# How exactly "last used" is kept: a script's every request would otherwise write.
_TOUCH_EVERY = timedelta(minutes=15)


class ApiTokenService:
    """The rules of API tokens. Also where the authenticator looks them up."""

    def __init__(
        self, database: Database, revocations: Revocations, *, clock: Clock = system_clock
    ) -> None:
        self._database = database
        self._revocations = revocations
        self._clock = clock

    def list_own(self, uow: UnitOfWork, actor: Actor) -> list[ApiToken]:
        """The actor's tokens, newest first."""
        rows = repository.list_tokens(uow, actor.tenant_id, actor.user_id)
        return [_to_wire(row) for row in rows]

    def create(self, uow: UnitOfWork, actor: Actor, wanted: ApiTokenCreate) -> NewApiToken:
        """Make a token that may do what its scopes say; they are some of what the actor may do.

        Raises:
            Invalid: a scope that is none, or that the actor or an API token cannot have.
            QuotaExceeded: there are too many tokens.
        """
        granted = check_scopes(wanted.scopes, actor.scopes)
        return self.issue(
            uow,
            actor.tenant_id,
            actor.user_id,
            name=wanted.name,
            granted=granted,
            lifetime=timedelta(days=wanted.expires_in_days),
        )

    def issue(
        self,
        uow: UnitOfWork,
        tenant_id: UUID,
        user_id: UUID,
        *,
        name: str,
        granted: Iterable[Scope],
        lifetime: timedelta,
    ) -> NewApiToken:
        """Make a token of the context's person, who has agreed to it.

        Raises:
            QuotaExceeded: there are too many tokens.
        """
        self.require_room(uow, tenant_id, user_id)
        moment = self._now()
        text, token_id = new_api_token(), new_id()
        row = repository.insert_token(
            uow,
            {
                "tenant_id": tenant_id,
                "id": token_id,
                "user_id": user_id,
                "name": name,
                "token_hash": hash_of(text),
                "hint": hint_of(text),
                "scopes": " ".join(sorted(granted)),
                "created_at": moment,
                "expires_at": moment + lifetime,
            },
        )
        return NewApiToken(token=text, api_token=_to_wire(row))

    def require_room(self, uow: UnitOfWork, tenant_id: UUID, user_id: UUID) -> None:
        """Make sure that a person may have one more token.

        Raises:
            QuotaExceeded: there are too many.
        """
        used = repository.count_tokens(uow, tenant_id, user_id, self._now())
        if used >= MOST:
            raise QuotaExceeded("API tokens", limit=MOST, used=used)

    def revoke(self, uow: UnitOfWork, actor: Actor, token_id: UUID) -> str:
        """End one of the actor's tokens; its name.

        Raises:
            NotFound: the actor has no such token.
        """
        name = repository.delete_token(uow, actor.tenant_id, actor.user_id, token_id)
        if name is None:
            raise NotFound
        uow.after_commit(lambda: self._revocations.publish(Revoked(session_id=token_id)))
        return name

    def end_all(self, uow: UnitOfWork, tenant_id: UUID, user_id: UUID) -> int:
        """End every token of the context's person, also those that programs were promised; how many there were.

        For when somebody else may have held the account. Promises go first: a program that fetches its token right
        now is waited for, and the token is there to be ended.
        """
        device_requests.drop_decided(uow)
        ended = repository.delete_tokens(uow, tenant_id, user_id)
        if ended:
            uow.after_commit(lambda: self._revocations.publish(Revoked(user_id=user_id)))
        return ended

    def live_token(self, text: str, address: str) -> LiveApiToken | None:
        """Whom a token stands for if it and its person are good; opens its own transactions."""
        token_hash, moment = hash_of(text), self._now()
        with self._database.transaction(writes=False) as uow:
            # Nobody is known yet: the one question that crosses the walls between tenants.
            found = find_api_token(uow, token_hash)
            if found is None:
                return None
            tenant_id, user_id, token_id = found
            uow.become(tenant_id, user_id)
            row = repository.get_live(uow, tenant_id, user_id, token_id, moment)
        if row is None:
            return None
        if row.last_used_at is None or moment - row.last_used_at > _TOUCH_EVERY:
            self._touch(row, moment, address)
        return LiveApiToken(
            tenant_id=tenant_id,
            user_id=user_id,
            token_id=token_id,
            username=row.username,
            role=row.role,
            tier=row.tier,
            has_second_factor=row.has_second_factor,
            scopes=known_scopes(row.scopes) & scopes.API_TOKEN,
            expires_at=row.expires_at.timestamp(),
        )

    def _touch(self, row: Any, moment: datetime, address: str) -> None:
        # For the list of tokens only: being let in does not depend on it.
        with (
            contextlib.suppress(Unavailable),
            self._database.transaction(tenant_id=row.tenant_id, user_id=row.user_id) as uow,
        ):
            values = {"last_used_at": moment, "last_used_address": address[:64]}
            repository.touch_token(uow, row.tenant_id, row.id, values)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)


def check_scopes(wanted: Iterable[str], allowed: frozenset[Scope]) -> frozenset[Scope]:
    """The scopes that a token gets.

    Raises:
        Invalid: one is none, or no API token of the maker's can have it.
    """
    known = {scope.value: scope for scope in scopes.API_TOKEN & allowed}
    fields: list[Field] = [
        {
            "path": f"scopes.{place}",
            "code": "scope_not_allowed",
            "message": "A token of yours cannot have this scope.",
        }
        for place, name in enumerate(wanted)
        if name not in known
    ]
    if fields:
        raise Invalid(fields=fields)
    return frozenset(known[name] for name in wanted)


def known_scopes(stored: str) -> frozenset[Scope]:
    """Scopes as they are kept; those of a newer version mean nothing here."""
    names = set(stored.split())
    return frozenset(scope for scope in Scope if scope.value in names)


def _to_wire(row: Any) -> ApiToken:
    return ApiToken(
        id=row.id,
        name=row.name,
        hint=row.hint,
        scopes=row.scopes.split(),
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        last_used_address=row.last_used_address,
    )
