"""Promises about the files of this repository that no other tool checks."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import tomllib
from pathlib import Path

from tests.architecture.source import ROOT

# Written in pieces, so that this file does not match itself.
REGISTRIES = re.compile(
    "|".join(
        (
            r"regi" + r"stry\.(npmjs|yarnpkg)\.",
            r"pythonho" + r"sted\.",
            r"pyp" + r"i\.org",
            r"(deb|security)\.debi" + r"an\.org",
        )
    )
)
TIMED_WAITS = ("time." + "sleep", "wait_for_" + "timeout")


def _tracked(*patterns: str) -> list[Path]:
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = (ROOT / name for name in listing.stdout.split("\0") if name)
    return [path for path in paths if path.is_file()]


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="ignore")


def test_no_file_names_a_package_registry() -> None:
    """Installing must follow the user's own configuration: a mirror, a proxy, no network at all."""
    assert [str(path) for path in _tracked() if REGISTRIES.search(_text(path))] == []


def test_lock_file_has_no_addresses() -> None:
    for path in _tracked("labextension/yarn.lock", "labextension/package-lock.json"):
        resolved = [
            line for line in _text(path).splitlines() if re.search(r"resol.*https?://", line)
        ]
        assert resolved == []


def test_tests_wait_for_conditions_not_for_time() -> None:
    waits = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in _tracked("tests/*.py")
        for node in ast.walk(ast.parse(_text(path)))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(TIMED_WAITS)
    ]
    assert waits == []


def test_versions_of_wheel_and_labextension_agree() -> None:
    project = tomllib.loads(_text(ROOT / "pyproject.toml"))["project"]
    package = json.loads(_text(ROOT / "labextension" / "package.json"))
    assert package["version"] == project["version"]


def test_jupyter_config_sorts_after_the_file_that_it_corrects() -> None:
    """Files of a .d folder are merged in alphabetical order: ours has to come after nbdime's."""
    folder = ROOT / "server_ext" / "jupyter-config" / "server"
    [correction] = [path.name for path in folder.glob("*.json") if "nbdime" in path.name]
    assert correction > "nbdime.json"
