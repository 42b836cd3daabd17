"""Embedded: a page of 50 costs the same whether there are 100 workflows or 10,000."""

from __future__ import annotations

import json

from bench.client import Client
from bench.measure import Contestant, Effort, cpu_per_request
from bench.report import Row, compared
from bench.servers import folder, jupyter, jupyter_client

FEW, MANY, QUICK_MANY = 100, 10_000, 2_000
PAGE = "/quantlab/api/workflows?limit=50"


def run(effort: Effort) -> list[Row]:
    """The first page and one from the middle, of two servers that differ in nothing but how much they hold."""
    many = effort.at_most(QUICK_MANY, MANY)
    with folder() as home, jupyter(home / "few") as one, jupyter(home / "many") as other:
        few, much = jupyter_client(one), jupyter_client(other)
        middles = _fill(few, FEW), _fill(much, many)
        figures = cpu_per_request(
            {
                "few": Contestant(one.pid, lambda: few.send("GET", PAGE)),
                "many": Contestant(other.pid, lambda: much.send("GET", PAGE)),
                "few, middle": Contestant(one.pid, lambda: few.send("GET", middles[0])),
                "many, middle": Contestant(other.pid, lambda: much.send("GET", middles[1])),
            },
            effort,
        )
        few.close()
        much.close()
    return [
        compared(
            f"page of {many} / of {FEW}{where}",
            figures["many" + where],
            figures["few" + where],
            at_most=1.2,
        )
        for where in ("", ", middle")
    ]


def _fill(client: Client, count: int) -> str:
    """Make ``count`` workflows; the address of a page from their middle."""
    for number in range(count):
        body = {
            "name": f"Momentum study {number}",
            "code": f"window = {number}\n",
            "tags": ["aapl", f"t{number % 7}"],
        }
        client.send("POST", "/quantlab/api/workflows", json.dumps(body).encode())
    cursor = ""
    for _ in range(count // 100):
        found = client.send("GET", PAGE + cursor).json()["next_cursor"]
        if found is None:
            break
        cursor = f"&cursor={found}"
    return PAGE + cursor
