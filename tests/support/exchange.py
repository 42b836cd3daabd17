"""A crypto exchange on this machine: Binance's public REST and WebSocket interface as far as charts need it.

Paths, parameters, limits and messages are those of https://developers.binance.com/docs/binance-spot-api-docs.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler
from tornado.websocket import WebSocketHandler

INTERVALS = {"1m": 60_000, "1h": 3_600_000, "1d": 86_400_000}

# Rows of one answer at most, as the exchange documents it.
MOST = 1000


@dataclass
class LocalExchange:
    """What the exchange has and how it behaves; change it at any time.

    Attributes:
        bars: by interval, rows of time (milliseconds), open, high, low, close, volume, as they are sent.
        answers: instead of what is right, by the last part of the path: status, headers and body. A status of 0 never
            comes to an end.
        asked: path and query of every request.
    """

    url: str = ""
    socket_url: str = ""
    bars: dict[str, list[list[float]]] = field(default_factory=dict)
    answers: dict[str, tuple[int, dict[str, str], str]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    refuse_sockets: bool = False
    sockets: list[Any] = field(default_factory=list)
    subscribed: list[str] = field(default_factory=list)
    loop: asyncio.AbstractEventLoop | None = None

    @property
    def options(self) -> dict[str, Any]:
        """What makes ccxt's Binance come here, and nowhere else."""
        api = {"public": f"{self.url}/api/v3", "private": f"{self.url}/api/v3"}
        return {"urls": {"api": {**api, "ws": {"spot": self.socket_url}}}, "rateLimit": 1}

    def count(self, name: str) -> int:
        """Requests for a path that ends with ``name``."""
        return sum(path.endswith(name) for path, _ in self.asked)

    def trade(self, number: int, time: int, price: float, amount: float = 1.0) -> None:
        """Tell all that listen of a trade."""
        self.send(
            {
                "e": "trade",
                "E": time,
                "s": "BTCUSDT",
                "t": number,
                "p": f"{price:.2f}",
                "q": f"{amount:.5f}",
                "T": time,
                "m": True,
                "M": True,
            }
        )

    def send(self, message: Any) -> None:
        """A message to all connections; a text goes as it is."""
        text = message if isinstance(message, str) else json.dumps(message)
        self._do(lambda: [each.write_message(text) for each in self.sockets])

    def drop(self) -> None:
        """End all connections without a word."""

        def end() -> None:
            for each in list(self.sockets):
                each.ws_connection.stream.close()

        self._do(end)

    def _do(self, function: Any) -> None:
        assert self.loop is not None

        async def run() -> None:
            function()

        asyncio.run_coroutine_threadsafe(run(), self.loop).result(timeout=30)


def _market(base: str, quote: str) -> dict[str, Any]:
    return {
        "symbol": base + quote,
        "status": "TRADING",
        "baseAsset": base,
        "baseAssetPrecision": 8,
        "quoteAsset": quote,
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "orderTypes": ["LIMIT", "MARKET"],
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": [
            {
                "filterType": "PRICE_FILTER",
                "minPrice": "0.01000000",
                "maxPrice": "1000000.00000000",
                "tickSize": "0.01000000",
            },
            {
                "filterType": "LOT_SIZE",
                "minQty": "0.00001000",
                "maxQty": "9000.00000000",
                "stepSize": "0.00001000",
            },
        ],
        "permissions": [],
        "permissionSets": [["SPOT"]],
    }


class _Rest(RequestHandler):
    async def get(self, name: str) -> None:
        exchange: LocalExchange = self.settings["exchange"]
        query = {key: self.get_query_argument(key) for key in self.request.query_arguments}
        exchange.asked.append((self.request.path, query))
        if name in exchange.answers:
            status, headers, body = exchange.answers[name]
            if status == 0:
                await asyncio.Event().wait()
            self.set_status(status)
            for key, value in headers.items():
                self.set_header(key, value)
            self.finish(body)
        elif name == "exchangeInfo":
            pairs = [_market("BTC", "USDT"), _market("ETH", "USDT"), _market("ETH", "BTC")]
            self.finish({"timezone": "UTC", "symbols": pairs})
        elif name == "klines" and query["symbol"] == "BTCUSDT":
            self.finish(json.dumps(_klines(exchange, query)))
        elif name == "klines":
            self.finish("[]")
        else:
            self.send_error(404)


def _klines(exchange: LocalExchange, query: dict[str, str]) -> list[list[Any]]:
    length = INTERVALS.get(query["interval"], 1)
    start, end = int(query.get("startTime", 0)), int(query.get("endTime", 2**53))
    rows = [row for row in exchange.bars.get(query["interval"], []) if start <= row[0] <= end]
    # The oldest, in the order that the test made.
    last = sorted({row[0] for row in rows})[: min(int(query.get("limit", 500)), MOST)][-1:]
    return [_kline(row, length) for row in rows if row[0] <= last[0]]


def _kline(row: Sequence[float], length: int) -> list[Any]:
    texts = [f"{value:.8f}" for value in row[1:6]]
    return [int(row[0]), *texts, int(row[0]) + length - 1, "0.0", 1, "0.0", "0.0", "0"]


class _Socket(WebSocketHandler):
    async def prepare(self) -> None:
        if self.settings["exchange"].refuse_sockets:
            self.set_status(503)
            await self.finish()

    def open(self, *args: str, **kwargs: str) -> None:
        self.settings["exchange"].sockets.append(self)

    def on_message(self, message: str | bytes) -> None:
        exchange: LocalExchange = self.settings["exchange"]
        asked = json.loads(message)
        self.write_message(json.dumps({"result": None, "id": asked["id"]}))
        for name in asked["params"]:
            if asked["method"] == "SUBSCRIBE":
                exchange.subscribed.append(name)
            elif name in exchange.subscribed:
                exchange.subscribed.remove(name)

    def on_close(self) -> None:
        exchange: LocalExchange = self.settings["exchange"]
        if self in exchange.sockets:
            exchange.sockets.remove(self)
        if not exchange.sockets:
            exchange.subscribed.clear()


@contextmanager
def local_exchange() -> Iterator[LocalExchange]:
    """The exchange on a port of 127.0.0.1, in a thread of its own."""
    exchange = LocalExchange()
    ready = threading.Event()

    async def serve() -> None:
        exchange.loop = asyncio.get_running_loop()
        routes = [(r"/api/v3/(\w+)", _Rest), (r"/ws(?:/.*)?", _Socket)]
        server = HTTPServer(Application(routes, exchange=exchange))
        [socket] = bind_sockets(0, "127.0.0.1")
        server.add_socket(socket)
        place = f"127.0.0.1:{socket.getsockname()[1]}"
        exchange.url, exchange.socket_url = f"http://{place}", f"ws://{place}/ws"
        ready.set()
        try:
            await asyncio.Event().wait()
        finally:
            server.stop()
            await server.close_all_connections()

    def run() -> None:
        async def until_cancelled() -> None:
            exchange.task = asyncio.current_task()  # type: ignore[attr-defined]  # only here
            try:
                await serve()
            except asyncio.CancelledError:
                return

        asyncio.run(until_cancelled())

    thread = threading.Thread(target=run, name="local-exchange", daemon=True)
    thread.start()
    ready.wait(timeout=30)
    try:
        yield exchange
    finally:
        assert exchange.loop is not None
        exchange.loop.call_soon_threadsafe(exchange.task.cancel)  # type: ignore[attr-defined]  # as above
        thread.join(timeout=30)
