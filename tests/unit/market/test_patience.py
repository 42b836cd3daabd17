"""A remote source that hangs: who asks is answered in time, and nobody else waits for it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from quantlab_server.market.conformance import Known
from quantlab_server.market.patience import PatientProvider
from quantlab_server.market.provider import ProviderBars, ProviderError
from quantlab_server.market.service import Asked, MarketService, SourceFailed
from quantlab_server.market.timeframes import DAY, Timeframe
from quantlab_server.settings_market import MarketSettings
from tests.support.providers import MadeProvider, ProviderConformance, made_table
from tests.support.waiting import wait_until

TIMES = [DAY * number for number in range(1000)]
# Of a call that hangs until the test ends, so any time is long enough.
MOMENT = 0.05


class Hanging(MadeProvider):
    """A source whose answers come when the test lets them, far away."""

    remote = True

    def __init__(self) -> None:
        super().__init__({"XYZ": made_table(TIMES)})
        self.answers = threading.Event()
        self.asked = 0

    def bars(
        self, ticker: str, timeframe: Timeframe, start: int | None, end: int | None
    ) -> ProviderBars:
        self.asked += 1
        self.answers.wait()
        return super().bars(ticker, timeframe, start, end)


@pytest.fixture
def source() -> Iterator[Hanging]:
    made = Hanging()
    yield made
    made.answers.set()


class TestConformance(ProviderConformance):
    """Whoever answers in time is not changed."""

    @pytest.fixture
    def known(self) -> Known:
        return Known(
            PatientProvider(MadeProvider({"XYZ": made_table(TIMES)}), 60),
            ticker="XYZ",
            timeframe=Timeframe.DAY,
            times=TIMES,
        )


def test_a_call_ends_in_time_and_others_do_not_wait(source: Hanging) -> None:
    now = 0.0
    patient = PatientProvider(source, MOMENT, lambda: now)

    def ask() -> ProviderBars:
        return patient.bars("XYZ", Timeframe.DAY, None, None)

    with pytest.raises(ProviderError, match="did not answer within"):
        ask()
    for _ in range(5):
        with pytest.raises(ProviderError, match="Try again in a moment"):
            ask()
    assert source.asked == 1
    # One call finds out whether it answers again.
    now = 1000.0
    with pytest.raises(ProviderError, match="did not answer"):
        ask()
    assert source.asked == 2
    source.answers.set()

    def is_back() -> bool:
        nonlocal now
        now += 1000.0
        try:
            return ask().table.num_rows == len(TIMES)
        except ProviderError:
            # The machine was busy for longer than the source may take here.
            return False

    wait_until(is_back, what="the source answers again")


def test_what_the_source_raises_comes_through() -> None:
    patient = PatientProvider(MadeProvider({"XYZ": made_table(TIMES)}), 60)
    with pytest.raises(KeyError):
        patient.bars("ABC", Timeframe.DAY, None, None)
    assert patient.bars("XYZ", Timeframe.DAY, None, None).table.num_rows == len(TIMES)


@pytest.mark.parametrize("on_disk", [True, False])
def test_people_are_told_and_may_try_again(source: Hanging, tmp_path: Path, on_disk: bool) -> None:
    service = MarketService(
        MarketSettings(provider_seconds=0.1), [source], folder=tmp_path if on_disk else None
    )
    asked = Asked(f"{source.source}:XYZ", "1D", None, None, 10)
    with pytest.raises(SourceFailed, match="did not answer within"):
        service.select(asked)
    with pytest.raises(SourceFailed, match="Try again in a moment"):
        service.select(asked)
