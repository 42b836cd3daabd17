"""Interleaved rounds and medians: what makes a ratio hold on a shared machine."""

from __future__ import annotations

import gc
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bench.cpu import cpu_seconds

Act = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Contestant:
    """One side of a comparison.

    Attributes:
        pid: the server process whose CPU time is counted.
        act: sends one request and raises when it fails.
    """

    pid: int
    act: Act


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to measure."""

    rounds: int = 9
    seconds: float = 0.25
    quick: bool = False

    def at_most(self, requests: int, full: int) -> int:
        """``requests`` when quick, else ``full``."""
        return requests if self.quick else full


QUICK = Effort(rounds=3, seconds=0.1, quick=True)


def cpu_per_request(
    contestants: Mapping[str, Contestant], effort: Effort
) -> dict[str, list[float]]:
    """CPU seconds of the server per request: for each contestant one figure per round.

    Every round asks each contestant in turn, so that what disturbs the machine disturbs all alike. A first round warms
    caches and fixes how many requests a round has: as many as use ``effort.seconds`` of CPU, the same number always.
    """
    amounts = {name: _calibrate(side, effort) for name, side in contestants.items()}
    figures: dict[str, list[float]] = {name: [] for name in contestants}
    gc.collect()
    for number in range(effort.rounds):
        # Turn the order around every other round: nobody always runs on what another left behind.
        names = list(contestants)[:: -1 if number % 2 else 1]
        for name in names:
            figures[name].append(_per_request(contestants[name], amounts[name]))
    return figures


def _calibrate(side: Contestant, effort: Effort) -> int:
    amount = 4
    while True:
        used = _per_request(side, amount) * amount
        if used >= effort.seconds / 4 or amount >= 4096:
            return max(4, min(4096, round(amount * effort.seconds / max(used, 1e-6))))
        amount *= 4


def _per_request(side: Contestant, amount: int) -> float:
    before = cpu_seconds(side.pid)
    for _ in range(amount):
        side.act()
    return (cpu_seconds(side.pid) - before) / amount


def ratio(ours: Sequence[float], floor: Sequence[float]) -> float:
    """Median over the rounds of ours divided by the floor of the same round."""
    return statistics.median(a / b for a, b in zip(ours, floor, strict=True))


def median(values: Sequence[float]) -> float:
    """The median."""
    return statistics.median(values)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that ``share`` (0 to 1) of ``values`` do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
