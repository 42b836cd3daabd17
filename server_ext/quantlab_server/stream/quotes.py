"""The topics ``quotes:SOURCE:TICKER``: prices as they come, or the last one where a source has no live ones."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from quantlab_server.auth.actor import Actor
from quantlab_server.auth.scopes import Scope
from quantlab_server.stream.family import Family, Place
from quantlab_server.stream.feeds import Feeds, Publish, batch

if TYPE_CHECKING:
    from quantlab_server.market.access import MarketAccess
    from quantlab_server.market.instruments import Found
    from quantlab_server.market.service import MarketService

NAME = "quotes"

# Instruments that are known although nobody listens to them: they were asked about, or have just been left.
_IDLE = 5_000


class Quotes(Family):
    """Anybody who may read bars may listen. ``publish`` takes a channel and a frame, from any thread."""

    scopes = frozenset({Scope.MARKET_READ})

    def __init__(self, market: MarketAccess, publish: Publish) -> None:
        self._market = market
        self._feeds = Feeds(publish)
        # What names mean, the last one asked about last, and which of them somebody listens to.
        self._found: dict[str, Found] = {}
        self._joined: set[str] = set()

    async def resolve(self, actor: Actor, rest: str) -> Place:
        """By symbol, bare ticker or instrument's id.

        Raises:
            UnknownSymbol, SourceFailed.
        """
        found = await self._market.run(lambda market: market.find(rest))
        name = f"{NAME}:{found.symbol}"
        if name not in self._joined:
            self._found.pop(name, None)
            self._found[name] = found
            self._forget()
        return Place(name, name)

    def _forget(self) -> None:
        """Drop what was asked about longest ago, but nothing that somebody listens to."""
        over = len(self._found) - len(self._joined) - _IDLE
        if over > 0:
            for name in [each for each in self._found if each not in self._joined][:over]:
                del self._found[name]

    def joined(self, channel: str) -> None:
        """One upstream subscription, whoever else comes."""
        self._joined.add(channel)
        found = self._found[channel]
        if found.provider.capabilities.live:
            self._feeds.start(channel, found)

    def left(self, channel: str) -> None:
        """Nobody wants it any more; who is about to join may have been told its name already."""
        self._joined.discard(channel)
        self._feeds.stop(channel)

    async def opening(self, place: Place) -> bytes | None:
        """The price as it is: of the live feed, else the close of the last bar.

        Raises:
            SourceFailed.
        """
        latest = self._feeds.latest(place.channel)
        found = self._found.get(place.channel)
        if latest is not None or found is None:
            return latest
        last = await self._market.run(lambda market: _last(market, found, place.channel))
        # What came meanwhile is newer.
        return self._feeds.latest(place.channel) or last

    def close(self) -> None:
        """End all feeds."""
        self._feeds.close()


def _last(market: MarketService, found: Found, channel: str) -> bytes | None:
    native = found.listing.native
    if not native:
        return None
    timeframe = min(native, key=lambda each: each.rank)
    bars = market.history(found, timeframe)
    if not len(bars):
        return None
    names = ("open", "high", "low", "close", "volume")
    time = int(bars.time[-1])
    values = {name: float(getattr(bars, name)[-1]) for name in names}
    bar = {"time": time, **{n: v if math.isfinite(v) else None for n, v in values.items()}}
    quote = {"time": time, "price": values["close"], "volume": None}
    live = found.provider.capabilities.live
    return batch(channel, str(timeframe), [quote], [bar], live=live, note="")
