"""The names of prices: what they mean stays known between asking and listening, and no longer than needed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any, cast

import pytest

from quantlab_server.auth.actor import Actor
from quantlab_server.market.access import MarketAccess
from quantlab_server.market.service import MarketService
from quantlab_server.settings_market import MarketSettings
from quantlab_server.stream import quotes
from quantlab_server.stream.quotes import Quotes
from tests.support.providers import MadeProvider, made_table

NOBODY = cast(Actor, None)
TICKERS = [f"T{number}" for number in range(6)]


class MadeMarket(MarketAccess):
    """The market's threads over instruments that this test makes."""

    def service(self) -> MarketService:
        if self._service is None:
            provider = MadeProvider({ticker: made_table([1, 2, 3]) for ticker in TICKERS})
            self._service = MarketService(self._settings, [provider])
        return self._service


@pytest.fixture
def family() -> Iterator[Quotes]:
    market = MadeMarket(MarketSettings())
    made = Quotes(market, lambda _channel, _frame: None)
    yield made
    made.close()
    market.close()


def test_who_is_about_to_listen_may_while_the_last_listener_leaves(family: Quotes) -> None:
    place = asyncio.run(family.resolve(NOBODY, "MADE:T0"))
    family.joined(place.channel)
    # Another client has been told the name, and asks about further ones before it listens.
    again = asyncio.run(family.resolve(NOBODY, "MADE:T0"))
    family.left(place.channel)
    family.joined(again.channel)
    first = asyncio.run(family.opening(again))
    assert first is not None
    assert b'"symbol":"MADE:T0"' in first


def test_names_that_nobody_listens_to_are_forgotten(
    family: Quotes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quotes, "_IDLE", 2)
    places = [asyncio.run(family.resolve(NOBODY, f"MADE:{TICKERS[0]}"))]
    family.joined(places[0].channel)
    places += [asyncio.run(family.resolve(NOBODY, f"MADE:{ticker}")) for ticker in TICKERS[1:]]

    async def openings() -> list[Any]:
        return [await family.opening(place) for place in places]

    assert [each is not None for each in asyncio.run(openings())] == [
        True,
        *[False] * 3,
        *[True] * 2,
    ]
