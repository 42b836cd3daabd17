"""Routes of market data. Asynchronous: the work is done on the market's own threads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from quantlab_ext.schemas.base import Page
from quantlab_ext.schemas.market import BarSeries, Instrument, InstrumentSessions
from quantlab_server.auth.scopes import Scope
from quantlab_server.http.endpoint import Call, Reply, Request, endpoint
from quantlab_server.http.etag import holds
from quantlab_server.market.moments import moment_of

if TYPE_CHECKING:
    from quantlab_server.market.service import Asked, MarketService

# As JSON that many bars are 10 MB, and all of it is in memory until the caller has read it. Arrow is compact.
MAX_JSON = 200_000

JSON, ARROW = "application/json", "application/vnd.apache.arrow.stream"


class InstrumentQuery(BaseModel):
    """``?q=&limit=``. Unknown parameters are ignored."""

    model_config = ConfigDict(extra="ignore")

    q: str = Field(default="", max_length=200)
    limit: int = Field(default=50, ge=1, le=200)


class SessionQuery(BaseModel):
    """``?limit=``: how many sessions. Unknown parameters are ignored."""

    model_config = ConfigDict(extra="ignore")

    limit: int = Field(default=5, ge=1, le=100)


class RangeQuery(BaseModel):
    """``?symbol=&timeframe=&from=&to=&limit=``: the newest ``limit`` bars in ``[from, to)``.

    An answer in JSON has 200,000 at most; ``next_before`` says where the ones before them are.
    """

    model_config = ConfigDict(extra="ignore")

    symbol: str = Field(min_length=1, max_length=100)
    timeframe: str = Field(default="1D", max_length=10)
    from_: str | None = Field(default=None, alias="from", max_length=40)
    to: str | None = Field(default=None, max_length=40)
    limit: int = Field(default=5_000, ge=1, le=2_000_000)

    def asked(self, *, most: int) -> Asked:
        """As the service takes it."""
        from quantlab_server.market.service import Asked

        start, end = moment_of("from", self.from_), moment_of("to", self.to)
        return Asked(self.symbol, self.timeframe, start, end, min(self.limit, most))


@endpoint("GET", "/instruments", scope=Scope.MARKET_READ, answer=Page[Instrument], bucket="stream")
async def list_instruments(call: Call, query: InstrumentQuery) -> Page[Instrument]:
    """Find instruments by ticker or name, over all sources."""
    items = await call.services.market.run(lambda market: market.search(query.q, query.limit))
    return Page[Instrument](items=items)


@endpoint(
    "GET", "/instruments/{symbol}", scope=Scope.MARKET_READ, answer=Instrument, bucket="stream"
)
async def get_instrument(call: Call, symbol: str) -> Instrument:
    """Get an instrument by its id, its percent-encoded symbol or a bare ticker."""
    return await call.services.market.run(lambda market: market.instrument(symbol))


@endpoint(
    "GET",
    "/instruments/{symbol}/sessions",
    scope=Scope.MARKET_READ,
    answer=InstrumentSessions,
    bucket="stream",
)
async def list_market_sessions(call: Call, symbol: str, query: SessionQuery) -> InstrumentSessions:
    """When an instrument's exchange is open: the session in progress and the next ones.

    Apart from the instrument, because the first call of a process loads session calendars, which takes seconds.
    """
    return await call.services.market.run(lambda market: market.sessions(symbol, query.limit))


@endpoint("GET", "/bars", scope=Scope.MARKET_READ, answer=BarSeries, bucket="stream")
async def get_bars(call: Call, query: RangeQuery) -> Reply:
    """Get bars as JSON columns, or as an Arrow stream where Accept asks for one."""
    return await call.services.market.run(lambda market: _bars(market, query, call.request))


def _bars(market: MarketService, query: RangeQuery, request: Request) -> Reply:
    from quantlab_server.market import encoding

    kind = ARROW if ARROW in request.headers.get("Accept", "") else JSON
    selection = market.select(query.asked(most=MAX_JSON if kind == JSON else query.limit))
    # The address says which part, the snapshot which data; a browser may keep the answer and ask whether it is right.
    etag = f'"{selection.bars.snapshot[:32]}-{"arrow" if kind == ARROW else "json"}"'
    headers = {"Cache-Control": "private, no-cache", "Vary": "Accept"}
    if holds(request, etag):
        return Reply(status=304, etag=etag, headers=headers)
    encode = encoding.as_arrow if kind == ARROW else encoding.as_json
    return Reply(raw=encode(selection), etag=etag, headers=headers, content_type=kind)
