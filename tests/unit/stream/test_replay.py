"""What is kept for those who come back: nothing lost, nothing of another log, and no more than is allowed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantlab_server.stream.replay import CatchUp, Replays


def frame(number: int) -> bytes:
    return str(number).encode()


@given(told=st.integers(0, 12), since=st.integers(0, 12), kept=st.integers(0, 5))
def test_exactly_what_was_missed_is_told_or_all_is_to_be_read(
    told: int, since: int, kept: int
) -> None:
    replays = Replays(channels=1, frames=kept)
    point = replays.catch_up("library:a", None).point
    for number in range(told):
        reached = replays.add("library:a", frame(number))
        assert reached is not None
        if number + 1 == since:
            point = reached
    known = since if since <= told else 0
    found = replays.catch_up("library:a", point)
    newest = replays.catch_up("library:a", None).point
    if told - known <= kept:
        missed = tuple(frame(number) for number in range(known, told))
        assert found == CatchUp(missed, newest, reset=False)
    else:
        assert found == CatchUp((), newest, reset=True)


@pytest.mark.parametrize(
    "point", ["", ".", "x", "other.1", "{}.-1", "{}.9", "{}.", "{}.1x", "{}.¹"]
)
def test_no_other_point_is_believed(point: str) -> None:
    replays = Replays(channels=2, frames=5)
    own = replays.catch_up("library:a", None).point
    replays.add("library:a", b"1")
    name = own.rpartition(".")[0]
    assert replays.catch_up("library:a", point.format(name)).reset
    # Of somebody else.
    assert replays.catch_up("library:b", own) == CatchUp(
        (), replays.catch_up("library:b", None).point, reset=True
    )


def test_the_longest_unused_is_forgotten_and_never_mistaken_for_another() -> None:
    replays = Replays(channels=2, frames=5)
    first = replays.catch_up("library:a", None).point
    replays.catch_up("library:b", None)
    replays.add("library:a", b"1")
    replays.catch_up("library:c", None)
    assert ["library:a" in replays, "library:b" in replays] == [True, False]
    assert replays.add("library:b", b"nobody keeps this") is None
    assert replays.catch_up("library:a", first).frames == (b"1",)
    replays.catch_up("library:b", None)
    replays.catch_up("library:c", None)
    again = replays.catch_up("library:a", first)
    assert (again.frames, again.reset) == ((), True)
