"""CPU time of a server process, its threads and its children, in seconds."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

_TICK = 1.0 / os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """CPU that a process and its descendants have used: threads, live children and reaped ones.

    The kernel's per-process CPU clock is read where there is one (nanoseconds); /proc counts in ticks of 10 ms, which
    is too coarse for a round of a few hundred requests.

    Raises:
        ProcessLookupError: there is no such process.
    """
    total = _own(pid) + _reaped(pid)
    for child in _children(pid):
        with suppress(ProcessLookupError):
            total += cpu_seconds(child)
    return total


def _own(pid: int) -> float:
    try:
        # Linux's clock id of another process: see clock_getcpuclockid(3).
        return time.clock_gettime((~pid << 3) | 2)
    except OSError:
        user, system, _, _ = _times(pid)
        return user + system


def _reaped(pid: int) -> float:
    _, _, user, system = _times(pid)
    return user + system


def _times(pid: int) -> tuple[float, float, float, float]:
    """utime, stime, cutime, cstime."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        raise ProcessLookupError(pid) from None
    # The second field is the program's name in parentheses and may hold blanks.
    fields = text.rpartition(")")[2].split()[11:15]
    user, system, child_user, child_system = (int(field) * _TICK for field in fields)
    return user, system, child_user, child_system


def _children(pid: int) -> list[int]:
    found: list[int] = []
    with suppress(FileNotFoundError, ProcessLookupError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            with suppress(FileNotFoundError, ProcessLookupError):
                found += map(int, (task / "children").read_text().split())
    return found
