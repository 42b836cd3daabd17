"""The chain of audit rows: what a seal is computed from, and what a signed checkpoint says.

Each seal is an HMAC-SHA256 over the event, its place, and the seal before: changing, removing or inserting one row
shows in the next. The key is derived from the keyring, so who can only write to the database cannot make a seal.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

# The chain of events that belong to no tenant.
INSTALLATION = UUID(int=0)
# What the first seal of a chain follows.
START = bytes(32)

SEALED = "sealed"
RETENTION = "retention"

_COLUMNS = (
    "id",
    "user_id",
    "actor_id",
    "at",
    "tag",
    "subject_id",
    "request_id",
    "address",
    "detail",
)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far a chain went at an instant: the last place and its seal. ``kind`` is ``sealed`` or ``retention``."""

    chain: UUID
    seq: int
    kind: str
    mac: bytes
    at: datetime
    kid: str
    signature: bytes = b""

    def sign(self, key: bytes) -> Checkpoint:
        """The same with its signature."""
        return Checkpoint(
            self.chain, self.seq, self.kind, self.mac, self.at, self.kid, self._signature(key)
        )

    def is_signed(self, key: bytes) -> bool:
        """Whether nothing of it was changed since it was signed with ``key``."""
        return hmac.compare_digest(self.signature, self._signature(key))

    def _signature(self, key: bytes) -> bytes:
        text = json.dumps(self._values(), sort_keys=True).encode()
        return hmac.new(key, b"checkpoint\0" + text, hashlib.sha256).digest()

    def _values(self) -> dict[str, Any]:
        return {
            "chain": str(self.chain),
            "seq": self.seq,
            "kind": self.kind,
            "mac": self.mac.hex(),
            "at": _instant(self.at),
            "kid": self.kid,
        }

    def line(self) -> str:
        """One line for a log, with everything that is needed to check it later."""
        return json.dumps(self._values() | {"signature": self.signature.hex()})

    @classmethod
    def parse(cls, line: str) -> Checkpoint:
        """Read what ``line`` wrote.

        Raises:
            ValueError: it is something else.
        """
        try:
            values = json.loads(line)
            return cls(
                chain=UUID(values["chain"]),
                seq=int(values["seq"]),
                kind=str(values["kind"]),
                mac=bytes.fromhex(values["mac"]),
                at=datetime.fromisoformat(values["at"]),
                kid=str(values["kid"]),
                signature=bytes.fromhex(values["signature"]),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError("not a checkpoint") from error


def seal(key: bytes, chain: UUID, seq: int, previous: bytes, event: Mapping[str, Any]) -> bytes:
    """The seal of an event at place ``seq`` (from 1) after the seal ``previous``: 32 bytes.

    ``event`` has the columns of an audit row, as the database answers them. What is null counts as absent, so a
    column that is added later changes no seal.
    """
    values = {name: _plain(event[name]) for name in _COLUMNS if event.get(name) is not None}
    text = json.dumps(values, sort_keys=True, separators=(",", ":")).encode()
    place = chain.bytes + seq.to_bytes(8, "big") + previous
    return hmac.new(key, b"row\0" + place + text, hashlib.sha256).digest()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return _instant(value)
    return str(value) if isinstance(value, UUID) else value


def _instant(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="microseconds")
