"""How soon a second process refuses a token whose session was ended in the first, with a bus and without."""

from __future__ import annotations

import json
import time

from bench.client import Client
from bench.measure import Effort, percentile
from bench.people import PASSWORD, central, register
from bench.report import Row, bounded
from bench.servers import folder

_POLL = 0.002  # seconds between two looks
_GIVE_UP = 30.0


def run(effort: Effort) -> list[Row]:
    """Signing out in one process until the other says 401."""
    with_bus = _ended(bus=True, rounds=effort.at_most(10, 100))
    without = _ended(bus=False, rounds=effort.at_most(2, 10))
    return [
        bounded(
            "signed out elsewhere, with a bus, p99",
            percentile(with_bus, 0.99),
            at_most=1.0,
            unit="ms",
        ),
        bounded("the same without a bus, longest", max(without), at_most=5.0, unit="ms"),
    ]


def _ended(*, bus: bool, rounds: int) -> list[float]:
    with folder() as home, central(home, bus=bus) as service:
        here, there = service.start(), service.start()
        register(here, "bench")
        return [_round(here.api_url, there.api_url) for _ in range(rounds)]


def _round(here: str, there: str) -> float:
    door = Client(here)
    body = {"login": "bench", "password": PASSWORD, "transport": "body"}
    tokens = door.send("POST", "/auth/login", json.dumps(body).encode()).json()
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    first, second = Client(here, headers), Client(there, headers)
    # Now the second process has it in its cache.
    second.send("GET", "/auth/profile")
    first.send("POST", "/auth/logout", b"{}")
    began = time.perf_counter()
    while time.perf_counter() - began < _GIVE_UP:
        try:
            second.send("GET", "/auth/profile")
        except RuntimeError:
            break
        time.sleep(_POLL)
    taken = time.perf_counter() - began
    for client in (door, first, second):
        client.close()
    return taken
