"""Live prices: one iterator for all who listen, batches, and sources that fail."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

import orjson
import pytest

from quantlab_server.market.instruments import Found
from quantlab_server.market.provider import Tick
from quantlab_server.stream.feeds import Feeds
from tests.support.providers import MadeProvider, made_table

CHANNEL = "quotes:MADE:XYZ"


class LiveProvider(MadeProvider):
    """Sends what a test gives it, and counts who asks."""

    def __init__(self, batches: Sequence[Sequence[Tick]], failures: int = 0) -> None:
        super().__init__({"XYZ": made_table([1, 2, 3])})
        self.batches = batches
        self.failures = failures
        self.asked = 0
        self.left = threading.Event()

    async def stream(self, ticker: str) -> AsyncIterator[Sequence[Tick]]:
        self.asked += 1
        if self.asked <= self.failures:
            raise RuntimeError("secret")
        try:
            for batch in self.batches:
                yield batch
            await asyncio.Event().wait()
        finally:
            self.left.set()


class Heard:
    """What was published, for a test that waits."""

    def __init__(self) -> None:
        self._messages: queue.Queue[bytes] = queue.Queue()

    def publish(self, channel: str, frame: bytes) -> None:
        assert channel == CHANNEL
        self._messages.put(frame)

    def next(self) -> Any:
        return orjson.loads(self._messages.get(timeout=60))


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def feeds(heard: Heard) -> Iterator[Feeds]:
    made = Feeds(heard.publish)
    yield made
    made.close()


def found(provider: LiveProvider) -> Found:
    listing = provider.instrument("XYZ")
    assert listing is not None
    return Found(provider, listing)


def test_ticks_become_quotes_and_the_bars_they_make(feeds: Feeds, heard: Heard) -> None:
    ticks = [
        Tick(10, 5.0, 1.0, bar_time=10),
        Tick(11, 7.0, 2.0, bar_time=10),
        Tick(12, 4.0, bar_time=10),
        Tick(12, float("nan"), bar_time=10),
        Tick(13, 6.0, bar_time=20),
        Tick(13, 99.0, bar_time=10, note="REPLAY of a day"),
    ]
    provider = LiveProvider([ticks])
    feeds.start(CHANNEL, found(provider))
    message = heard.next()
    assert message["note"] == "REPLAY of a day"
    assert (message["symbol"], message["timeframe"], message["live"]) == ("MADE:XYZ", "1D", True)
    assert [quote["price"] for quote in message["quotes"]] == [5.0, 7.0, 4.0, 6.0, 99.0]
    assert message["bars"] == [
        {"time": 10, "open": 5.0, "high": 7.0, "low": 4.0, "close": 4.0, "volume": 3.0},
        {"time": 20, "open": 6.0, "high": 6.0, "low": 6.0, "close": 6.0, "volume": None},
    ]
    latest = orjson.loads(feeds.latest(CHANNEL) or b"null")
    assert [bar["time"] for bar in latest["bars"]] == [20]
    feeds.stop(CHANNEL)
    assert provider.left.wait(60)
    assert provider.asked == 1
    assert feeds.latest(CHANNEL) is None


def test_a_source_that_fails_is_asked_again_and_its_text_stays_inside(
    feeds: Feeds, heard: Heard
) -> None:
    provider = LiveProvider([[Tick(10, 5.0)]], failures=1)
    feeds.start(CHANNEL, found(provider))
    error = heard.next()
    assert (error["type"], error["topic"]) == ("error", CHANNEL)
    assert error["error"]["code"] == "source_failed"
    assert "secret" not in str(error)
    assert heard.next()["quotes"] == [{"time": 10, "price": 5.0, "volume": None}]
    assert provider.asked == 2


def test_stopping_before_it_began_leaves_nothing(feeds: Feeds, heard: Heard) -> None:
    provider = LiveProvider([[Tick(10, 5.0)]])
    for _ in range(20):
        feeds.start(CHANNEL, found(provider))
        feeds.stop(CHANNEL)
    feeds.start(CHANNEL, found(provider))
    assert feeds.latest("quotes:MADE:OTHER") is None
    assert heard.next()["type"] == "quotes"
