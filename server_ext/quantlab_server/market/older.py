"""Bars from before what a source answers at once: read page after page, only where somebody asks for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from quantlab_server.market.bars import VALUES, Bars

# Pages that one request reads at most. Who wants more asks again, from `Reach.since` on back.
_PAGES = 4

# Bars before those that are asked for, so that studies have begun when these begin.
_WARM = 1_000


@dataclass(frozen=True, slots=True)
class Reach:
    """Bars without a gap.

    Attributes:
        since: everything from this moment on is in ``bars`` (milliseconds since 1970 UTC).
        complete: the source has none before.
        begins: bars before it are not among the newest ones, which the source answers at once.
    """

    bars: Bars
    since: int
    complete: bool
    begins: int = 0


def reach(
    newest: Bars,
    begins: int,
    asked: tuple[int | None, int | None, int],
    length: int,
    read: Callable[[int, int], Bars],
) -> Reach:
    """The ``newest`` bars with as many older ones as a request needs; or only older ones, where it ends before those.

    Args:
        begins: when ``newest`` begin.
        asked: start, end and limit of the request.
        length: of a page, milliseconds; a page begins at a multiple of it.
        read: the bars in ``[from, to)``, which is a page or the end of one.
    """
    start, end, limit = asked
    since = begins if end is None else min(begins, end)
    parts = [newest] if end is None or end > begins else []
    for _ in range(_PAGES):
        if _before(parts, end) >= limit + _WARM:
            return Reach(joined(parts), since, complete=False, begins=begins)
        if start is not None and _before(parts, start) >= _WARM:
            return Reach(joined(parts), since, complete=False, begins=begins)
        if since <= 0:
            return Reach(joined(parts), since, complete=True, begins=begins)
        page = (since - 1) // length * length
        # The whole page, so that it is read and kept once, however it is asked for.
        whole = read(page, min(page + length, begins))
        # A page in which nothing was traded is where the market began.
        if not len(whole) and min(page + length, begins) - page == length:
            return Reach(joined(parts), since, complete=True, begins=begins)
        parts.insert(0, whole)
        since = page
    return Reach(joined(parts), since, complete=False, begins=begins)


def joined(parts: list[Bars]) -> Bars:
    """Bars that follow each other as one."""
    if len(parts) == 1:
        return parts[0]
    columns = {
        name: np.concatenate([getattr(part, name) for part in parts] or [np.empty(0)])
        for name in VALUES
    }
    times = [part.time for part in parts] or [np.empty(0, dtype=np.int64)]
    return Bars(
        time=np.concatenate(times),
        **columns,
        problems=tuple(problem for part in parts for problem in part.problems),
        problem_count=sum(part.problem_count for part in parts),
    )


def _before(parts: list[Bars], moment: int | None) -> int:
    """How many bars open before a moment; None: all."""
    return sum(part.window(None, moment, len(part)).stop for part in parts)
