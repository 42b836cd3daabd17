"""Rate limits on requests: counted in memory, or in Redis when there is one, with memory as the fallback."""

from __future__ import annotations

import ipaddress
import math

from limits import RateLimitItem, parse

from quantlab_server.auth.actor import Actor, ActorKind
from quantlab_server.auth.clock import Clock, system_clock
from quantlab_server.auth.login_limits import LoginLimits
from quantlab_server.auth.shared_storage import SharedStorage
from quantlab_server.config import LimitSettings
from quantlab_server.errors import TooManyRequests

State = tuple[int, int, int]


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
        self._storage = SharedStorage(redis_url, clock)
        self._buckets = {
            name: _Bucket(name, getattr(settings, name))
            for name in ("general", "drafts", "refresh", "stream", "anonymous")
        }
        self._of_tiers = {
            tier: {name: _Bucket(name, text) for name, text in rates.items()}
            for tier, rates in settings.tiers.items()
        }
        self.login = LoginLimits(settings, self._storage, clock=clock)

    async def hit(self, bucket: str, key: str, actor: Actor | None) -> State | None:
        """Count a request.

        Returns:
            Limit, remaining and seconds until the oldest request leaves the window; None when limits are turned off.
            Requests of the local account, which only its own person can use, are not counted.

        Raises:
            TooManyRequests: the limit is reached.
        """
        if not self._enabled:
            return None
        limit = self._buckets[bucket]
        if actor is not None:
            limit = self._of_tiers.get(actor.tier, {}).get(bucket, limit)
        if actor is not None and actor.kind is ActorKind.LOCAL:
            return limit.amount, limit.amount, limit.seconds
        if actor is None:
            key = network_of(key)
        window = await self._storage.take(f"{limit.name}:{key}", limit.amount, limit.seconds)
        reset = max(1, math.ceil(window.left))
        if not window.taken:
            error = TooManyRequests(reset)
            error.headers.update(
                {
                    "RateLimit-Limit": str(limit.amount),
                    "RateLimit-Remaining": "0",
                    "RateLimit-Reset": str(reset),
                }
            )
            raise error
        return limit.amount, limit.amount - window.used, reset

    async def once(self, key: str, seconds: int) -> bool:
        """Whether ``key`` is used for the first time within ``seconds``, counted where limits are counted."""
        return await self._storage.use(lambda storage: storage.incr(f"once:{key}", seconds)) == 1

    async def close(self) -> None:
        """Close the connections to Redis; call on the event loop that used them."""
        await self._storage.close()
