"""Rate limits on requests: counted in memory, or in Redis when there is one, with memory as the fallback."""

from __future__ import annotations

import ipaddress
import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from limits import RateLimitItem, parse
from limits.aio.storage import RedisStorage
from redis.asyncio import ConnectionPool

from quantlab_server.auth.actor import Actor, ActorKind
from quantlab_server.auth.clock import Clock, system_clock
from quantlab_server.auth.limit_storage import ClockedMemoryStorage
from quantlab_server.auth.login_limits import LoginLimits
from quantlab_server.config import LimitSettings
from quantlab_server.errors import TooManyRequests

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from typing import TypeVar

    from limits.aio.storage import Storage

    T = TypeVar("T")

log = logging.getLogger("quantlab.limits")

State = tuple[int, int, int]

_TIMEOUT = 0.5  # seconds; a slower answer counts as none
_RETRY_REDIS = 5.0  # seconds of local counting before Redis is asked again


def network_of(address: str) -> str:
    """What counts as one address: an IPv4 address, or an IPv6 /64, which is what one household gets."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


class SharedStorage:
    """Redis while it answers, this process's memory otherwise: limits get local, never absent."""

    def __init__(self, redis_url: str, clock: Clock) -> None:
        self.local = ClockedMemoryStorage(clock)
        self._remote: Storage | None = None
        self._pool: ConnectionPool | None = None
        if redis_url:
            timeouts = {"socket_timeout": _TIMEOUT, "socket_connect_timeout": _TIMEOUT}
            self._pool = ConnectionPool.from_url(redis_url, **timeouts)
            self._remote = RedisStorage(
                f"async+{redis_url}",
                implementation="redispy",
                key_prefix="quantlab:limits",
                connection_pool=self._pool,  # type: ignore[arg-type]  # takes one, but is not annotated so
            )
        self._again_at = 0.0

    @property
    def is_remote(self) -> bool:
        """Whether Redis would be asked now."""
        return self._remote is not None and time.monotonic() >= self._again_at

    async def use(self, act: Callable[[Storage], Awaitable[T]]) -> T:
        """Run ``act`` on Redis, or on the local storage when Redis is absent or does not answer."""
        remote = self._remote
        if remote is not None and self.is_remote:
            try:
                return await act(remote)
            except Exception as error:
                # Whatever the driver raises (connection, timeout, protocol): a limiter never fails open.
                log.warning("Redis does not answer (%s): limits are local", type(error).__name__)
                self._again_at = time.monotonic() + _RETRY_REDIS
        return await act(self.local)

    async def close(self) -> None:
        """Close the connections to Redis; call on the event loop that used them."""
        if self._pool is not None:
            await self._pool.aclose()


class _Bucket:
    """A limit with its figures at hand: the library computes them on every use."""

    __slots__ = ("amount", "name", "seconds")

    def __init__(self, name: str, text: str) -> None:
        item: RateLimitItem = parse(text)
        self.name = name
        self.amount = item.amount
        self.seconds = item.get_expiry()


class RateLimiter:
    """Counts requests per bucket and key; ``login`` holds the limits on log-ins."""

    def __init__(
        self, settings: LimitSettings, redis_url: str = "", *, clock: Clock = system_clock
    ) -> None:
        self._enabled = settings.enabled
        self._clock = clock
        self._storage = SharedStorage(redis_url, clock)
        self._buckets = {
            name: _Bucket(name, getattr(settings, name))
            for name in ("general", "drafts", "refresh", "stream", "anonymous")
        }
        self.login = LoginLimits(settings, self._storage, clock=clock)

    async def hit(self, bucket: str, key: str, actor: Actor | None) -> State | None:
        """Count a request.

        Returns:
            Limit, remaining and seconds until the window ends; None when limits are turned off. Requests of the
            local account, which only its own person can use, are not counted.

        Raises:
            TooManyRequests: the limit is reached.
        """
        if not self._enabled:
            return None
        limit = self._buckets[bucket]
        if actor is not None and actor.kind is ActorKind.LOCAL:
            return limit.amount, limit.amount, limit.seconds
        # Windows begin at fixed times, so that the time left is known without asking the storage.
        now = self._clock()
        window, passed = divmod(now, limit.seconds)
        if actor is None:
            key = network_of(key)
        name = f"{limit.name}:{key}:{window:.0f}"
        if self._storage.is_remote:
            count = await self._storage.use(lambda storage: storage.incr(name, limit.seconds))
        else:
            count = self._storage.local.count(name, limit.seconds)
        reset = int(limit.seconds - passed) + 1
        if count > limit.amount:
            error = TooManyRequests(reset)
            error.headers.update(
                {
                    "RateLimit-Limit": str(limit.amount),
                    "RateLimit-Remaining": "0",
                    "RateLimit-Reset": str(reset),
                }
            )
            raise error
        return limit.amount, limit.amount - count, reset

    async def once(self, key: str, seconds: int) -> bool:
        """Whether ``key`` is used for the first time within ``seconds``, counted where limits are counted."""
        return await self._storage.use(lambda storage: storage.incr(f"once:{key}", seconds)) == 1

    async def close(self) -> None:
        """Close the connections to Redis; call on the event loop that used them."""
        await self._storage.close()
