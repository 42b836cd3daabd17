"""Which bars a request means, what is kept, and what happens when a source fails."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from quantlab_server.errors import ApiError, Invalid, NotFound, Unavailable
from quantlab_server.market.cache import BarCache
from quantlab_server.market.provider import Alias, Provider, ProviderError
from quantlab_server.market.registry import in_order, load_providers
from quantlab_server.market.service import Asked, MarketService, Selection, SourceFailed
from quantlab_server.settings_market import MarketSettings
from tests.support.providers import MadeProvider, made_table

DAY = 86_400_000
TEN_DAYS = made_table([day * DAY for day in range(10)])


def service(*providers: Provider, **settings: Any) -> MarketService:
    return MarketService(MarketSettings(**settings), providers)


def select(
    market: MarketService,
    symbol: str = "MADE:TEN",
    timeframe: str = "1D",
    start: int | None = None,
    end: int | None = None,
    limit: int = 1000,
) -> Selection:
    return market.select(Asked(symbol, timeframe, start, end, limit))


def days(selection: Selection) -> list[int]:
    return [time // DAY for time in selection.bars.time[selection.where].tolist()]


@pytest.mark.parametrize(
    ("start", "end", "limit", "expected", "next_before"),
    [
        (None, None, 1000, range(10), None),
        (None, None, 3, range(7, 10), 7),
        (None, 7, 3, range(4, 7), 4),
        (None, 3, 3, range(3), None),
        (2, 5, 1000, range(2, 5), None),
        (2, 9, 3, range(6, 9), 6),
        (6, 9, 3, range(6, 9), None),
        (5, 5, 1000, [], None),
        (20, 30, 1000, [], None),
    ],
)
def test_the_newest_bars_before_the_end(
    start: int | None, end: int | None, limit: int, expected: range, next_before: int | None
) -> None:
    given = [None if day is None else day * DAY for day in (start, end)]
    selection = select(service(MadeProvider({"TEN": TEN_DAYS})), "TEN", "1D", *given, limit)
    assert days(selection) == list(expected)
    assert selection.next_before == (None if next_before is None else next_before * DAY)


def test_scrolling_back_meets_every_bar_once() -> None:
    market = service(MadeProvider({"TEN": TEN_DAYS}))
    seen: list[int] = []
    end: int | None = None
    while True:
        page = select(market, end=end, limit=3)
        seen = days(page) + seen
        if page.next_before is None:
            break
        end = page.next_before
    assert seen == list(range(10))


def test_refusals_say_what_to_do() -> None:
    market = service(MadeProvider({"TEN": TEN_DAYS}))
    with pytest.raises(Invalid, match="ends before it begins"):
        select(market, start=5, end=4)
    with pytest.raises(Invalid, match="MADE:TEN has the timeframes 1D, 1W, 1M") as caught:
        select(market, timeframe="1h")
    assert caught.value.extra["available"] == ["1D", "1W", "1M"]
    for symbol in ("MADE:NO", "NO", "OTHER:TEN", "", ":", "MADE:", "A" * 90, "ü", "MADE:../TEN"):
        with pytest.raises(NotFound) as missing:
            select(market, symbol)
        assert missing.value.code == "unknown_symbol"
        assert "Look for it by name" in missing.value.message
        assert "MADE" in missing.value.message


def test_a_bare_ticker_is_looked_up_in_order() -> None:
    first = MadeProvider({"TEN": TEN_DAYS}, source="FIRST")
    second = MadeProvider({"TEN": TEN_DAYS, "OTHER": TEN_DAYS}, source="SECOND")
    market = service(first, second)
    assert market.find("TEN").symbol == "FIRST:TEN"
    assert market.find("ten").symbol == "FIRST:TEN"
    assert market.find("OTHER").symbol == "SECOND:OTHER"
    assert market.find("second:TEN").symbol == "SECOND:TEN"
    assert [each.source for each in in_order([first, second], ["second"])] == ["SECOND", "FIRST"]


def test_ids_are_stable_and_found() -> None:
    market = service(MadeProvider({"TEN": TEN_DAYS, "OTHER": TEN_DAYS}))
    found = market.find("TEN")
    assert market.find(str(found.id)).symbol == "MADE:TEN"
    assert service(MadeProvider({"TEN": TEN_DAYS})).find("TEN").id == found.id
    assert market.find("OTHER").id != found.id


def test_a_renamed_instrument_keeps_its_id_and_is_found_by_its_old_names() -> None:
    provider = MadeProvider({"OLD": TEN_DAYS, "OLDER": TEN_DAYS})
    market = service(provider)
    before = market.find("MADE:OLD").id
    provider.tables = {"NEW": TEN_DAYS, "OLDER": TEN_DAYS}
    provider.aliases = {
        "NEW": (
            Alias("OLD", None, date(2015, 1, 1)),
            Alias("MIDDLE", date(2015, 1, 2), date(2020, 1, 1)),
        )
    }
    for name in ("OLD", "old", "MADE:OLD", "made:MIDDLE", "NEW", str(before)):
        assert (market.find(name).symbol, market.find(name).id) == ("MADE:NEW", before)
    assert days(select(market, "OLD")) == list(range(10))
    found = market.search("OLD", 10)
    assert [each.symbol for each in found] == ["MADE:NEW", "MADE:OLDER"]
    assert [each.symbol for each in found[0].aliases] == ["MADE:OLD", "MADE:MIDDLE"]


def test_a_ticker_that_another_one_has_now_means_that_one() -> None:
    first = MadeProvider({"NEW": TEN_DAYS}, source="FIRST")
    first.aliases = {"NEW": (Alias("FB", None, date(2022, 6, 8)),)}
    second = MadeProvider({"FB": TEN_DAYS}, source="SECOND")
    market = service(first, second)
    assert market.find("FB").symbol == "SECOND:FB"
    assert market.find("FIRST:FB").symbol == "FIRST:NEW"
    # Of two that had it, the one that had it last.
    first.tables["LATER"] = TEN_DAYS
    first.aliases["LATER"] = (Alias("FB", date(2023, 1, 1), date(2024, 1, 1)),)
    assert market.find("FIRST:FB").symbol == "FIRST:LATER"


def test_searching_puts_the_whole_ticker_first() -> None:
    first = MadeProvider({"TENX": TEN_DAYS, "XTEN": TEN_DAYS}, source="FIRST")
    market = service(first, MadeProvider({"TEN": TEN_DAYS}, source="SECOND"))
    symbols = [each.symbol for each in market.search("ten", 10)]
    assert symbols == ["SECOND:TEN", "FIRST:TENX", "FIRST:XTEN"]
    assert [each.symbol for each in market.search("first:X", 10)] == ["FIRST:TENX", "FIRST:XTEN"]
    assert len(market.search("", 2)) == 2
    assert market.instrument("TENX").first is not None


def test_bars_are_read_once_until_the_source_changes() -> None:
    provider = MadeProvider({"TEN": TEN_DAYS})
    market = service(provider)
    before = select(market).bars.snapshot
    for timeframe in ("1D", "1W", "1M", "1W"):
        select(market, timeframe=timeframe)
    assert provider.calls == 1
    provider.tables["TEN"] = made_table([day * DAY for day in range(11)])
    provider.version = "2"
    assert len(select(market).bars) == 11
    assert select(market).bars.snapshot != before
    assert provider.calls == 2


def test_many_threads_read_a_source_once() -> None:
    provider = MadeProvider({"TEN": TEN_DAYS})
    market = service(provider)
    gate = threading.Barrier(8)
    sizes: list[int] = []

    def ask(timeframe: str) -> None:
        gate.wait()
        sizes.append(len(select(market, timeframe=timeframe).bars))

    threads = [threading.Thread(target=ask, args=(("1D", "1W")[i % 2],)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(sizes) == [2, 2, 2, 2, 10, 10, 10, 10]
    assert provider.calls == 1


def test_the_cache_stays_within_its_bytes() -> None:
    tables = {f"T{i}": TEN_DAYS for i in range(20)}
    size = 10 * 6 * 8
    market = service(MadeProvider(tables), cache_bytes=5 * size)
    for ticker in tables:
        select(market, ticker)
        assert market.cache.nbytes <= 5 * size
    assert len(market.cache) == 5
    select(market, "T15")  # used again: it stays, T16 goes
    select(market, "T0")
    provider_calls = market.find("T15").provider
    assert isinstance(provider_calls, MadeProvider)
    calls = provider_calls.calls
    select(market, "T15")
    assert provider_calls.calls == calls
    select(market, "T16")
    assert provider_calls.calls == calls + 1


def test_what_is_larger_than_the_cache_is_answered_and_not_kept() -> None:
    market = service(MadeProvider({"TEN": TEN_DAYS}), cache_bytes=10)
    assert len(select(market).bars) == 10
    assert market.cache.nbytes == 0
    assert len(BarCache(0)) == 0


@pytest.mark.parametrize("per_call", [1, 3, 5, 10, 11])
def test_a_source_with_a_limit_is_read_in_parts(per_call: int) -> None:
    provider = MadeProvider({"TEN": TEN_DAYS}, bars_per_call=per_call)
    assert days(select(service(provider))) == list(range(10))


@pytest.mark.parametrize("bad", [[4], [3, 4, 5], range(9)])
def test_rows_that_cannot_be_used_do_not_end_a_history_read_in_parts(bad: Iterable[int]) -> None:
    prices = [float("nan") if day in bad else 1.0 for day in range(10)]
    table = made_table([day * DAY for day in range(10)], prices)
    selection = select(service(MadeProvider({"TEN": table}, bars_per_call=3)))
    assert days(selection) == [day for day in range(10) if day not in bad]
    assert selection.bars.problem_count == len(list(bad))


def test_a_source_that_fails_takes_no_other_with_it() -> None:
    broken = MadeProvider({"TEN": TEN_DAYS}, source="BROKEN")
    broken.failure = OSError("unmounted")
    market = service(broken, MadeProvider({"TEN": TEN_DAYS}))
    id = str(market.find("MADE:TEN").id)
    assert market.find("TEN").symbol == market.find(id).symbol == "MADE:TEN"
    assert [each.symbol for each in market.search("TEN", 10)] == ["MADE:TEN"]
    with pytest.raises(NotFound):
        market.find("NONE")
    for ask in (lambda: market.find("BROKEN:TEN"), lambda: market.search("BROKEN:T", 10)):
        with pytest.raises(SourceFailed):
            ask()


def test_garbage_of_a_source_is_put_right_and_told() -> None:
    times = [3 * DAY, DAY, DAY, 2 * DAY]
    table = made_table(times, [3.0, 1.0, 1.5, float("nan")])
    selection = select(service(MadeProvider({"TEN": table})))
    assert days(selection) == [1, 3]
    assert selection.bars.close.tolist() == [1.5, 3.0]
    assert "2 rows" in selection.warnings[0]


@pytest.mark.parametrize(
    "table",
    [
        pa.table({"x": [1]}),
        TEN_DAYS.set_column(1, "open", pa.array(["a"] * 10)),
        TEN_DAYS.set_column(0, "time", pa.array([None] * 10, pa.timestamp("ms", "UTC"))),
    ],
    ids=["no columns", "texts", "no times"],
)
def test_what_are_no_bars(table: Any) -> None:
    with pytest.raises(Unavailable) as caught:
        select(service(MadeProvider({"TEN": table})))
    assert caught.value.code == "source_failed"


@pytest.mark.parametrize(
    "failure",
    [
        ProviderError("It is closed."),
        OSError("/secret/path"),
        ValueError("x"),
        KeyError("x"),
        TimeoutError(),
        RuntimeError("/secret"),
    ],
)
def test_a_source_that_fails_says_so_without_its_secrets(failure: Exception) -> None:
    provider = MadeProvider({"TEN": TEN_DAYS})
    provider.failure = failure
    market = service(provider)
    with pytest.raises(ApiError) as caught:
        select(market)
    assert (caught.value.status, caught.value.code) == (503, "source_failed")
    assert "secret" not in caught.value.message
    provider.failure = None
    assert days(select(market)) == list(range(10))


def test_empty_history_and_one_bar() -> None:
    market = service(MadeProvider({"NONE": made_table([]), "ONE": made_table([DAY])}))
    for timeframe in ("1D", "1W", "1M"):
        assert days(select(market, "NONE", timeframe)) == []
        assert days(select(market, "ONE", timeframe)) == [1]
    assert market.instrument("NONE").first is None


def test_equal_data_have_equal_snapshots() -> None:
    one, two = (select(service(MadeProvider({"TEN": TEN_DAYS}))).bars for _ in range(2))
    assert one.snapshot == two.snapshot
    assert len(one.snapshot) == 64
    other = made_table([day * DAY for day in range(10)], [*range(1, 10), 10.5])
    assert select(service(MadeProvider({"TEN": other}))).bars.snapshot != one.snapshot


def test_the_table_goes_back_and_forth_without_a_change() -> None:
    bars = select(service(MadeProvider({"TEN": TEN_DAYS}))).bars
    assert bars.table().equals(TEN_DAYS)
    assert np.array_equal(bars.table(slice(2, 4)).column("close").to_numpy(), [3.0, 4.0])


def test_installed_providers_are_found_by_their_entry_points(tmp_path: Any) -> None:
    assert [each.source for each in load_providers(MarketSettings())] == ["SAMPLE", "REPLAY"]
    with_files = MarketSettings(files_folder=str(tmp_path), replay_source="")
    assert [each.source for each in load_providers(with_files)] == ["FILES", "SAMPLE"]
    turned = MarketSettings(files_folder=str(tmp_path), provider_order=["SAMPLE"])
    assert [each.source for each in load_providers(turned)] == ["SAMPLE", "FILES", "REPLAY"]
    assert load_providers(MarketSettings(disabled_providers=["sample", "replay"])) == []
    itself = MarketSettings(replay_source="REPLAY")
    assert [each.source for each in load_providers(itself)] == ["SAMPLE"]


def test_a_provider_that_cannot_be_loaded_leaves_the_others(tmp_path: Any) -> None:
    broken = MarketSettings(files_folder=str(tmp_path), files_timezone="Mars/Olympus")
    assert [each.source for each in load_providers(broken)] == ["SAMPLE", "REPLAY"]
