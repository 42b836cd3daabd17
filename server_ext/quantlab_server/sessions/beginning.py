"""What every beginning of a session has in common: its row, its audit row, and how it is seen afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from quantlab_server.accounts.account import Account
from quantlab_server.audit.service import AuditService, clean
from quantlab_server.audit.tags import AuditTag
from quantlab_server.auth.authenticator import LiveSession
from quantlab_server.db.base import new_id
from quantlab_server.db.session import UnitOfWork
from quantlab_server.sessions import repository


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request came from, as sessions and audit rows keep it."""

    address: str
    user_agent: str | None
    request_id: str
    # The first language that the browser asks for, for mails; empty: not said.
    language: str = ""

    @classmethod
    def of(
        cls, address: str, user_agent: str | None, request_id: str, languages: str = ""
    ) -> Origin:
        """With everything that could forge a line of a list taken out; ``languages`` is Accept-Language."""
        tag = languages.split(",", 1)[0].split(";", 1)[0].strip()
        language = tag if tag.isascii() and tag.replace("-", "").isalnum() else ""
        agent = clean(user_agent) if user_agent else None
        return cls(str(clean(address))[:64], agent, request_id, language[:35])


@dataclass(frozen=True, slots=True)
class Proof:
    """How a person proved who it is: the session's kind, and RFC 8176's words for the means."""

    kind: str
    amr: str
    # When, in seconds since the epoch; None: just now.
    at: float | None = None

    def moment(self, now: datetime) -> datetime:
        """When the person proved itself; a clock elsewhere that is ahead makes it no later than ``now``."""
        if self.at is None or self.at >= now.timestamp():
            return now
        return datetime.fromtimestamp(self.at, UTC)


BY_PASSWORD = Proof("password", "pwd")
BY_DOOR = Proof("local", "local")
BY_PROVIDER = Proof("password", "oidc")


def by_passkey(*, synced: bool, verified: bool) -> Proof:
    """By a passkey, whose key is in one device or kept elsewhere too; alone it must have checked the person."""
    means = ["swk" if synced else "hwk", *(["user"] if verified else []), "mfa"]
    return Proof("passkey", " ".join(means))


def by_both(first: Proof, means: str) -> Proof:
    """By a first step, and then by a second one."""
    return Proof(first.kind, f"{first.amr} {means}")


def merged(amr: str, means: str) -> str:
    """The means of a session and further ones; something known and something had are ``mfa``."""
    words = list(dict.fromkeys([*amr.split(), *means.split()]))
    if "pwd" in words and {"otp", "hwk", "swk"} & set(words) and "mfa" not in words:
        words.append("mfa")
    return " ".join(words)


def begin(
    uow: UnitOfWork, account: Account, origin: Origin, proof: Proof, moment: datetime, end: datetime
) -> UUID:
    """Insert a session that lasts until ``end`` at most; its id."""
    session_id = new_id()
    repository.insert_session(
        uow,
        {
            "tenant_id": account.tenant_id,
            "id": session_id,
            "user_id": account.user_id,
            "kind": proof.kind,
            "epoch": account.epoch,
            "amr": proof.amr,
            "auth_time": proof.moment(moment),
            "created_at": moment,
            "last_used_at": moment,
            "expires_at": end,
            "address": origin.address,
            "user_agent": origin.user_agent,
        },
    )
    return session_id


def record(
    audit: AuditService,
    uow: UnitOfWork,
    account: Account,
    tag: AuditTag,
    session_id: UUID,
    origin: Origin,
    *,
    nobody: bool = False,
    detail: dict[str, Any] | None = None,
) -> None:
    """Record an event of a session; ``nobody``: it is not known who acted."""
    audit.record_about(
        uow,
        account.tenant_id,
        account.user_id,
        tag,
        actor_id=None if nobody else account.user_id,
        subject_id=session_id,
        request_id=origin.request_id,
        address=origin.address,
        detail={
            **({"user_agent": origin.user_agent} if origin.user_agent else {}),
            **(detail or {}),
        },
    )


def to_live(row: Any) -> LiveSession:
    """A row of ``repository.get_live`` as the authenticator takes it."""
    return LiveSession(
        tenant_id=row.tenant_id,
        user_id=row.user_id,
        session_id=row.session_id,
        username=row.username,
        role=row.role,
        tier=row.tier,
        epoch=row.epoch,
        auth_time=int(row.auth_time.timestamp()),
        is_local=row.kind == "local",
        has_second_factor=row.has_second_factor,
    )
