"""Where blocking work runs: a bounded pool of database threads, and a process for large bodies."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor
from contextlib import suppress
from contextvars import Context, copy_context
from queue import SimpleQueue
from typing import Any, TypeVar

from loky.backend import get_context, resource_tracker
from loky.process_executor import ProcessPoolExecutor

from quantlab_server.errors import Unavailable

T = TypeVar("T")


# Python puts the folder it starts in before its own library: a notebook folder with a file ``signal.py`` in it would
# end every process that we start there.
_SAFE_PATH = {"PYTHONSAFEPATH": "1"}

# A parsing process that has nothing to do for so long ends, and so does one whose server was killed. Seconds.
_IDLE = 600

# The context to run in, the function, where the result goes.
_Job = tuple[Context, Callable[[], Any], "asyncio.Future[Any]"]


class _Threads:
    """Threads that take jobs from one queue and hand results to the event loop.

    ``ThreadPoolExecutor`` makes a second future with a lock of its own for each job and spreads jobs over its threads
    in turn; this costs half of that per job, and one request at a time stays on one thread, whose caches are warm.
    """

    def __init__(self, amount: int, landed: Callable[[], None]) -> None:
        self._amount = amount
        self._landed = landed
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []

    def start(self, function: Callable[[], T], wanted: int) -> asyncio.Future[T]:
        """Have ``function`` run in the caller's context; ``wanted`` is how many jobs there are now."""
        if len(self._threads) < min(wanted, self._amount):
            name = f"quantlab-db_{len(self._threads)}"
            thread = threading.Thread(target=self._work, name=name, daemon=True)
            thread.start()
            self._threads.append(thread)
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        # Another thread starts without context variables (request id, Jupyter's call context): carry them over.
        self._jobs.put((copy_context(), function, future))
        return future

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            context, function, future = job
            result: Any = None
            problem: BaseException | None = None
            try:
                result = context.run(function)
            except BaseException as error:
                problem = error
            # The loop may be closed by now: then nobody waits for the result.
            with suppress(RuntimeError):
                future.get_loop().call_soon_threadsafe(self._land, future, result, problem)
            # An idle thread must not keep the last request alive.
            del job, context, function, future, result, problem

    def _land(
        self, future: asyncio.Future[Any], result: Any, problem: BaseException | None
    ) -> None:
        self._landed()
        if future.done():
            return  # the client gave up; the work was done all the same
        if problem is None:
            future.set_result(result)
        elif isinstance(problem, StopIteration):
            # A future refuses that one, and whoever waits would wait for ever.
            future.set_exception(RuntimeError("a job ended with StopIteration"))
        else:
            future.set_exception(problem)

    def close(self) -> None:
        """Wait for what was started, then end the threads."""
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()
        self._threads.clear()


class Workers:
    """Threads for the database and, started on first use, a process for parsing.

    A JSON parser holds the interpreter lock: a large body parsed in a thread would stop the event loop, so it
    goes to another process.
    """

    def __init__(self, threads: int, max_in_flight: int, *, processes: int = 1) -> None:
        self._threads = _Threads(threads, self._landed)
        self._max_in_flight = max_in_flight
        self._max_parsing = 4 * processes
        self._in_flight = 0
        self._parsing = 0
        self._processes = processes
        self._process_pool: ProcessPoolExecutor | None = None
        self._lock = threading.Lock()

    async def run(self, function: Callable[[], T]) -> T:
        """Run ``function`` on a database thread.

        The threads' queue is unbounded, so what is in flight is counted here. A thread cannot be cancelled: the
        place is free when the work ends, not when the client gives up.

        Raises:
            Unavailable: too many requests wait already.
        """
        if self._in_flight >= self._max_in_flight:
            raise Unavailable
        future = self._threads.start(function, self._in_flight + 1)
        self._in_flight += 1
        return await future

    @property
    def idle(self) -> bool:
        """No thread works for anybody."""
        return self._in_flight == 0

    def _landed(self) -> None:
        self._in_flight -= 1

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
                _start_resource_tracker()
                # Forking a process that has threads can deadlock, and the standard library's "spawn" imports
                # the server's main module again: JupyterLab's takes a second and 60 MB. "loky" does neither.
                self._process_pool = ProcessPoolExecutor(
                    self._processes, timeout=_IDLE, context=get_context("loky"), env=_SAFE_PATH
                )
            return self._process_pool

    def close(self) -> None:
        """Wait for running work, then end threads and process."""
        self._threads.close()
        with self._lock:
            if self._process_pool is not None:
                self._process_pool.shutdown(wait=True)
                self._process_pool = None


def _start_resource_tracker() -> None:
    """Start the process that clears up after a killed pool; it takes its environment from ours alone."""
    before = {name: os.environ.get(name) for name in _SAFE_PATH}
    os.environ.update(_SAFE_PATH)
    try:
        resource_tracker.ensure_running()
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
