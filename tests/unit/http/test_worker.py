"""Threads and the parsing process: bounds, context, cancellation, death."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Iterator
from contextvars import ContextVar
from pathlib import Path

import pytest

from quantlab_server.errors import Unavailable
from quantlab_server.http.worker import Workers

WHO: ContextVar[str] = ContextVar("WHO", default="nobody")


@pytest.fixture
def workers() -> Iterator[Workers]:
    made = Workers(2, 3)
    yield made
    made.close()


def test_context_variables_reach_the_thread(workers: Workers) -> None:
    async def run() -> str:
        WHO.set("me")
        return await workers.run(WHO.get)

    assert asyncio.run(run()) == "me"


def test_what_waits_is_bounded(workers: Workers) -> None:
    release = threading.Event()

    async def run() -> None:
        waiting = [asyncio.create_task(workers.run(release.wait)) for _ in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(Unavailable) as refused:
            await workers.run(release.wait)
        assert refused.value.headers["Retry-After"] == "1"
        release.set()
        assert await asyncio.gather(*waiting) == [True] * 3
        assert await workers.run(lambda: "free again") == "free again"

    asyncio.run(run())


def test_a_client_that_leaves_does_not_free_the_place_early(workers: Workers) -> None:
    release, ended = threading.Event(), threading.Event()

    def work() -> None:
        release.wait()
        ended.set()

    async def run() -> None:
        tasks = [asyncio.create_task(workers.run(work)) for _ in range(3)]
        await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with pytest.raises(Unavailable):
            await workers.run(work)
        release.set()

    asyncio.run(run())
    assert ended.wait(10)


def test_whatever_a_job_raises_ends_the_wait(workers: Workers) -> None:
    def ask() -> None:
        next(iter(()))

    async def run() -> None:
        with pytest.raises(RuntimeError):
            await asyncio.wait_for(workers.run(ask), 20)
        assert workers.idle

    asyncio.run(run())


def test_a_dead_parsing_process_is_replaced(workers: Workers) -> None:
    async def run() -> tuple[int, int]:
        first = await workers.run_in_process(os.getpid)
        os.kill(first, signal.SIGKILL)
        return first, await workers.run_in_process(os.getpid)

    first, second = asyncio.run(run())
    assert first != second
    assert os.getpid() not in (first, second)


def test_files_of_the_current_folder_are_not_taken_for_modules(
    workers: Workers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("signal", "pickle", "orjson"):
        (tmp_path / f"{module}.py").write_text("raise SystemExit('taken for a module')\n")
    monkeypatch.chdir(tmp_path)

    assert asyncio.run(workers.run_in_process(int, "7")) == 7
    assert "PYTHONSAFEPATH" not in os.environ


def test_errors_come_back(workers: Workers) -> None:
    async def run() -> None:
        with pytest.raises(ValueError, match="invalid literal"):
            await workers.run(lambda: int("x"))
        with pytest.raises(ValueError, match="invalid literal"):
            await workers.run_in_process(int, "x")

    asyncio.run(run())
