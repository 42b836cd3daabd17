"""A folder of other people's files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from quantlab_server.market.bars import Bars, bars_of
from quantlab_server.market.conformance import Known
from quantlab_server.market.provider import ProviderError
from quantlab_server.market.providers.files import FilesProvider
from quantlab_server.market.service import MarketService
from quantlab_server.market.timeframes import Timeframe
from quantlab_server.settings_market import MarketSettings
from tests.support.providers import ProviderConformance, utc

HEADER = "time,open,high,low,close,volume\n"
ROW = "{},10,12,9,11,100\n"
NEW_YORK = "America/New_York"


def folder_with(folder: Path, **files: str) -> FilesProvider:
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text, encoding="utf-8")
    return FilesProvider(folder)


def read(provider: FilesProvider, ticker: str, timeframe: Timeframe = Timeframe.DAY) -> Bars:
    return bars_of(provider.bars(ticker, timeframe, None, None))


def lines(bars: Bars) -> dict[int, str]:
    return {problem.line: problem.message for problem in bars.problems}


class TestDailyFileWithFlaws(ProviderConformance):
    """Out of order, a day twice, gaps, and both nights of 2024 when New York's clocks change."""

    @pytest.fixture
    def known(self, tmp_path: Path) -> Known:
        days = ["2024-03-11", "2024-03-08", "2024-03-08", "2024-03-10", "2024-11-04", "2024-11-03"]
        (tmp_path / "XYZ.csv").write_text(HEADER + "".join(map(ROW.format, days)))
        (tmp_path / "NONE.csv").write_text(HEADER)
        provider = FilesProvider(tmp_path, timezone=NEW_YORK)
        times = [utc(day, NEW_YORK) for day in sorted(set(days))]
        return Known(provider, "XYZ", Timeframe.DAY, times, empty="NONE")


class TestHoursOfANightWhenClocksGoBack(ProviderConformance):
    """One o'clock comes twice, and the file says in UTC which is which."""

    @pytest.fixture
    def known(self, tmp_path: Path) -> Known:
        hours = [f"2024-11-03T{hour:02}:00:00Z" for hour in (4, 5, 6, 7)]
        (tmp_path / "XYZ_1h.csv").write_text(HEADER + "".join(map(ROW.format, hours)))
        provider = FilesProvider(tmp_path, timezone=NEW_YORK)
        return Known(provider, "XYZ", Timeframe.HOUR, [utc(hour) for hour in hours])


class TestParquet(ProviderConformance):
    @pytest.fixture
    def known(self, tmp_path: Path) -> Known:
        times = [1_700_000_000_000 + 60_000 * i for i in (3, 0, 1, 7)]
        ones = [1.0] * 4
        columns: dict[str, Any] = dict.fromkeys(("Open", "High", "Low", "Close", "Volume"), ones)
        table = pa.table({"Timestamp": pa.array(times, pa.timestamp("ms", "UTC")), **columns})
        parquet.write_table(table, tmp_path / "btcusd_1m.parquet")
        return Known(FilesProvider(tmp_path), "BTCUSD", Timeframe.MINUTE, sorted(times))


