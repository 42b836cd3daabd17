"""Importing a large library does not stop other threads for the garbage collector."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest

from quantlab_server.market.libraries import load

LARGE = "import gc\nDISABLED = not gc.isenabled()\nmade = [[number] for number in range(50_000)]\n"


def test_the_collector_rests_while_a_module_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a_large_library.py").write_text(LARGE)
    monkeypatch.syspath_prepend(tmp_path)
    module = load("a_large_library")
    assert module.DISABLED
    assert gc.isenabled()
    # What was made is not looked at again.
    assert gc.get_freeze_count() > 50_000
    assert load("a_large_library") is module


def test_it_goes_on_after_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a_broken_library.py").write_text("raise ImportError('not complete')\n")
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("a_broken_library", "no_such_library"):
        with pytest.raises(ImportError):
            load(name)
        assert gc.isenabled()
    gc.unfreeze()
