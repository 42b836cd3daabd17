"""Embedded: how long a 20 MB save keeps the event loop from everything else.

A ticker inside the server process asks to run every millisecond and keeps the longest time between two runs. The
floor is the same on the idle server, so that what the machine itself does to a ticker can be seen.
"""

from __future__ import annotations

import json
import time

from bench.client import Client
from bench.documents import MB, notebook, touch
from bench.measure import Effort, median
from bench.report import Row, bounded
from bench.servers import folder, jupyter, jupyter_client

LIMIT = 0.010
SIZE = 19 * MB


def run(effort: Effort) -> list[Row]:
    """The longest gap during saves, opens and when idle: the median over several of each."""
    with (
        folder() as home,
        jupyter(home / "ours", extensions=("bench.serverside.ticker",)) as server,
    ):
        client = jupyter_client(server)
        document = notebook(SIZE, pictures=0.9)
        made = client.send("POST", "/quantlab/api/workflows", _body(document, 0, "big")).json()
        path, version = f"/quantlab/api/workflows/{made['id']}", made["version"]
        saving, opening, idle = [], [], []
        for number in range(1, effort.at_most(3, 9) + 1):
            body = _body(document, number)
            _gap(client)
            started = time.monotonic()
            client.send("PUT", path, body, If_Match=f'"{version}"')
            took = time.monotonic() - started
            saving.append(_gap(client))
            version += 1
            client.send("GET", path)
            opening.append(_gap(client))
            time.sleep(took)
            idle.append(_gap(client))
        client.close()
    floor = median(idle)
    return [
        bounded("loop gap, PUT 19 MB", median(saving), at_most=LIMIT, unit="ms", floor=floor),
        bounded("loop gap, GET 19 MB", median(opening), at_most=LIMIT, unit="ms", floor=floor),
    ]


def _body(document: dict[str, object], number: int, name: str | None = None) -> bytes:
    touch(document, number)
    named = {} if name is None else {"name": name}
    return json.dumps({**named, "notebook": document}).encode()


def _gap(client: Client) -> float:
    """The longest gap since the last look, in seconds."""
    return float(client.send("GET", "/bench/gap").json()["longest"])
