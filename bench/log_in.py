"""Signing in, five people a second: how long it takes, what it costs in memory, and whether others notice.

Hashes cost what they cost by default. Health is asked for on the event loop alone, so the time of its answers is also
the longest that something else keeps the loop.
"""

from __future__ import annotations

import json
import os
import threading
import time
from pathlib import Path

from bench.client import Client
from bench.measure import Effort, percentile
from bench.people import PASSWORD, central, paced, register
from bench.report import Row, bounded
from bench.servers import folder

PER_SECOND = 5
MIB = 1024 * 1024
HASH = 19 * MIB
# What else grows while a process works through its first requests: connections, compiled statements, buffers.
SLACK = 16 * MIB


def run(effort: Effort) -> list[Row]:
    """Right passwords at a steady pace, on PostgreSQL."""
    seconds = effort.at_most(5, 30)
    with folder() as home, central(home) as service:
        process = service.start()
        before = _peak(process.pid)
        register(process, "bench")
        body = json.dumps({"login": "bench", "password": PASSWORD, "transport": "body"}).encode()

        def log_in(client: Client, number: int) -> None:
            client.send("POST", "/auth/login", body)

        paced(log_in, process.api_url, per_second=PER_SECOND, seconds=1)
        with _Health(process.url) as health:
            taken, failed = paced(log_in, process.api_url, per_second=PER_SECOND, seconds=seconds)
        grown = _peak(process.pid) - before
    threads = os.cpu_count() or 1
    return [
        bounded("log-ins that failed", len(failed), at_most=0, unit=""),
        bounded("log-in at 5/s, p95", percentile(taken, 0.95), at_most=1.0, unit="ms"),
        bounded("  health meanwhile, p95", percentile(health.taken, 0.95), at_most=0.05, unit="ms"),
        bounded("  event loop kept, p99", percentile(health.taken, 0.99), at_most=0.1, unit="ms"),
        bounded("  peak memory grown", grown, at_most=threads * HASH + SLACK, unit="KiB"),
    ]


class _Health:
    """Asks for health twenty times a second from a thread of its own."""

    def __init__(self, url: str) -> None:
        self.taken: list[float] = []
        self._client = Client(url)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._ask)

    def _ask(self) -> None:
        while not self._stop.wait(0.05):
            began = time.perf_counter()
            self._client.send("GET", "/health/live")
            self.taken.append(time.perf_counter() - began)

    def __enter__(self) -> _Health:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._client.close()


def _peak(pid: int) -> int:
    """The most memory that a process has had, in bytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise ProcessLookupError(pid)
