"""Limits on log-ins. Hard ones per account and address and per address; soft ones per account and over all.

A soft limit never refuses a device that signed in before: whoever guesses at an account must not be able to lock
its owner out. Other devices wait longer and longer.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar
from uuid import uuid4

from limits import RateLimitItem, parse
from limits.aio.strategies import MovingWindowRateLimiter

from quantlab_server.auth.clock import Clock, system_clock
from quantlab_server.config import LimitSettings
from quantlab_server.errors import TooManyRequests

if TYPE_CHECKING:
    from limits.aio.storage import Storage

T = TypeVar("T")
Sleep = Callable[[float], Awaitable[None]]

log = logging.getLogger("quantlab.limits")

_MAX_DELAY = 20.0  # seconds
_MAX_DELAYED = 200  # log-ins that may wait at once in this process
_HEADROOM = 4  # soft limits go on counting to this multiple, so that the delay can grow


class UsesStorage(Protocol):
    """Redis or memory, whichever answers."""

    async def use(self, act: Callable[[Storage], Awaitable[T]]) -> T:
        """Run ``act`` on it."""
        ...

    async def hold(self, key: str, name: str) -> int:
        """Note that something is being checked; how many are."""
        ...

    async def let_go(self, key: str, name: str) -> None:
        """The check is over."""
        ...


@dataclass(frozen=True, slots=True)
class _Limit:
    name: str
    item: RateLimitItem
    keys: tuple[str, ...]

    @property
    def ids(self) -> tuple[str, ...]:
        """What the storage's key is made of."""
        return (self.name, *self.keys)

    @property
    def id(self) -> str:
        """The same as one string, for what is being checked."""
        return "|".join(("checking", *self.ids))


@dataclass(slots=True)
class Attempt:
    """One log-in that was let through. Call ``failed`` when the credentials were wrong."""

    limits: LoginLimits
    hard: tuple[_Limit, ...]
    soft: tuple[_Limit, ...]

    async def failed(self) -> list[str]:
        """Count the failure. Returns the names of limits that it exhausted, for the audit log."""
        return await self.limits.count_failure(self.hard, self.soft)


