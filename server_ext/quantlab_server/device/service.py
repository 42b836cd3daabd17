"""Log-in by device code: a program asks, a person at another screen decides, the program gets an API token."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from quantlab_ext.schemas.api_tokens import NewApiToken
from quantlab_ext.schemas.device import DeviceRequest, DeviceStart
from quantlab_server.accounts import changes
from quantlab_server.accounts.service import AccountService
from quantlab_server.api_tokens.service import ApiTokenService, check_scopes, known_scopes
from quantlab_server.auth import scopes
from quantlab_server.auth.actor import Actor
from quantlab_server.auth.clock import Clock, system_clock
from quantlab_server.db import device_requests as requests
from quantlab_server.db.session import UnitOfWork
from quantlab_server.device.codes import clean_user_code, hash_of, new_device_code, new_user_code
from quantlab_server.errors import InsufficientScope, NotFound, NotSignedIn
from quantlab_server.sessions.service import SessionService

LIFETIME = 600  # seconds that a person has to decide
INTERVAL = 5  # seconds between a program's questions
TOKEN_DAYS = 90


class Pending(StrEnum):
    """Why a program gets no token now: the codes of RFC 8628."""

    WAITING = "authorization_pending"
    TOO_FAST = "slow_down"
    EXPIRED = "expired_token"
    DENIED = "access_denied"


@dataclass(frozen=True, slots=True)
class Codes:
    """What a program is given."""

    device: str
    user: str


class DeviceService:
    """The rules of log-in by device code."""

    def __init__(
        self,
        accounts: AccountService,
        sessions: SessionService,
        api_tokens: ApiTokenService,
        *,
        clock: Clock = system_clock,
    ) -> None:
        self._accounts = accounts
        self._sessions = sessions
        self._api_tokens = api_tokens
        self._clock = clock

    def start(self, uow: UnitOfWork, wanted: DeviceStart, address: str) -> Codes:
        """Keep what a program asks for; nobody knows yet whom it will belong to.

        Raises:
            Invalid: a scope that no API token can have.
        """
        asked = wanted.scopes
        granted = scopes.API_TOKEN if asked is None else check_scopes(asked, scopes.API_TOKEN)
        moment = self._now()
        while True:
            codes = Codes(new_device_code(), new_user_code())
            if requests.add_request(
                uow,
                device=hash_of(codes.device),
                user=hash_of(codes.user),
                client=wanted.client_name,
                address=address[:64],
                scopes=" ".join(sorted(granted)),
                now=moment,
                expires=moment + timedelta(seconds=LIFETIME),
            ):
                return codes

    def look(self, uow: UnitOfWork, actor: Actor, typed: str) -> DeviceRequest | None:
        """Who asks with a code, and which of the wanted scopes the actor can give; None: no such code."""
        code = clean_user_code(typed)
        row = requests.get_pending(uow, hash_of(code), self._now()) if code else None
        if row is None:
            return None
        return DeviceRequest(
            client_name=row.client_name,
            address=row.address,
            scopes=sorted(known_scopes(row.scopes) & actor.scopes),
            created_at=row.created_at,
            expires_at=row.expires_at,
        )

    def approve(self, uow: UnitOfWork, actor: Actor, typed: str, found: DeviceRequest) -> None:
        """Let the program in that the actor was shown.

        Raises:
            NotSignedIn: the session ended since the request began, as when the person was disabled.
            InsufficientScope: the actor can give nothing of what it wants.
            QuotaExceeded: the actor has too many tokens.
            NotFound: it was decided meanwhile, or its time is over.
        """
        # Held until the end: whoever disables the person waits, and finds the promise to be taken back.
        held = changes.lock(uow, actor.tenant_id, actor.user_id)
        if held is None or not self._sessions.live(
            uow, actor.tenant_id, actor.user_id, actor.session_id
        ):
            raise NotSignedIn
        if not found.scopes:
            raise InsufficientScope
        self._api_tokens.require_room(uow, actor.tenant_id, actor.user_id)
        self._decide(uow, typed, "approved", found)

    def deny(self, uow: UnitOfWork, typed: str, found: DeviceRequest) -> None:
        """Send the program away.

        Raises:
            NotFound: it was decided meanwhile, or its time is over.
        """
        self._decide(uow, typed, "denied", found)

    def poll(self, uow: UnitOfWork, device_code: str) -> NewApiToken | Pending:
        """The token of a program that was let in, given once; the context becomes its person's."""
        moment = self._now()
        row = requests.poll(uow, hash_of(device_code), moment)
        if row is None or row.expires_at <= moment:
            return Pending.EXPIRED
        if row.polled_at is not None and moment - row.polled_at < timedelta(seconds=INTERVAL):
            return Pending.TOO_FAST
        if row.decision is None:
            return Pending.WAITING
        if row.decision == "denied":
            return Pending.DENIED
        return self._admit(uow, device_code, row)

    def _admit(self, uow: UnitOfWork, device_code: str, row: Any) -> NewApiToken | Pending:
        if not requests.take(uow, hash_of(device_code)):
            return Pending.EXPIRED
        uow.become(row.tenant_id, row.user_id)
        # Between the decision and now the person may have been disabled, or somebody else put out of the account.
        account = self._accounts.require(uow, row.tenant_id, row.user_id)
        asked_at, changed_at = (
            row.expires_at - timedelta(seconds=LIFETIME),
            account.password_changed_at,
        )
        if not account.is_active or (changed_at is not None and changed_at >= asked_at):
            return Pending.DENIED
        return self._api_tokens.issue(
            uow,
            row.tenant_id,
            row.user_id,
            name=row.client_name,
            granted=known_scopes(row.scopes),
            lifetime=timedelta(days=TOKEN_DAYS),
        )

    def _decide(self, uow: UnitOfWork, typed: str, decision: str, found: DeviceRequest) -> None:
        code = clean_user_code(typed)
        granted = " ".join(found.scopes)
        if not code or not requests.decide(uow, hash_of(code), self._now(), decision, granted):
            raise NotFound("This code is not known any more. Have a new one shown.")

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)
