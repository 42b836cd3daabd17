"""What every provider of market data has to keep to, as functions that anybody can run: no test framework is needed.

Each function of `CHECKS` takes a `Known` and raises an `AssertionError` with a sentence. How to use them is in
docs/developers/write-a-provider.md.
"""

from __future__ import annotations

from collections.abc import Callable

from quantlab_server.market.conformance.history import (
    check_calendar,
    check_capabilities,
    check_columns,
    check_days,
    check_empty_history,
    check_empty_ranges,
    check_every_bar_once,
    check_limits,
    check_listing,
    check_nothing_left_to_repair,
    check_old_names,
    check_pages,
    check_ranges,
    check_same_answer,
    check_search,
    check_what_it_does_not_have,
)
from quantlab_server.market.conformance.known import Heard, Known, times_of
from quantlab_server.market.conformance.live import check_live, listen

__all__ = [
    "BAR_CHECKS",
    "CHECKS",
    "Check",
    "Heard",
    "Known",
    "check_all",
    "check_live",
    "listen",
    "times_of",
]

Check = Callable[[Known], None]

BAR_CHECKS: tuple[Check, ...] = (
    check_columns,
    check_every_bar_once,
    check_nothing_left_to_repair,
    check_ranges,
    check_pages,
    check_limits,
    check_empty_ranges,
    check_empty_history,
    check_what_it_does_not_have,
    check_capabilities,
    check_listing,
    check_days,
    check_calendar,
    check_search,
    check_old_names,
    check_same_answer,
)

# The last moves a source on. One `Known` of a live provider is enough for it; others may keep to `BAR_CHECKS`.
CHECKS: tuple[Check, ...] = (*BAR_CHECKS, check_live)


def check_all(known: Known) -> None:
    """All of `CHECKS`, one after the other.

    Raises:
        AssertionError: what the provider does not keep to, in a sentence.
    """
    for check in CHECKS:
        check(known)