class LoginLimits:
    """Counts failures in moving windows. What is being checked right now counts as failed until it succeeds,
    so that a hundred guesses sent at once are not a hundred guesses.
    """

    def __init__(
        self,
        settings: LimitSettings,
        storage: UsesStorage,
        *,
        clock: Clock = system_clock,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._sleep = sleep
        self._pair = parse(settings.login_pair)
        self._address = parse(settings.login_address)
        self._account = parse(settings.login_account)
        self._global = parse(settings.login_global)
        self._registration = parse(settings.registration)
        self._mail = parse(settings.mail)
        self._code = parse(settings.login_code)
        self._code_account = parse(settings.login_code_account)
        self._device_tries = parse(settings.device_tries)
        self._device_starts = parse(settings.device_starts)
        self._delayed = 0

    @asynccontextmanager
    async def attempt(
        self, account_key: str, network: str, *, known_device: bool
    ) -> AsyncIterator[Attempt]:
        """Let a log-in through, at once or after a delay.

        Args:
            account_key: stands for the login as typed, whether or not there is such an account.
            network: the caller's address, or its IPv6 /64.

        Raises:
            TooManyRequests: a hard limit is reached; the password is not even looked at.
        """
        hard = (
            _Limit("login_pair", self._pair, (account_key, network)),
            _Limit("login_address", self._address, (network,)),
        )
        soft = (
            _Limit("login_account", self._account, (account_key,)),
            _Limit("login_global", self._global, ()),
        )
        async with self._holding(hard):
            if not known_device:
                await self._delay(soft)
            yield Attempt(self, hard, soft)

    @asynccontextmanager
    async def second_step(
        self, account_key: str, network: str, *, known_device: bool
    ) -> AsyncIterator[Attempt]:
        """Let a second factor be tried; whoever gets here had the right password, or is signed in.

        A code has six digits, so the limit per account is a hard one: it can only be used up by somebody who knows
        the password, and not against a device that signed in before.

        Raises:
            TooManyRequests: too many were wrong.
        """
        hard: tuple[_Limit, ...] = (_Limit("login_code", self._code, (account_key, network)),)
        if not known_device:
            hard += (_Limit("login_code_account", self._code_account, (account_key,)),)
        async with self._holding(hard):
            yield Attempt(self, hard, ())

    @asynccontextmanager
    async def guess(self, person: str) -> AsyncIterator[Attempt]:
        """Let a person try a device's code.

        Raises:
            TooManyRequests: it tried too many wrong ones; this one is not even looked at.
        """
        hard = (_Limit("device_tries", self._device_tries, (person,)),)
        async with self._holding(hard):
            yield Attempt(self, hard, ())

    @asynccontextmanager
    async def _holding(self, hard: tuple[_Limit, ...]) -> AsyncIterator[None]:
        name = uuid4().hex
        try:
            for limit in hard:
                await self._refuse_over(limit, await self._storage.hold(limit.id, name))
            yield
        finally:
            for limit in hard:
                await self._storage.let_go(limit.id, name)

    async def count_failure(self, hard: tuple[_Limit, ...], soft: tuple[_Limit, ...]) -> list[str]:
        """Count one failure everywhere; the names of the limits that are exhausted just now."""
        reached: list[str] = []
        for limit, factor in [(limit, 1) for limit in hard] + [
            (limit, _HEADROOM) for limit in soft
        ]:
            item = _times(limit.item, factor)

            async def count(
                storage: Storage, item: RateLimitItem = item, keys: tuple[str, ...] = limit.ids
            ) -> int:
                windows = MovingWindowRateLimiter(storage)
                await windows.hit(item, *keys)
                return item.amount - (await windows.get_window_stats(item, *keys)).remaining

            if await self._storage.use(count) == limit.item.amount:
                reached.append(limit.name)
        if reached:
            log.warning("log-in limits reached: %s", ", ".join(reached))
        return reached

    async def registration(self, network: str) -> None:
        """Count a registration from an address.

        Raises:
            TooManyRequests: too many came from there.
        """
        await self._take(_Limit("registration", self._registration, (network,)))

    async def device_start(self, network: str) -> None:
        """Count a program of an address that asks for a device's codes.

        Raises:
            TooManyRequests: too many came from there.
        """
        await self._take(_Limit("device_starts", self._device_starts, (network,)))

    async def _take(self, limit: _Limit) -> None:
        async def count(storage: Storage) -> tuple[bool, float]:
            windows = MovingWindowRateLimiter(storage)
            taken = await windows.hit(limit.item, *limit.ids)
            stats = await windows.get_window_stats(limit.item, *limit.ids)
            return taken, stats.reset_time

        taken, reset = await self._storage.use(count)
        if not taken:
            raise TooManyRequests(self._seconds_until(reset))

    async def mail(self, account_key: str) -> bool:
        """Count a mail that somebody signed out asked for; False when the address got enough of them."""

        async def count(storage: Storage) -> bool:
            return await MovingWindowRateLimiter(storage).hit(self._mail, "mail", account_key)

        return await self._storage.use(count)

    async def _refuse_over(self, limit: _Limit, pending: int) -> None:
        used, reset = await self._used(limit, 1)
        if used + pending > limit.item.amount:
            raise TooManyRequests(
                self._seconds_until(reset) if used else 1,
                "Too many failed attempts. Wait a while before you try again.",
            )

    async def _delay(self, soft: tuple[_Limit, ...]) -> None:
        delay = 0.0
        for limit in soft:
            used, _ = await self._used(limit, _HEADROOM)
            excess = used - limit.item.amount
            if excess >= 0:
                # Doubles with every tenth of the limit that is exceeded.
                delay = max(delay, 2.0 ** (10 * excess / limit.item.amount))
        if not delay:
            return
        delay = min(delay, _MAX_DELAY)
        if self._delayed >= _MAX_DELAYED:
            raise TooManyRequests(math.ceil(delay))
        self._delayed += 1
        try:
            await self._sleep(delay)
        finally:
            self._delayed -= 1

    async def _used(self, limit: _Limit, factor: int) -> tuple[int, float]:
        item = _times(limit.item, factor)

        async def look(storage: Storage) -> tuple[int, float]:
            stats = await MovingWindowRateLimiter(storage).get_window_stats(item, *limit.ids)
            return item.amount - stats.remaining, stats.reset_time

        return await self._storage.use(look)

    def _seconds_until(self, moment: float) -> int:
        return max(1, math.ceil(moment - self._clock()))


def _times(item: RateLimitItem, factor: int) -> RateLimitItem:
    return item if factor == 1 else type(item)(item.amount * factor, item.multiples, item.namespace)
