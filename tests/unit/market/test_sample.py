"""The sample: real prices that say where they are from."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
from importlib.util import find_spec
from pathlib import Path

import pytest

from quantlab_server.market.bars import bars_of
from quantlab_server.market.conformance import Known
from quantlab_server.market.providers.sample import SampleProvider
from quantlab_server.market.timeframes import Timeframe
from tests.support.providers import ProviderConformance, utc

FILES = {
    "AAPL": ("hvsampledata", "apple_stocks.csv"),
    **dict.fromkeys(
        ("AAPL-2000", "META", "GOOG", "IBM", "MSFT"), ("bokeh_sampledata", "stocks.csv.gz")
    ),
}


def rows(ticker: str) -> list[dict[str, str]]:
    """The instrument's rows in the package's own file, read by the standard library."""
    package, name = FILES[ticker]
    spec = find_spec(package)
    assert spec is not None
    assert spec.submodule_search_locations is not None
    path = Path(spec.submodule_search_locations[0]) / "_data" / name
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file:
        reader = csv.DictReader(file)
        reader.fieldnames = [name.lower().replace(" ", "_") for name in reader.fieldnames or ()]
        every = list(reader)
    wanted = {"META": "FB"}.get(ticker, ticker.removesuffix("-2000"))
    return [row for row in every if row.get("ticker", wanted) == wanted]


class TestConformance(ProviderConformance):
    @pytest.fixture(params=sorted(FILES))
    def known(self, request: pytest.FixtureRequest) -> Known:
        days = sorted(row["date"] for row in rows(request.param))
        times = [utc(f"{day}T09:30", "America/New_York") for day in days]
        return Known(SampleProvider(), request.param, Timeframe.DAY, times)


@pytest.mark.parametrize("ticker", sorted(FILES))
def test_closes_are_the_adjusted_closes_of_the_file(ticker: str) -> None:
    bars = bars_of(SampleProvider().bars(ticker, Timeframe.DAY, None, None))
    given = sorted(rows(ticker), key=lambda row: row["date"])
    assert bars.close.tolist() == pytest.approx(
        [float(row["adj_close"]) for row in given], abs=0.0000005
    )
    assert bars.volume.tolist() == [float(row["volume"]) for row in given]
    assert bars.problem_count == 0


def test_the_whole_bar_is_adjusted_by_one_factor() -> None:
    bars = bars_of(SampleProvider().bars("AAPL", Timeframe.DAY, None, None))
    row = min(rows("AAPL"), key=lambda each: each["date"])
    factor = float(row["adj_close"]) / float(row["close"])
    for name in ("open", "high", "low", "close"):
        assert getattr(bars, name)[0] == pytest.approx(float(row[name]) * factor, abs=0.0000005)


def test_every_instrument_says_where_it_is_from() -> None:
    for listing in SampleProvider().search("", 100):
        package, name = FILES[listing.ticker]
        assert listing.source.startswith(package.replace("_", "-") + " ")
        assert listing.source.endswith(name)
        assert "BSD-3-Clause" in listing.licence
        assert listing.adjusted == "splits and dividends"
        assert listing.currency == "USD"
        assert listing.first is not None
        assert listing.first > dt.date(1999, 1, 1)


def test_searching_by_name() -> None:
    assert [each.ticker for each in SampleProvider().search("apple", 10)] == ["AAPL", "AAPL-2000"]
    assert [each.ticker for each in SampleProvider().search("MICRO", 10)] == ["MSFT"]


def test_what_was_renamed_is_found_by_its_old_name() -> None:
    provider = SampleProvider()
    assert [each.ticker for each in provider.search("fb", 10)] == ["META"]
    assert [each.ticker for each in provider.search("facebook", 10)] == ["META"]
    assert provider.instrument("FB") is None
    renamed = provider.renamed("FB")
    assert renamed is not None
    assert renamed.ticker == "META"
    [alias] = renamed.aliases
    assert (alias.ticker, alias.last) == ("FB", dt.date(2022, 6, 8))
