"""Password hashing: Argon2id in a bounded pool of threads, so that neither the event loop nor memory suffers."""

from __future__ import annotations

import asyncio
import base64
import os
import secrets
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from argon2 import PasswordHasher as Argon2
from argon2 import Type
from argon2.exceptions import Argon2Error, InvalidHashError

from quantlab_server.config import PasswordSettings
from quantlab_server.errors import Unavailable

T = TypeVar("T")

_SALT = 16  # bytes
_HASH = 32  # bytes


@dataclass(frozen=True, slots=True)
class Verified:
    """Whether the password was right, and whether its hash has an outdated cost."""

    ok: bool
    rehash: bool = False


class PasswordHasher:
    """Hashes and verifies off the event loop. ``verifications`` and ``hashes`` count what was done, for metrics.

    At most as many threads as cores work, each with ``memory_kib``; at most ``max_queued`` wait.
    """

    def __init__(self, settings: PasswordSettings, *, threads: int | None = None) -> None:
        self._argon2 = Argon2(
            time_cost=settings.time_cost,
            memory_cost=settings.memory_kib,
            parallelism=settings.parallelism,
            hash_len=_HASH,
            salt_len=_SALT,
            type=Type.ID,
        )
        # Has the form and so the cost of a real hash, and fits no password.
        self._dummy = (
            f"$argon2id$v=19$m={settings.memory_kib},t={settings.time_cost},p={settings.parallelism}"
            f"${_encode(secrets.token_bytes(_SALT))}${_encode(secrets.token_bytes(_HASH))}"
        )
        workers = threads or os.cpu_count() or 1
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="quantlab-hash")
        self._limit = workers + settings.max_queued
        self._in_flight = 0
        self.verifications = 0
        self.hashes = 0

    async def hash(self, password: str) -> str:
        """A new hash.

        Raises:
            Unavailable: too many hashes wait already.
        """
        return await self._run(lambda: self.hash_now(password))

    async def verify(self, stored: str | None, password: str) -> Verified:
        """Compare; without a stored hash the same work is done on a dummy and the answer is no.

        Raises:
            Unavailable: too many hashes wait already.
        """
        return await self._run(lambda: self._verify(stored, password))

    def hash_now(self, password: str) -> str:
        """A new hash, computed in the calling thread: for command-line tools."""
        self.hashes += 1
        return self._argon2.hash(_bytes(password))

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _verify(self, stored: str | None, password: str) -> Verified:
        self.verifications += 1
        try:
            self._argon2.verify(stored or self._dummy, _bytes(password))
        except (Argon2Error, InvalidHashError):
            return Verified(False)
        if stored is None:
            return Verified(False)
        return Verified(True, self._argon2.check_needs_rehash(stored))

    async def _run(self, function: Callable[[], T]) -> T:
        if self._in_flight >= self._limit:
            raise Unavailable(
                "Too many people sign in right now. Try again shortly.", retry_after=2
            )
        self._in_flight += 1
        future = asyncio.get_running_loop().run_in_executor(self._pool, function)
        # The place is free when the thread is, not when the client gives up.
        future.add_done_callback(self._landed)
        return await asyncio.shield(future)

    def _landed(self, future: asyncio.Future[T]) -> None:
        self._in_flight -= 1
        if not future.cancelled():
            future.exception()


def _bytes(password: str) -> bytes:
    # NFC, so that the same word typed on another keyboard is the same password; never truncated.
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")


def _encode(raw: bytes) -> str:
    return base64.b64encode(raw).decode().rstrip("=")
