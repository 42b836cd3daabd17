"""The lists of attacks and of published advisories name tests that there are, and bounds that are declared."""

from __future__ import annotations

import re
import tomllib

from tests.security.evidence import OPERATORS, ROOT, named_in, without_test

TEXT = (OPERATORS / "advisories.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (CVE-.+?) \| (.+?) \| (.+) \|$", TEXT, re.MULTILINE)


def test_every_advisory_has_an_answer() -> None:
    assert len(ROWS) >= 25
    for product in ("jupyter-server", "JupyterHub", "oauthenticator", "PyJWT", "Authlib"):
        assert any(product in advisory for advisory, _, _ in ROWS), product
    assert without_test(TEXT) == []


def test_every_attack_in_the_list_is_tried() -> None:
    page = (OPERATORS / "security.md").read_text(encoding="utf-8")
    assert len(named_in(page)) > 30
    assert without_test(page) == []


def test_lower_bounds_are_past_published_advisories() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    bounds = re.findall(r"`([a-z-]+>=[\d.]+)`", TEXT)
    assert bounds
    for bound in bounds:
        assert bound in declared
