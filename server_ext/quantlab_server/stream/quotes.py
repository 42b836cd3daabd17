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
        self._send = publish
        self._feeds = Feeds(self._publish)
        # What names mean, the last one asked about last, and which of them somebody listens to.
        self._found: dict[str, Found] = {}
        self._joined: set[str] = set()
        # By the topic of an instrument's present name: the channels of all its names that somebody listens to.
        # Replaced as a whole, because the feeds' thread reads it.
        self._channels: dict[str, frozenset[str]] = {}

    async def resolve(self, actor: Actor, rest: str) -> Place:
        """By symbol, bare ticker or instrument's id. Under an old symbol it goes on being told under that.

        Raises:
            UnknownSymbol, SourceFailed.
        """
        found = await self._market.run(lambda market: market.find(rest))
        name = f"{NAME}:{_symbol_as_asked(found, rest)}"
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
        """One upstream subscription, whoever else comes, by whatever name."""
        self._joined.add(channel)
        found = self._found[channel]
        topic = _topic(found)
        others = self._channels.get(topic, frozenset())
        self._channels[topic] = others | {channel}
        if found.provider.capabilities.live and not others:
            self._feeds.start(topic, found)

    def left(self, channel: str) -> None:
        """Nobody wants it any more; who is about to join may have been told its name already."""
        self._joined.discard(channel)
        topic = _topic(self._found[channel])
        others = self._channels.pop(topic) - {channel}
        if others:
            self._channels[topic] = others
        else:
            self._feeds.stop(topic)

    async def opening(self, place: Place) -> bytes | None:
        """The price as it is: of the live feed, else the close of the last bar.

        Raises:
            SourceFailed.
        """
        found = self._found.get(place.channel)
        if found is None:
            return None
        topic = _topic(found)
        frame = self._feeds.latest(topic)
        if frame is None:
            last = await self._market.run(lambda market: _last(market, found, topic))
            # What came meanwhile is newer.
            frame = self._feeds.latest(topic) or last
        return None if frame is None else _renamed(frame, topic, place.channel)

    def _publish(self, topic: str, frame: bytes) -> None:
        for channel in self._channels.get(topic, ()):
            self._send(channel, _renamed(frame, topic, channel))

    def close(self) -> None:
        """End all feeds."""
        self._feeds.close()


def _topic(found: Found) -> str:
    """By the name that the instrument has now."""
    return f"{NAME}:{found.symbol}"


def _symbol_as_asked(found: Found, asked: str) -> str:
    """The old symbol that somebody knows an instrument by, else its present one.

    A client that knows only the old one, as a layout that was saved before, hears what it has asked for.
    """
    source, colon, ticker = asked.strip().rpartition(":")
    old = (each.ticker for each in found.listing.aliases)
    if colon and ticker.upper() != found.listing.ticker and ticker.upper() in old:
        return f"{source.upper()}:{ticker.upper()}"
    return found.symbol


def _renamed(frame: bytes, topic: str, channel: str) -> bytes:
    """The same message under another topic; its ``symbol`` stays the instrument's present one."""
    if channel == topic:
        return frame
    return frame.replace(b'"topic":"%s"' % topic.encode(), b'"topic":"%s"' % channel.encode(), 1)


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
