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

_MOST_CLOSED = 10_000  # addresses


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
        # Identities that were no good, by address: as many as requests of nobody.
        self._refused = _Bucket("refused", settings.anonymous)
        # address -> when its next one is looked up again, by the clock.
        self._closed: dict[str, float] = {}
        self._clock = clock
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

    async def spend(self, what: str, key: str, amount: int, *, seconds: int) -> None:
        """Count something dear, of which ``key`` may have ``amount`` in ``seconds``.

        Raises:
            TooManyRequests: that many were had.
        """
        window = await self._storage.take(f"{what}:{key}", amount, seconds)
        if self._enabled and not window.taken:
            raise TooManyRequests(max(1, math.ceil(window.left)))

    async def note_refused(self, address: str) -> None:
        """Count an identity that was no good; after too many ``check_refused`` lets no more be looked up."""
        if not self._enabled:
            return
        place, limit = network_of(address), self._refused
        window = await self._storage.take(f"{limit.name}:{place}", limit.amount, limit.seconds)
        if window.used >= limit.amount:
            now = self._clock()
            if len(self._closed) >= _MOST_CLOSED:
                self._closed = {one: end for one, end in self._closed.items() if end > now}
            self._closed[place] = now + window.left

    def check_refused(self, address: str) -> None:
        """Let an identity be looked up that anybody could have made up, or not. Takes microseconds.

        Raises:
            TooManyRequests: too many from this address were no good.
        """
        if self._closed:
            left = self._closed.get(network_of(address), 0.0) - self._clock()
            # After the clock was set back nobody waits longer than the window is.
            if 0 < left <= self._refused.seconds:
                raise TooManyRequests(math.ceil(left))

    async def once(self, key: str, seconds: int) -> bool:
        """Whether ``key`` is used for the first time within ``seconds``, counted where limits are counted."""
        return await self._storage.use(lambda storage: storage.incr(f"once:{key}", seconds)) == 1

    async def close(self) -> None:
        """Close the connections to Redis; call on the event loop that used them."""
        await self._storage.close()