def test_bad_rows_are_named_by_line_and_do_not_break_the_rest(tmp_path: Path) -> None:
    text = (
        HEADER
        + "2024-01-02,10,12,9,11,100\n"
        + "2024-01-03,10,12,9\n"  # 3
        + "2024-01-04,ten,12,9,11,100\n"  # 4
        + "\n"  # 5: nothing is wrong with an empty line
        + "yesterday,10,12,9,11,100\n"  # 6
        + "2024-01-05,10,8,9,11,100\n"  # 7
        + "2024-01-08,10,12,11.5,11,100\n"  # 8
        + "2024-01-09,10,12,9,,100\n"  # 9
        + "2024-01-10,10,12,9,11,-1\n"  # 10
        + "2024-01-11,10,inf,9,11,1\n"  # 11
        + "2024-01-12,10,12,9,11\n"  # 12
        + "2024-01-15,10,12,9,11,\n"  # 13: the volume is not known
        + "2024-01-16,10,12,9,11,7,8\n"  # 14
        + "2024-01-17,10,12,9,11,7\n"
        + "2024-01-02,10,12,9,11.5,100\n"
    )
    bars = read(folder_with(tmp_path, XYZ__csv=text), "XYZ")
    assert bars.time.tolist() == [utc(day) for day in ("2024-01-02", "2024-01-15", "2024-01-17")]
    assert bars.close.tolist() == [11.5, 11.0, 11.0]
    assert np.isnan(bars.volume[1])
    problems = lines(bars)
    assert sorted(problems) == [2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 14]
    assert problems[2] == "a later row has the same time"
    assert problems[3] == "4 columns instead of 6"
    assert problems[4] == "open is not a number"
    assert problems[6].startswith("the time is missing or not understood")
    assert problems[7] == "high is not the highest"
    assert problems[8] == "low is not the lowest"
    assert problems[9] == "close is empty or not a finite number"
    assert problems[10] == "volume is below zero"
    assert bars.problem_count == 11


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separators(tmp_path: Path, separator: str) -> None:
    text = (HEADER + ROW.format("2024-01-02")).replace(",", separator)
    assert read(folder_with(tmp_path, XYZ__csv=text), "XYZ").close.tolist() == [11.0]


def test_rows_with_another_separator_than_the_header_are_named(tmp_path: Path) -> None:
    text = HEADER + ROW.format("2024-01-02") + ROW.format("2024-01-03").replace(",", ";")
    bars = read(folder_with(tmp_path, XYZ__csv=text), "XYZ")
    assert bars.time.tolist() == [utc("2024-01-02")]
    assert lines(bars) == {3: "1 columns instead of 6"}


def test_a_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    text = HEADER + ROW.format("2024-01-02")
    (tmp_path / "XYZ.csv").write_text(text)
    fits = FilesProvider(tmp_path, max_bytes=len(text))
    assert len(read(fits, "XYZ")) == 1
    with pytest.raises(ProviderError, match="larger than 10 bytes"):
        read(FilesProvider(tmp_path, max_bytes=10), "XYZ")


def test_a_small_file_of_very_many_equal_rows_is_refused(tmp_path: Path) -> None:
    part = pa.table({name: pa.array(np.zeros(1_000_000)) for name in ("time", "open")})
    with parquet.ParquetWriter(tmp_path / "XYZ.parquet", part.schema) as writer:
        for _ in range(21):
            writer.write_table(part)
    assert (tmp_path / "XYZ.parquet").stat().st_size < 1_000_000
    with pytest.raises(ProviderError, match="more than 20,000,000 rows"):
        read(FilesProvider(tmp_path), "XYZ")


def test_other_columns_of_a_table_are_not_read(tmp_path: Path) -> None:
    ones = dict.fromkeys(("Open", "High", "Low", "Close"), pa.array([1.0]))
    times = pa.array([utc("2024-01-02")], pa.timestamp("ms", "UTC"))
    table = pa.table({"Date": times, **ones, "note": pa.array([["a", "list"]])})
    parquet.write_table(table, tmp_path / "XYZ.parquet")
    assert read(FilesProvider(tmp_path), "XYZ").close.tolist() == [1.0]


def test_decimal_comma(tmp_path: Path) -> None:
    text = "\ufeffDate;Open;High;Low;Close\n2024-01-02;10,5;12,25;9;11\n"
    bars = read(folder_with(tmp_path, XYZ__csv=text), "XYZ")
    assert (bars.open[0], bars.high[0]) == (10.5, 12.25)
    assert np.isnan(bars.volume).all()


