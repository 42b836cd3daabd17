"""Which reads may be answered on the event loop."""

from __future__ import annotations

from quantlab_server.http.quick import MAX_BYTES, MAX_SECONDS, QuickReads, read_key

READ = read_key("/workflows", {"limit": ["50"]}, "me")


def test_only_small_and_quick_reads_are_remembered() -> None:
    quick = QuickReads()
    quick.note(READ, size=10, seconds=0.0001, generation=quick.generation)
    assert READ in quick
    quick.note(READ, size=MAX_BYTES + 1, seconds=0.0001, generation=quick.generation)
    assert READ not in quick
    quick.note(READ, size=10, seconds=MAX_SECONDS * 2, generation=quick.generation)
    assert READ not in quick


def test_a_write_makes_everything_unknown_and_so_does_one_meanwhile() -> None:
    quick = QuickReads()
    quick.note(READ, size=10, seconds=0.0001, generation=quick.generation)
    began = quick.generation
    quick.forget()
    assert READ not in quick
    quick.note(READ, size=10, seconds=0.0001, generation=began)
    assert READ not in quick


def test_a_write_of_another_process_makes_everything_unknown() -> None:
    quick = QuickReads()
    quick.look("before")
    quick.note(READ, size=10, seconds=0.0001, generation=quick.generation)
    quick.look("before")
    assert READ in quick
    quick.look("after")
    assert READ not in quick


def test_the_time_that_jupyterlab_adds_makes_no_difference() -> None:
    assert read_key("/workflows", {"limit": ["50"], "1795241753770": [""]}, "me") == READ
    assert read_key("/workflows", {"limit": ["51"]}, "me") != READ
    assert read_key("/workflows", {"limit": ["50"]}, "you") != READ


def test_what_is_remembered_is_bounded() -> None:
    quick = QuickReads()
    for number in range(5000):
        quick.note(number, size=1, seconds=0.0, generation=quick.generation)
    assert sum(number in quick for number in range(5000)) <= 1024
