"""Where limits are counted: in Redis, which all processes share, or in this process while Redis does not answer."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from limits.aio.storage import RedisStorage
from redis.asyncio import ConnectionPool, Redis

from quantlab_server.auth.clock import Clock
from quantlab_server.auth.limit_storage import ClockedMemoryStorage, Window

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from typing import TypeVar

    from limits.aio.storage import Storage

    T = TypeVar("T")

log = logging.getLogger("quantlab.limits")

_TIMEOUT = 0.5  # seconds; a slower answer counts as none
_RETRY_REDIS = 5.0  # seconds of local counting before Redis is asked again
_HELD = 60  # seconds after which what was never let go counts no more
_PREFIX = "quantlab:limits"

# Times of the last requests, newest first, by Redis's own clock. Atomic: however many processes ask at once, no more
# than the limit fit into any window.
_TAKE = """
local at = redis.call('TIME')
local now = at[1] + at[2] / 1000000
local limit, seconds = tonumber(ARGV[1]), tonumber(ARGV[2])
local low, high = 0, redis.call('LLEN', KEYS[1])
while low < high do
  local middle = math.floor((low + high) / 2)
  local entry = tonumber(redis.call('LINDEX', KEYS[1], middle))
  if entry > now - seconds then low = middle + 1 else high = middle end
end
local taken = 0
if low < limit then
  redis.call('LPUSH', KEYS[1], string.format('%.6f', now))
  low, taken = low + 1, 1
end
redis.call('LTRIM', KEYS[1], 0, low - 1)
redis.call('EXPIRE', KEYS[1], seconds + 1)
local oldest = tonumber(redis.call('LINDEX', KEYS[1], low - 1) or now)
return {taken, low, tostring(oldest + seconds - now)}
"""
# What is being checked right now, each under a name of its own.
_HOLD = """
local now = tonumber(redis.call('TIME')[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - tonumber(ARGV[2]))
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('EXPIRE', KEYS[1], tonumber(ARGV[2]) + 1)
return redis.call('ZCARD', KEYS[1])
"""


class SharedStorage:
    """Redis while it answers, this process's memory otherwise: limits get local, never absent."""

    def __init__(self, redis_url: str, clock: Clock) -> None:
        self.local = ClockedMemoryStorage(clock)
        self._remote: Storage | None = None
        self._take: Any = None
        self._hold: Any = None
        self._pool: ConnectionPool | None = None
        if redis_url:
            timeouts = {"socket_timeout": _TIMEOUT, "socket_connect_timeout": _TIMEOUT}
            self._pool = ConnectionPool.from_url(redis_url, **timeouts)
            self._remote = RedisStorage(
                f"async+{redis_url}",
                implementation="redispy",
                key_prefix=_PREFIX,
                connection_pool=self._pool,  # type: ignore[arg-type]  # takes one, but is not annotated so
            )
            self._client = Redis(connection_pool=self._pool)
            self._take = self._client.register_script(_TAKE)
            self._hold = self._client.register_script(_HOLD)
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
                self._failed(error)
        return await act(self.local)

    async def take(self, key: str, limit: int, seconds: int) -> Window:
        """Take one of ``limit`` places in the last ``seconds``, if one is left."""
        if self.is_remote:
            try:
                taken, used, left = await self._take(
                    keys=[f"{_PREFIX}:{key}"], args=[limit, seconds]
                )
                return Window(bool(taken), int(used), float(left))
            except Exception as error:
                self._failed(error)
        return self.local.take(key, limit, seconds)

    async def hold(self, key: str, name: str) -> int:
        """Note under ``name`` that something is being checked; how many are, with this one."""
        if self.is_remote:
            try:
                return int(await self._hold(keys=[f"{_PREFIX}:{key}"], args=[name, _HELD]))
            except Exception as error:
                self._failed(error)
        return self.local.hold(key, name)

    async def let_go(self, key: str, name: str) -> None:
        """The check is over. What Redis does not hear of is forgotten there after a minute."""
        self.local.let_go(key, name)
        if self.is_remote:
            try:
                await self._client.zrem(f"{_PREFIX}:{key}", name)
            except Exception as error:
                self._failed(error)

    def _failed(self, error: Exception) -> None:
        # Whatever the driver raises (connection, timeout, protocol): a limiter never fails open.
        log.warning("Redis does not answer (%s): limits are local", type(error).__name__)
        self._again_at = time.monotonic() + _RETRY_REDIS

    async def close(self) -> None:
        """Close the connections to Redis; call on the event loop that used them."""
        if self._pool is not None:
            await self._pool.aclose()