def test_a_comma_that_may_stand_between_thousands_is_refused(tmp_path: Path) -> None:
    head = "time\topen\thigh\tlow\tclose\tvolume\n"
    unclear = head + "2024-01-02\t1,234\t1,300\t1,200\t1,250\t12,345,678\n"
    with pytest.raises(ProviderError, match="thousands or decimals"):
        read(folder_with(tmp_path, XYZ__csv=unclear), "XYZ")
    # A point, or a comma where no thousands end, says which it is.
    american = head + "2024-01-02\t234.5\t1,300\t200\t250\t1\n2024-01-03\t1\t2\t1\t2\t1\n"
    bars = read(folder_with(tmp_path, XYZ__csv=american), "XYZ")
    assert (bars.close.tolist(), lines(bars)) == ([2.0], {2: "high is not a number"})
    european = head + "2024-01-02\t1,234\t1,300\t1,200\t1,25\t1\n"
    assert read(folder_with(tmp_path, XYZ__csv=european), "XYZ").open.tolist() == [1.234]


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "9999-12-31T23:59:59Z"])
@pytest.mark.parametrize("zone", ["UTC", NEW_YORK])
def test_a_year_that_no_clock_knows_leaves_out_its_row(tmp_path: Path, day: str, zone: str) -> None:
    (tmp_path / "XYZ.csv").write_text(HEADER + ROW.format("2024-01-02") + ROW.format(day))
    bars = read(FilesProvider(tmp_path, timezone=zone), "XYZ")
    assert bars.time.tolist() == [utc("2024-01-02", zone)]
    assert "1700" in lines(bars)[3]


def test_midnight_in_utc_is_how_programs_write_a_date(tmp_path: Path) -> None:
    days = ["2024-01-01", "2024-01-02", "2024-01-05", "2024-01-08"]
    expected = [utc(day, NEW_YORK) for day in days]
    text = "".join(ROW.format(f"{day}T00:00:00Z") for day in days)
    (tmp_path / "TEXT.csv").write_text(HEADER + text)
    times = pa.array([utc(day) for day in days], pa.timestamp("ms", "UTC"))
    ones = dict.fromkeys(("open", "high", "low", "close"), pa.array([1.0] * len(days)))
    for name in ("TABLE", "HOURS_1h"):
        parquet.write_table(pa.table({"time": times, **ones}), tmp_path / f"{name}.parquet")
    provider = FilesProvider(tmp_path, timezone=NEW_YORK)
    assert read(provider, "TEXT").time.tolist() == expected
    assert read(provider, "TABLE").time.tolist() == expected
    # Hours are moments, whatever their time.
    assert (
        read(provider, "HOURS", Timeframe.HOUR).time.tolist() == times.cast(pa.int64()).to_pylist()
    )


def test_coarse_bars_are_made_from_the_long_history(tmp_path: Path) -> None:
    days = "".join(ROW.format(f"2024-01-{day:02}") for day in range(1, 29))
    minutes = "".join(ROW.format(f"2024-01-02T10:{minute:02}:00") for minute in range(30))
    folder_with(tmp_path, XYZ__csv=HEADER + days, XYZ_1m__csv=HEADER + minutes)
    market = MarketService(MarketSettings(), [FilesProvider(tmp_path)])
    found = market.find("FILES:XYZ")
    assert len(market.history(found, Timeframe.WEEK)) == 4
    assert len(market.history(found, Timeframe.HOUR)) == 1
    instrument = market.instrument("XYZ")
    assert (str(instrument.first), str(instrument.last)) == ("2024-01-01", "2024-01-28")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-01-02", "2024-01-02T05:00Z"),
        ("2024-07-02 09:30:00", "2024-07-02T13:30Z"),
        ("2024-07-02T09:30:00+02:00", "2024-07-02T07:30Z"),
        ("1704171600", "2024-01-02T05:00Z"),
        ("1704171600000", "2024-01-02T05:00Z"),
    ],
)
def test_notations_of_time(tmp_path: Path, text: str, moment: str) -> None:
    (tmp_path / "XYZ.csv").write_text(HEADER + ROW.format(text))
    bars = read(FilesProvider(tmp_path, timezone=NEW_YORK), "XYZ")
    assert bars.time.tolist() == [utc(moment)]


