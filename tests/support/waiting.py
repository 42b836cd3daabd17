"""Waiting for a condition, not for time."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from time import monotonic
from typing import TypeVar

from playwright.sync_api import Page

T = TypeVar("T")


def wait_until(
    condition: Callable[[], T | None],
    *,
    what: str,
    timeout: float = 30.0,
    interval: float = 0.05,
) -> T:
    """Return the first truthy value of ``condition``.

    Args:
        what: finishes the sentence "timed out waiting until ...".
        timeout: seconds.
        interval: seconds between two looks.

    Raises:
        TimeoutError: the condition did not come true in time.
    """
    deadline = monotonic() + timeout
    pause = threading.Event()
    while True:
        value = condition()
        if value:
            return value
        if monotonic() > deadline:
            raise TimeoutError(f"timed out after {timeout:.0f} s waiting until {what}")
        pause.wait(interval)


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nothing listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def time_for_mistakes(page: Page, milliseconds: int) -> None:
    """Give a page time to do what it must not do, before looking that it did not.

    The one wait for time: that something does not happen is no condition that one could wait for.
    """
    page.evaluate("ms => new Promise(done => setTimeout(done, ms))", milliseconds)
