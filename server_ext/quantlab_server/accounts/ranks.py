"""Which role is above which. Nobody gives a role above the own one, or acts on somebody above."""

from __future__ import annotations

from quantlab_server.errors import Forbidden

_RANK = {"user": 0, "admin": 1, "operator": 2}


class AboveYou(Forbidden):
    """403: a role above the caller's own."""

    code = "above_you"
    message = "Only somebody with at least that role can do this."


def is_above(role: str, other: str) -> bool:
    """Whether a role may do more than another."""
    return _RANK[role] > _RANK[other]


def require_not_above(role: str, mine: str) -> None:
    """Make sure that somebody with the role ``mine`` may give another, or act on who has it.

    Raises:
        AboveYou
    """
    if is_above(role, mine):
        raise AboveYou
