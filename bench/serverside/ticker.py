"""A Jupyter server extension that measures how long the event loop was busy with one thing."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path
from typing import Any

from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join
from tornado.web import authenticated

EVERY = 0.001


class Ticker:
    """Runs every millisecond; ``longest`` is the longest delay beyond that, in seconds.

    The time in which the loop's thread was ready and the kernel ran something else is taken off: on a machine with
    other work that alone is tens of milliseconds, on an idle server too.
    """

    def __init__(self) -> None:
        self.longest = 0.0
        self._schedstat = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat")

    async def run(self) -> None:
        """For ever."""
        last, waited = time.perf_counter(), self._waited()
        while True:
            await asyncio.sleep(EVERY)
            now, waiting = time.perf_counter(), self._waited()
            self.longest = max(self.longest, now - last - EVERY - (waiting - waited))
            last, waited = now, waiting

    def _waited(self) -> float:
        """Seconds that the loop's thread has waited for a processor."""
        return int(self._schedstat.read_bytes().split()[1]) * 1e-9


class GapHandler(APIHandler):
    """Answers the longest gap, and begins anew."""

    def initialize(self, ticker: Ticker) -> None:
        """``ticker`` is the one that runs."""
        self.ticker = ticker

    @authenticated
    def get(self) -> None:
        """The longest gap since the last look."""
        longest, self.ticker.longest = self.ticker.longest, 0.0
        self.finish({"longest": longest})


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "bench.serverside.ticker"}]


def _load_jupyter_server_extension(app: Any) -> None:
    ticker = Ticker()
    path = url_path_join(app.web_app.settings["base_url"], "bench", "gap")
    app.web_app.add_handlers(".*", [(path, GapHandler, {"ticker": ticker})])
    app.io_loop.add_callback(ticker.run)
