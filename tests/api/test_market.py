"""Market data as clients see them, embedded and central."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import quantlab_ext as ql
from quantlab_ext import errors
from quantlab_ext.client import Client
from quantlab_ext.market import Market
from quantlab_ext.schemas.market import BarInfo, BarSeries
from quantlab_ext.schemas.studies import StudyEvaluation
from tests.support.api import Api, Person
from tests.support.providers import utc

ARROW = {"Accept": "application/vnd.apache.arrow.stream"}


def bars(person: Person, symbol: str = "SAMPLE:AAPL", timeframe: str = "1D", **query: Any) -> Any:
    params = {"symbol": symbol, "timeframe": timeframe, **query}
    answer = person.get("/bars", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def error(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()["error"]
    assert found["code"] == code
    return found


def test_instruments_are_found_and_say_where_they_are_from(person: Person) -> None:
    found = person.get("/instruments", params={"q": "apple"}).json()
    assert [item["symbol"] for item in found["items"]] == ["SAMPLE:AAPL", "SAMPLE:AAPL-2000"]
    [first, _] = found["items"]
    assert first["data_source"].startswith("hvsampledata ")
    assert "BSD" in first["licence"]
    assert first["adjusted"] == "splits and dividends"
    assert (first["first"], first["last"]) == ("2019-01-02", first["last"])
    assert first["timeframes"] == ["1D", "1W", "1M"]
    assert (first["currency"], first["timezone"]) == ("USD", "America/New_York")
    assert len(person.get("/instruments", params={"limit": 2}).json()["items"]) == 2
    assert person.get("/instruments", params={"q": "no such thing"}).json()["items"] == []
    error(person.get("/instruments", params={"limit": 1000}), 422, "invalid")


def test_one_instrument_by_symbol_ticker_and_id(person: Person) -> None:
    one = person.get("/instruments/SAMPLE%3AIBM").json()
    assert one["symbol"] == "SAMPLE:IBM"
    for name in (one["id"], "IBM", "ibm", "sample:IBM"):
        assert person.get(f"/instruments/{name}").json() == one
    hours = person.get("/instruments/HOURS").json()
    assert (hours["first"], hours["last"]) == ("2024-03-08", "2024-03-11")
    assert hours["timeframes"] == ["1h", "4h", "1D", "1W", "1M"]
    for name in ("NO-SUCH", "a..b", "%00", one["id"].replace(one["id"][0], "0")):
        found = error(person.get(f"/instruments/{name}"), 404, "unknown_symbol")
        assert found["sources"] == ["FILES", "SAMPLE", "REPLAY"]
    error(person.get("/instruments/..%2f..%2fetc%2fpasswd"), 404, "unknown_symbol")


def test_an_old_symbol_opens_what_it_is_called_now(person: Person) -> None:
    now = person.get("/instruments/SAMPLE:META").json()
    for name in ("SAMPLE:FB", "fb", now["id"]):
        assert person.get(f"/instruments/{name}").json() == now
    alias = {"symbol": "SAMPLE:FB", "first": "2012-05-18", "last": "2022-06-08"}
    assert now["aliases"] == [alias]
    old = bars(person, "SAMPLE:FB")
    assert (old["symbol"], old["instrument_id"]) == ("SAMPLE:META", now["id"])
    assert old["columns"] == bars(person, "SAMPLE:META")["columns"]
    found = person.get("/instruments", params={"q": "FB"}).json()["items"]
    assert found[0]["symbol"] == "SAMPLE:META"


def test_when_an_exchange_is_open(person: Person, client: Client) -> None:
    answer = person.get("/instruments/SAMPLE%3AIBM/sessions", params={"limit": 3})
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["calendar"], told["known"], told["timezone"]) == ("XNYS", True, "America/New_York")
    assert len(told["sessions"]) == 3
    assert all(each["opens"] < each["closes"] for each in told["sessions"])
    assert client.market.sessions("IBM", limit=1).calendar == "XNYS"
    error(person.get("/instruments/NO-SUCH/sessions"), 404, "unknown_symbol")
    error(person.get("/instruments/IBM/sessions", params={"limit": 1000}), 422, "invalid")


def test_bars_as_columns(person: Person) -> None:
    answer = BarSeries.model_validate(bars(person, "AAPL", limit=100_000))
    assert answer.symbol == "SAMPLE:AAPL"
    assert answer.next_before is None
    assert answer.columns.time[0] == utc("2019-01-02T14:30")
    assert len(answer.columns.time) == len(answer.columns.close) > 1000
    assert np.all(np.diff(answer.columns.time) > 0)
    assert answer.columns.close[0] == 37.62
    assert len(answer.snapshot) == 64


def test_scrolling_back(person: Person) -> None:
    whole = bars(person, limit=100_000)["columns"]
    newest = bars(person, limit=10)
    assert newest["columns"]["time"] == whole["time"][-10:]
    older = bars(person, limit=10, to=newest["next_before"])
    assert older["columns"]["close"] == whole["close"][-20:-10]
    assert older["snapshot"] == newest["snapshot"]
    day = dt.datetime.fromtimestamp(whole["time"][100] / 1000, dt.UTC)
    for text in (day.isoformat(), day.isoformat().replace("+00:00", "Z"), whole["time"][100]):
        part = bars(person, **{"from": text}, limit=100_000)
        assert part["columns"]["time"] == whole["time"][100:]
        assert part["next_before"] is None


def test_weeks_are_the_same_as_those_of_another_library(person: Person) -> None:
    days = bars(person, limit=100_000)["columns"]
    weeks = bars(person, timeframe="1W", limit=100_000)["columns"]
    index = pd.to_datetime(days["time"], unit="ms", utc=True).tz_convert("America/New_York")
    frame = pd.DataFrame(days, index=index)
    how = {
        "time": "first",
        "open": "first",
        "high": "max",
        "low": "min",
        "close": "last",
        "volume": "sum",
    }
    expected = frame.resample("W-SUN").agg(how).dropna()
    for name in how:
        assert weeks[name] == pytest.approx(expected[name].tolist()), name
    months = bars(person, timeframe="1M", limit=100_000)["columns"]
    assert months["close"] == pytest.approx(frame.resample("ME").agg(how)["close"].tolist())


def test_the_arrow_stream_has_the_same_bars(person: Person) -> None:
    query = {"symbol": "AAPL", "limit": 300}
    answer = person.get("/bars", params=query, headers=ARROW)
    assert answer.headers["Content-Type"] == ARROW["Accept"]
    table = pa.ipc.open_stream(answer.content).read_all()
    columns = bars(person, "AAPL", limit=300)["columns"]
    assert table.column("time").cast(pa.int64()).to_pylist() == columns["time"]
    for name in ("open", "high", "low", "close", "volume"):
        assert table.column(name).to_pylist() == columns[name]
    info = BarInfo.model_validate_json(table.schema.metadata[b"quantlab"])
    assert (info.symbol, info.timeframe) == ("SAMPLE:AAPL", "1D")
    assert table.nbytes <= 50 * 300


def test_an_answer_that_is_still_right_is_not_sent_again(person: Person) -> None:
    first = person.get("/bars", params={"symbol": "AAPL"})
    etag = first.headers["ETag"]
    again = person.get(
        "/bars", params={"symbol": "AAPL"}, headers={"If-None-Match": f'"x", {etag}'}
    )
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == etag
    arrow = person.get("/bars", params={"symbol": "AAPL"}, headers={"If-None-Match": etag, **ARROW})
    assert arrow.status_code == 200
    assert arrow.headers["ETag"] != etag
    assert "no-store" not in first.headers["Cache-Control"]


def test_refusals(person: Person) -> None:
    def get(**query: Any) -> Any:
        return person.get("/bars", params={"symbol": "AAPL", **query})

    found = error(get(timeframe="5m"), 422, "unknown_timeframe")
    assert found["available"] == ["1D", "1W", "1M"]
    error(get(timeframe="7x"), 422, "unknown_timeframe")
    error(get(**{"from": "2024-01-02", "to": "2024-01-01"}), 422, "reversed_range")
    assert error(get(to="tomorrow"), 422, "invalid")["fields"][0]["path"] == "to"
    error(get(to="9" * 30), 422, "invalid")
    for limit in (0, -1, "many", 10**9):
        error(get(limit=limit), 422, "invalid")
    error(get(symbol="NO:SUCH"), 404, "unknown_symbol")
    error(get(symbol="A" * 1000), 422, "invalid")
    error(person.get("/bars"), 422, "invalid")
    error(get(symbol="GARBAGE"), 503, "source_failed")


def test_flaws_of_files(person: Person) -> None:
    flawed = bars(person, "FLAWED")
    assert flawed["columns"]["close"] == [11, 12]
    assert flawed["columns"]["volume"] == [100, None]
    warning = "Left out of the source: 1 row (line 3: open is not a number)."
    assert flawed["warnings"] == [warning]
    assert bars(person, "EMPTY")["columns"]["time"] == []
    assert bars(person, "ONE", "1M")["columns"]["close"] == [11]


def test_studies_are_listed_and_evaluated(person: Person) -> None:
    listed = person.get("/studies").json()["items"]
    assert {item["id"] for item in listed} >= {"ta.sma", "ta.rsi", "ta.macd"}
    body = {
        "symbol": "AAPL",
        "timeframe": "1D",
        "from": "2020-01-01",
        "to": "2021-01-01",
        "studies": [{"study": "ta.rsi"}, {"study": "ta.macd", "inputs": {"fast": 5}}],
    }
    answer = person.post("/studies/evaluate", json=body)
    assert answer.status_code == 200, answer.text
    result = StudyEvaluation.model_validate(answer.json())
    prices = bars(person, **{"from": "2020-01-01", "to": "2021-01-01"})
    assert result.time == prices["columns"]["time"]
    assert result.snapshot == prices["snapshot"]
    rsi, macd = result.results
    assert rsi.inputs == {"length": 14}
    # Days before the range are used: no value is missing.
    assert len(rsi.plots["rsi"]) == 253
    assert all(each is not None and 0 <= each <= 100 for each in rsi.plots["rsi"])
    assert set(macd.plots) == {"macd", "signal", "histogram"}
    whole = person.post("/studies/evaluate", json={"symbol": "AAPL", "studies": body["studies"]})
    early = whole.json()["results"][0]["plots"]["rsi"]
    assert early[:14] == [None] * 14
    assert early[14] is not None


def test_refused_studies(person: Person) -> None:
    def post(*studies: dict[str, Any], **more: Any) -> Any:
        return person.post("/studies/evaluate", json={"symbol": "AAPL", "studies": studies, **more})

    assert error(post({"study": "ta.no"}), 422, "invalid")["fields"][0]["code"] == "unknown_study"
    error(post(), 422, "invalid")
    error(post({"study": "ta.sma", "inputs": {"length": 0}}), 422, "invalid")
    error(post({"study": "ta.sma"}, timeframe="1m"), 422, "unknown_timeframe")
    error(post({"study": "ta.sma"}, symbol="NO"), 404, "unknown_symbol")
    error(post({"study": "ta.sma"}, to="soon"), 422, "invalid")
    error(post(*[{"study": "ta.sma"}] * 51), 422, "invalid")


@pytest.fixture
def client(api: Api, person: Person) -> Any:
    door = api.door["Authorization"].removeprefix("token ") if api.embedded else None
    with Client(api.url, person.tokens["access_token"], jupyter_token=door) as made:
        yield made


def test_bars_in_a_cell(client: Client) -> None:
    frame = client.market.bars("AAPL", "1D")
    assert list(frame.columns) == ["open", "high", "low", "close", "volume"]
    assert str(frame.index.tz) == "UTC"
    assert frame.index[0] == pd.Timestamp("2019-01-02T14:30Z")
    assert frame["close"].iloc[0] == 37.62
    assert frame.attrs["symbol"] == "SAMPLE:AAPL"
    part = client.market.bars("AAPL", start=dt.date(2020, 1, 1), end="2020-02-01", limit=5)
    assert len(part) == 5
    assert part.index[-1] < pd.Timestamp("2020-02-01", tz="UTC")
    table = client.market.bars("AAPL", frame="pyarrow")
    assert table.num_rows == len(frame)
    other = client.market.bars("AAPL", frame="polars")
    assert other["close"].to_list() == frame["close"].tolist()
    assert other.columns == ["time", *frame.columns]


def test_a_long_history_in_several_pages(client: Client) -> None:
    pages = Market(client._transport, page=300)
    whole = client.market.bars("AAPL")
    assert pages.bars("AAPL").equals(whole)
    assert pages.bars("AAPL", limit=700).equals(whole.iloc[-700:])
    assert pages.bars("AAPL", limit=1).equals(whole.iloc[-1:])


def test_a_kernels_token_reads_prices(api: Api, person: Person) -> None:
    token = person.post("/auth/kernel-token", json={}).json()["token"]
    with Client(api.url, token) as kernel:
        assert len(kernel.market.bars("AAPL", limit=3)) == 3
        assert kernel.market.instrument("AAPL").symbol == "SAMPLE:AAPL"


def test_the_short_forms(api: Api, person: Person) -> None:
    token = person.post("/auth/kernel-token", json={}).json()["token"]
    ql.connect(api.url, token)
    try:
        assert len(ql.bars("AAPL", "1W", limit=3)) == 3
        assert "SAMPLE:IBM" in repr(ql.instruments("ibm"))
        assert "SAMPLE:IBM" in ql.instruments("ibm")._repr_html_()
        assert repr(ql.instruments("no such thing")).startswith("No instrument")
    finally:
        ql.logout()


def test_warnings_and_errors_in_a_cell(client: Client) -> None:
    with pytest.warns(UserWarning, match="line 3: open is not a number"):
        client.market.bars("FLAWED")
    with pytest.raises(errors.NotFound, match="No source has"):
        client.market.bars("NO-SUCH")
    with pytest.raises(errors.InvalidInput, match="1D, 1W, 1M"):
        client.market.bars("AAPL", "1m")
    with pytest.raises(errors.InvalidInput, match="pandas, polars or pyarrow"):
        client.market.bars("AAPL", frame="excel")  # type: ignore[arg-type]  # that is the point
    assert client.market.bars("EMPTY").empty


def test_instruments_in_a_cell(client: Client) -> None:
    assert [each.symbol for each in client.market.instruments("micro")] == ["SAMPLE:MSFT"]
    assert client.market.instrument("SAMPLE:MSFT").name.startswith("Microsoft")


def test_a_slash_in_a_symbol_is_part_of_it(person: Person) -> None:
    answer = person.get("/instruments/SAMPLE%3ANO%2FSUCH")
    assert answer.status_code == 404
    assert "NO/SUCH" in answer.json()["error"]["message"]
