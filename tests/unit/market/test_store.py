"""Bars on disk: whole or not at all, shared by processes, within their bounds."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from quantlab_server.market.bars import Bars, bars_of
from quantlab_server.market.conformance import Known, times_of
from quantlab_server.market.provider import ProviderBars
from quantlab_server.market.service import Asked, MarketService
from quantlab_server.market.store import BarStore
from quantlab_server.market.stored import StoredProvider
from quantlab_server.market.timeframes import DAY, Timeframe
from quantlab_server.settings_market import MarketSettings
from tests.support.providers import MadeProvider, ProviderConformance, made_table

MB = 1024 * 1024
PLACE = ("MADE", "TEN", "1D")


def days(count: int, first: int = 0) -> Bars:
    return bars_of(ProviderBars(made_table([(first + day) * DAY for day in range(count)])))


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*/*/*/*.parquet"))


class Remote(MadeProvider):
    """A made provider that is far away; of its bars the last is not final."""

    remote = True

    def final(self, timeframe: Timeframe) -> int:
        return max(times_of(next(iter(self.tables.values()))))


@pytest.mark.parametrize("per_call", [None, 7])
@pytest.mark.parametrize("kept", ["nothing", "some", "all but the last"])
class TestConformance(ProviderConformance):
    """Whatever is on disk already, and whatever the provider answers at once."""

    @pytest.fixture
    def known(self, tmp_path: Path, kept: str, per_call: int | None) -> Known:
        times = [DAY * number for number in range(1000)]
        inner = Remote({"XYZ": made_table(times)}, bars_per_call=per_call)
        provider = StoredProvider(inner, BarStore(tmp_path, MB))
        if kept != "nothing":
            whole = inner.tables["XYZ"]
            inner.tables["XYZ"] = whole.slice(0, 300 if kept == "some" else None)
            provider.bars("XYZ", Timeframe.DAY, None, None)
            inner.tables["XYZ"] = whole
            assert files(tmp_path)
        return Known(provider, "XYZ", Timeframe.DAY, times)


def test_what_was_kept_comes_back_and_tells_its_snapshot(tmp_path: Path) -> None:
    store = BarStore(tmp_path / "bars", MB)
    assert store.current(*PLACE) is None
    bars = days(10)
    bars.volume[3] = np.nan
    store.put(*PLACE, bars)
    stored = BarStore(tmp_path / "bars", MB).current(*PLACE)
    assert stored is not None
    assert (stored.rows, stored.first, stored.last) == (10, 0, 9 * DAY)
    table = store.read(stored, None, None)
    assert table is not None
    assert bars_of(ProviderBars(table)).snapshot == stored.snapshot == bars.snapshot


def test_an_older_snapshot_is_found_for_as_long_as_there_is_room(tmp_path: Path) -> None:
    store = BarStore(tmp_path, MB)
    old, new = days(10), days(11)
    store.put(*PLACE, old)
    store.put(*PLACE, new)
    current = store.current(*PLACE)
    assert current is not None
    assert current.snapshot == new.snapshot
    found = store.find(*PLACE, old.snapshot)
    assert found is not None
    assert found.rows == 10
    for none in ("0" * 64, "", "../current", "*"):
        assert store.find(*PLACE, none) is None


def test_a_range_reads_only_its_part_of_the_file(tmp_path: Path) -> None:
    store = BarStore(tmp_path, 100 * MB)
    store.put(*PLACE, days(200_000))
    stored = store.current(*PLACE)
    assert stored is not None
    # What the range does not need may be broken: it is not looked at.
    content = bytearray(stored.path.read_bytes())
    content[1000:2000] = bytes(1000)
    stored.path.write_bytes(content)
    table = store.read(stored, 150_000 * DAY, 150_010 * DAY)
    assert table is not None
    assert times_of(table) == [day * DAY for day in range(150_000, 150_010)]
    assert store.read(stored, 5, 5).num_rows == 0  # type: ignore[union-attr]  # empty, not None
    assert store.read(stored, None, None) is None


@pytest.mark.parametrize("harm", ["cut", "changed", "empty", "gone", "other"])
def test_a_damaged_file_is_asked_for_again_and_never_served(tmp_path: Path, harm: str) -> None:
    inner = Remote({"TEN": made_table([day * DAY for day in range(10)])})

    def closes() -> list[float]:
        market = MarketService(MarketSettings(), [inner], folder=tmp_path)
        close: list[float] = market.select(Asked("TEN", "1D", None, None, 99)).bars.close.tolist()
        return close

    before = closes()
    [path] = files(tmp_path)
    content = path.read_bytes()
    if harm == "gone":
        path.unlink()
    else:
        other = {"cut": content[:-100], "changed": b"PAR1" + bytes(9) + content[13:], "empty": b""}
        path.write_bytes(other.get(harm, b"something else"))
    assert closes() == before == [float(day) for day in range(1, 11)]
    [again] = files(tmp_path)
    assert again.read_bytes() == content


def test_only_newer_bars_are_asked_for_and_only_final_ones_are_kept(tmp_path: Path) -> None:
    inner = Remote({"TEN": made_table([day * DAY for day in range(10)])})
    asked: list[int | None] = []
    bars = inner.bars

    def noting(ticker: str, timeframe: Timeframe, start: int | None, end: int | None) -> Any:
        asked.append(start)
        return bars(ticker, timeframe, start, end)

    inner.bars = noting  # type: ignore[method-assign]  # it notes, and answers the same
    for _ in range(2):
        market = MarketService(MarketSettings(), [inner], folder=tmp_path)
        assert len(market.select(Asked("TEN", "1D", None, None, 99)).bars) == 10
    assert asked == [None, 8 * DAY + 1]
    stored = BarStore(tmp_path, MB).current(*PLACE)
    assert stored is not None
    assert stored.rows == 9


def test_a_source_on_this_machine_is_not_kept(tmp_path: Path) -> None:
    provider = MadeProvider({"TEN": made_table([0, DAY])})
    MarketService(MarketSettings(), [provider], folder=tmp_path).select(
        Asked("TEN", "1D", None, None, 9)
    )
    assert list(tmp_path.iterdir()) == []


def test_what_was_not_used_for_longest_makes_room(tmp_path: Path) -> None:
    store = BarStore(tmp_path, MB)
    store.put("MADE", "T0", "1D", days(2000))
    size = files(tmp_path)[0].stat().st_size
    store = BarStore(tmp_path, 3 * size + size // 2)
    for number in range(1, 3):
        store.put("MADE", f"T{number}", "1D", days(2000, number))
    for number, path in enumerate(sorted(files(tmp_path), key=str)):
        os.utime(path, (1000 + number, 1000 + number))
    assert store.current("MADE", "T0", "1D") is not None  # used now
    store.put("MADE", "T3", "1D", days(2000, 9))
    there = [n for n in range(4) if store.current("MADE", f"T{n}", "1D") is not None]
    assert there == [0, 2, 3]


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    BarStore(tmp_path / "bars", MB).put(*PLACE, days(3))
    for path in (tmp_path / "bars").rglob("*"):
        allowed = 0o700 if path.is_dir() else 0o600
        assert stat.S_IMODE(path.stat().st_mode) == allowed
    assert stat.S_IMODE((tmp_path / "bars").stat().st_mode) == 0o700


@pytest.mark.parametrize("ticker", ["..", "../../x", "a/b", "CON", ".", "A.B", "ü", "a" * 40])
def test_no_ticker_leads_elsewhere(tmp_path: Path, ticker: str) -> None:
    store = BarStore(tmp_path / "home" / "bars", MB)
    store.put("MADE", ticker, "1D", days(3))
    assert os.listdir(tmp_path) == ["home"]
    assert len(files(tmp_path / "home" / "bars")) == 1
    assert store.current("MADE", ticker, "1D") is not None
    assert store.current("MADE", ticker.swapcase() + "x", "1D") is None


def test_tickers_that_differ_in_capitals_only(tmp_path: Path) -> None:
    store = BarStore(tmp_path, MB)
    for count, ticker in ((3, "ab"), (4, "aB")):
        store.put("MADE", ticker, "1D", days(count))
    folders = {path.parent.parent.name.casefold() for path in files(tmp_path)}
    assert len(folders) == 2


def test_two_processes_write_and_read_at_once(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from tests.unit.market.test_store import days, PLACE, BarStore\n"
        "store = BarStore(Path(sys.argv[1]), 10**9)\n"
        "for number in range(60):\n"
        "    store.put(*PLACE, days(500 + number % 7))\n"
        "    stored = store.current(*PLACE)\n"
        "    table = store.read(stored, None, None)\n"
        "    assert table.num_rows == stored.rows, number\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    running = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    for process in running:
        _, errors = process.communicate(timeout=300)
        assert process.returncode == 0, errors
    assert len(files(tmp_path)) == 7
    assert list(tmp_path.rglob(".*.tmp")) == []


def test_a_disk_that_is_full_or_read_only_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "bars").write_text("a file where the folder should be")
    provider = Remote({"TEN": made_table([0, DAY, 2 * DAY])})
    market = MarketService(MarketSettings(), [provider], folder=tmp_path / "bars")
    assert len(market.select(Asked("TEN", "1D", None, None, 9)).bars) == 3
