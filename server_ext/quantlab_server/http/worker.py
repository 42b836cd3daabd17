"""Where blocking work runs: a bounded pool of database threads, and a process for large bodies."""

from __future__ import annotations

import asyncio
import multiprocessing
import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor, ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, TypeVar

from quantlab_server.errors import Unavailable

T = TypeVar("T")


class Workers:
    """Threads for the database and, started on first use, a process for parsing.

    A JSON parser holds the interpreter lock: a large body parsed in a thread would stop the event loop, so it
    goes to another process.
    """

    def __init__(self, threads: int, max_in_flight: int, *, processes: int = 1) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="quantlab-db")
        self._max_in_flight = max_in_flight
        self._max_parsing = 4 * processes
        self._in_flight = 0
        self._parsing = 0
        self._processes = processes
        self._process_pool: ProcessPoolExecutor | None = None
        self._lock = threading.Lock()

    async def run(self, function: Callable[[], T]) -> T:
        """Run ``function`` on a database thread.

        The executor's own queue is unbounded, so what is in flight is counted here.

        Raises:
            Unavailable: too many requests wait already.
        """
        if self._in_flight >= self._max_in_flight:
            raise Unavailable
        self._in_flight += 1
        loop = asyncio.get_running_loop()
        # run_in_executor drops context variables (request id, Jupyter's call context): carry them over.
        future = loop.run_in_executor(self._threads, copy_context().run, function)
        # A thread cannot be cancelled: the place is free when the work ends, not when the client gives up.
        future.add_done_callback(self._landed)
        return await asyncio.shield(future)

    def _landed(self, future: asyncio.Future[Any]) -> None:
        self._in_flight -= 1
        if not future.cancelled():
            future.exception()  # retrieved here too, for when nobody waits any more

    async def run_in_process(self, function: Callable[..., T], *args: Any) -> T:
        """Run a module-level ``function`` with picklable arguments in the parsing process.

        Raises:
            Unavailable: too many wait already, or the process died twice.
        """
        if self._parsing >= self._max_parsing:
            raise Unavailable
        self._parsing += 1
        try:
            for attempt in (1, 2):
                pool = self._pool()
                try:
                    return await asyncio.get_running_loop().run_in_executor(pool, function, *args)
                except BrokenExecutor:
                    with self._lock:
                        if self._process_pool is pool:
                            self._process_pool = None
                    if attempt == 2:
                        raise Unavailable from None
            raise AssertionError("unreachable")
        finally:
            self._parsing -= 1

    def _pool(self) -> ProcessPoolExecutor:
        with self._lock:
            if self._process_pool is None:
                # spawn: forking a process that has threads can deadlock.
                self._process_pool = ProcessPoolExecutor(
                    self._processes, mp_context=multiprocessing.get_context("spawn")
                )
            return self._process_pool

    def close(self) -> None:
        """Wait for running work, then end threads and process."""
        self._threads.shutdown(wait=True)
        with self._lock:
            if self._process_pool is not None:
                self._process_pool.shutdown(wait=True, cancel_futures=True)
                self._process_pool = None