def test_zero_and_negative_prices_and_large_volumes(tmp_path: Path) -> None:
    text = HEADER + "2020-04-20,1,2,-40.3,-37.63,1e9\n2020-04-21,0,0,0,0,1000000000\n"
    bars = read(folder_with(tmp_path, CL__csv=text), "CL")
    assert bars.low.tolist() == [-40.3, 0.0]
    assert bars.volume.tolist() == [1e9, 1e9]
    assert bars.problem_count == 0


def test_one_bar_and_none(tmp_path: Path) -> None:
    provider = folder_with(tmp_path, ONE__csv=HEADER + ROW.format("2024-01-02"), NONE__csv=HEADER)
    assert len(read(provider, "ONE")) == 1
    assert len(read(provider, "NONE")) == 0


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("XYZ.csv", b"", "no column|not a CSV"),
        ("XYZ.csv", b"a,b,c\n1,2,3\n", "no column time, open, high, low, close"),
        ("XYZ.csv", b"\x00\x01\x02\xff\xfe", "not a CSV file"),
        ("XYZ.csv", HEADER.encode() + b"2024-01-02,\xff,12,9,11,100\n", "not a CSV file"),
        ("XYZ.parquet", b"PAR1 but not really", "not a Parquet file"),
    ],
)
def test_files_that_cannot_be_read(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ProviderError, match=words) as caught:
        read(FilesProvider(tmp_path), "XYZ")
    assert str(tmp_path) not in str(caught.value)


def test_which_names_are_tickers(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (tmp_path / "secret.csv").write_text(HEADER + ROW.format("2024-01-02"))
    for name in (
        "aapl.csv",
        "BRK.B.csv",
        "EURUSD_4h.parquet",
        "X_7m.csv",
        ".hidden.csv",
        "a b.csv",
    ):
        (home / name).write_text(HEADER)
    for name in ("notes.txt", "run.py", "$HOME.csv", "-flag.csv"):
        (home / name).write_text(HEADER)
    (home / "folder.csv").mkdir()
    (home / "LINK.csv").symlink_to(tmp_path / "secret.csv")
    provider = FilesProvider(home)
    assert [each.ticker for each in provider.search("", 50)] == ["AAPL", "BRK.B", "EURUSD"]
    assert provider.search("EUR", 50)[0].native == (Timeframe.HOURS_4,)
    for ticker in ("LINK", "../secret", "..%2fsecret", "secret", "/etc/passwd", "folder"):
        assert provider.instrument(ticker) is None


def test_a_changed_file_and_a_new_one(tmp_path: Path) -> None:
    provider = folder_with(tmp_path, XYZ__csv=HEADER + ROW.format("2024-01-02"))
    before = provider.revision("XYZ")
    with (tmp_path / "XYZ.csv").open("a") as file:
        file.write(ROW.format("2024-01-03"))
    assert provider.revision("XYZ") != before
    assert len(read(provider, "XYZ")) == 2
    (tmp_path / "NEW.csv").write_text(HEADER)
    assert provider.instrument("NEW") is not None


def test_a_folder_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(ProviderError, match="folder"):
        FilesProvider(tmp_path / "gone").search("", 5)


def test_a_hundred_thousand_rows(tmp_path: Path) -> None:
    times = np.arange(100_000) * 60 + 1_700_000_000
    body = "".join(ROW.format(time) for time in times)
    bars = read(folder_with(tmp_path, BIG_1m__csv=HEADER + body), "BIG", Timeframe.MINUTE)
    assert len(bars) == 100_000
    assert bars.problem_count == 0
    assert os.listdir(tmp_path) == ["BIG_1m.csv"]
