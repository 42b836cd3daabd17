"""Prices inside a bar: made up, but by rule, and honest about the four prices that are known."""

from __future__ import annotations

import itertools
import random

# Open, high, low and close are four different moments.
FEWEST = 4

# How far prices stray from the straight line between two known ones, as a part of the bar's range.
_STRAY = 0.3


def bar_path(
    seed: str, open: float, high: float, low: float, close: float, steps: int
) -> list[float]:
    """``steps`` prices that make this very bar: the first is its open, the last its close, the highest its high, the
    lowest its low.

    The same arguments give the same prices, on every machine and in every version of Python.

    Args:
        seed: whatever names the bar.
        steps: at least `FEWEST`.

    Raises:
        ValueError: fewer steps than known prices.
    """
    if steps < FEWEST:
        raise ValueError(steps)
    # Only random(): it alone is promised to stay the same over versions of Python.
    chance = random.Random(seed).random  # noqa: S311  # no secret is made of it
    low, high = min(low, open, close), max(high, open, close)
    first = 1 + int(chance() * (steps - 3))
    second = first + 1 + int(chance() * (steps - 2 - first))
    turns = (high, low) if chance() < 0.5 else (low, high)
    known = [(0, open), (first, turns[0]), (second, turns[1]), (steps - 1, close)]
    prices = [open]
    for (start, here), (end, there) in itertools.pairwise(known):
        for place in range(start + 1, end):
            part = (place - start) / (end - start)
            # Widest in the middle between two known prices, nothing at both ends.
            stray = (chance() - 0.5) * _STRAY * (high - low) * 4 * part * (1 - part)
            price = here * (1 - part) + there * part + stray
            prices.append(min(max(price, low), high))
        prices.append(there)
    return prices
