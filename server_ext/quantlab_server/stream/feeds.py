"""Live prices on an event loop of their own: one iterator per instrument, however many listen.

A source is foreign code. What blocks here holds up other sources, but no request.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from uuid_utils.compat import uuid7

from quantlab_server.errors import Unavailable
from quantlab_server.market.live_bar import LiveBar
from quantlab_server.stream import messages

if TYPE_CHECKING:
    from quantlab_server.market.instruments import Found
    from quantlab_server.market.provider import Tick

log = logging.getLogger("quantlab.stream")

Publish = Callable[[str, bytes], None]

# Seconds between two batches of an instrument.
_BATCH = 0.1
# Ticks of a batch, the newest; and bars that may change in one.
_TICKS = 200
_BARS = 500
# Seconds before a source that failed is asked again: twice as many each time.
_FIRST_PAUSE, _LAST_PAUSE = 1.0, 30.0


def batch(
    channel: str,
    timeframe: str,
    quotes: Sequence[dict[str, Any]],
    bars: Sequence[dict[str, Any]],
    *,
    live: bool,
    note: str,
) -> bytes:
    """A message of type ``quotes``; the name of the channel is that of the topic."""
    return messages.frame(
        type="quotes",
        topic=channel,
        symbol=channel.partition(":")[2],
        live=live,
        note=note,
        timeframe=timeframe,
        quotes=quotes,
        bars=bars,
    )


class Feed:
    """What one instrument sends. On the feeds' loop."""

    def __init__(self, channel: str, found: Found, publish: Publish) -> None:
        self._channel = channel
        self._found = found
        self._publish = publish
        native = found.listing.native
        self._timeframe = str(min(native, key=lambda each: each.rank)) if native else ""
        self._ticks: deque[Tick] = deque(maxlen=_TICKS)
        self._bars: dict[int, dict[str, Any]] = {}
        self._bar: LiveBar | None = None
        self._flushing: asyncio.TimerHandle | None = None
        self._next = 0.0
        self._pause = _FIRST_PAUSE
        # The bar as it is, for who comes later. Read from other threads, replaced as a whole.
        self.latest: bytes | None = None

    async def run(self) -> None:
        """Until there are no more prices, or nobody listens."""
        try:
            while not await self._read():
                await asyncio.sleep(self._pause)
                self._pause = min(2 * self._pause, _LAST_PAUSE)
        finally:
            if self._flushing is not None:
                self._flushing.cancel()

    async def _read(self) -> bool:
        """Whether it came to its end without a failure."""
        try:
            ticks = self._found.provider.stream(self._found.listing.ticker)
            if ticks is None:
                return True
            async for some in ticks:
                self._pause = _FIRST_PAUSE
                for tick in some:
                    self._take(tick)
                self._flush_soon()
        except Exception:
            # Whatever a source raises: its text is not for people.
            log.exception("the live prices of a source failed")
            error = Unavailable(
                "The live prices of this source failed; they are asked for again.",
                code="source_failed",
            )
            self._publish(self._channel, messages.problem(error, uuid7().hex, self._channel))
            return False
        self._flush()
        return True

    def _take(self, tick: Tick) -> None:
        if not math.isfinite(tick.price):
            return
        self._ticks.append(tick)
        bar = LiveBar.after(self._bar, tick)
        if bar is None:
            return
        self._bar = bar
        if len(self._bars) >= _BARS and bar.time not in self._bars:
            self._flush()
        self._bars[bar.time] = bar.wire()

    def _flush_soon(self) -> None:
        loop = asyncio.get_running_loop()
        if self._flushing is None and self._ticks:
            self._flushing = loop.call_at(max(self._next, loop.time()), self._flush)

    def _flush(self) -> None:
        if self._flushing is not None:
            self._flushing.cancel()
            self._flushing = None
        if not self._ticks:
            return
        self._next = asyncio.get_running_loop().time() + _BATCH
        ticks, bars = list(self._ticks), list(self._bars.values())
        self._ticks.clear()
        self._bars.clear()
        newest = ticks[-1]
        quotes = [_quote(each) for each in ticks]
        self.latest = self._encode(quotes[-1:], bars[-1:], newest.note)
        self._publish(self._channel, self._encode(quotes, bars, newest.note))

    def _encode(self, quotes: list[dict[str, Any]], bars: list[dict[str, Any]], note: str) -> bytes:
        return batch(self._channel, self._timeframe, quotes, bars, live=True, note=note)


def _quote(tick: Tick) -> dict[str, Any]:
    return {"time": tick.time, "price": tick.price, "volume": _known(tick.volume)}


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None


class Feeds:
    """All feeds of a process. From any thread; the loop starts with the first."""

    def __init__(self, publish: Publish) -> None:
        self._publish = publish
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._feeds: dict[str, tuple[Feed, asyncio.Task[None] | None]] = {}

    def start(self, channel: str, found: Found) -> None:
        """Send an instrument's prices to a channel until it is stopped."""
        with self._lock:
            feed = Feed(channel, found, self._publish)
            self._feeds[channel] = (feed, None)
            self._running().call_soon_threadsafe(self._begin, channel, feed)

    def stop(self, channel: str) -> None:
        """Send no more."""
        with self._lock:
            feed, task = self._feeds.pop(channel, (None, None))
            if feed is not None and task is not None:
                self._running().call_soon_threadsafe(task.cancel)

    def latest(self, channel: str) -> bytes | None:
        """The last price and the bar as it is, as a message; None before there was one."""
        with self._lock:
            feed, _ = self._feeds.get(channel, (None, None))
        return None if feed is None else feed.latest

    def close(self) -> None:
        """End all of them, and their thread."""
        with self._lock:
            loop, thread = self._loop, self._thread
        if loop is not None and thread is not None:
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(loop.stop)
            thread.join(timeout=5)

    def _begin(self, channel: str, feed: Feed) -> None:
        with self._lock:
            kept, _ = self._feeds.get(channel, (None, None))
            # Nobody may want it any more.
            if kept is feed:
                self._feeds[channel] = (feed, asyncio.ensure_future(feed.run()))

    def _running(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            run = self._serve
            self._thread = threading.Thread(target=run, name="quantlab-feeds", daemon=True)
            self._thread.start()
        return self._loop

    def _serve(self) -> None:
        loop = self._loop
        assert loop is not None
        asyncio.set_event_loop(loop)
        try:
            loop.run_forever()
            tasks = asyncio.all_tasks(loop)
            for task in tasks:
                task.cancel()
            loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
            loop.run_until_complete(loop.shutdown_asyncgens())
        finally:
            loop.close()
