"""A Jupyter server extension that reads and encodes bars and does nothing else: the floor of a page of bars."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import orjson
from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join
from numpy.typing import NDArray
from tornado.web import authenticated

from bench.market import walk

Columns = dict[str, NDArray[np.generic]]

SEED = 1
COUNT = "BENCH_BARS"  # environment: how many bars there are


def page(columns: Columns, before: int, limit: int) -> bytes:
    """The newest ``limit`` bars before a time (milliseconds since 1970 UTC) as JSON columns."""
    end = int(np.searchsorted(columns["time"], before))
    where = slice(max(0, end - limit), end)
    # A slice of a contiguous column is contiguous: the encoder takes it without a copy.
    part = {name: column[where] for name, column in columns.items()}
    return orjson.dumps(part, option=orjson.OPT_SERIALIZE_NUMPY)


class BarsHandler(APIHandler):
    """``?to=&limit=``."""

    def initialize(self, columns: Columns) -> None:
        """``columns`` hold the whole history."""
        self.columns = columns

    @authenticated
    def get(self) -> None:
        """A page."""
        self.set_header("Content-Type", "application/json")
        before, limit = int(self.get_argument("to")), int(self.get_argument("limit"))
        self.finish(page(self.columns, before, limit))

    def compute_etag(self) -> None:
        """No hashing: the floor must not do what ours does not."""
        return


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "bench.serverside.bars"}]


def _load_jupyter_server_extension(app: Any) -> None:
    columns = walk(int(os.environ[COUNT]), SEED)
    path = url_path_join(app.web_app.settings["base_url"], "bench", "bars")
    app.web_app.add_handlers(".*", [(path, BarsHandler, {"columns": columns})])
