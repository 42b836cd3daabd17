"""The worked example of docs/developers/write-a-provider.md: installed from the page, it is found and passes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[3] / "docs/developers/write-a-provider.md"

FOUND = """
from quantlab_server.settings_market import MarketSettings
from quantlab_server.market.registry import load_providers
print(*[each.source for each in load_providers(MarketSettings())])
"""


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A folder with the files of the page, and what an installation adds: the entry points."""
    text = PAGE.read_text(encoding="utf-8")
    files = re.findall(r"^```(?:toml|python)\n# (\S+)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert [name for name, _ in files] == ["pyproject.toml", "acme_quantlab.py", "test_acme.py"]
    for name, content in files:
        (tmp_path / name).write_text(content, encoding="utf-8")
    project = tomllib.loads((tmp_path / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    about = tmp_path / "acme_quantlab-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: 1.0\n"
    )
    lines = [
        line
        for group, entries in project["entry-points"].items()
        for line in (f"[{group}]", *(f"{name} = {value}" for name, value in entries.items()))
    ]
    (about / "entry_points.txt").write_text("\n".join(lines))
    return tmp_path


def run(folder: Path, *arguments: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_it_passes_its_own_test(installed: Path) -> None:
    told = run(installed, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_acme.py")
    assert re.search(r"\d{2} passed", told)


def test_it_is_found_where_it_is_configured(installed: Path) -> None:
    sources = run(installed, "-c", FOUND, ACME_PRICES=str(installed / "prices.db")).split()
    assert "ACME" in sources
    assert "ACME" not in run(installed, "-c", FOUND, ACME_PRICES="").split()
