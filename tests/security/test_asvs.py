"""The list of requirements is whole, counts right, and names tests and pages that there are."""

from __future__ import annotations

import re

from tests.security.evidence import OPERATORS, ROOT, anchors_of, named_in, without_test

PAGE = OPERATORS / "asvs.md"
TEXT = PAGE.read_text(encoding="utf-8")
# Number, level, what it asks for, evidence.
ROWS = re.findall(r"^\| (V[\d.]+) \| (\d) \| (.+?) \| (.+) \|$", TEXT, re.MULTILINE)
KINDS = {
    "tests": "`tests/",
    "pages": "written in [",
    "not ours": "does not apply: ",
    "unmet": "not met: ",
}


def _of(kind: str) -> list[str]:
    return [evidence for _, _, _, evidence in ROWS if evidence.startswith(KINDS[kind])]


def test_every_requirement_of_the_levels_is_there_once() -> None:
    listed = (ROOT / "tests/data/asvs-5.0.0-levels-1-2.txt").read_text().split("\n")
    assert [f"{number} {level}" for number, level, _, _ in ROWS] == [
        line for line in listed if line
    ]


def test_every_requirement_has_evidence_of_one_kind() -> None:
    assert sum(len(_of(kind)) for kind in KINDS) == len(ROWS)
    for evidence in _of("tests"):
        assert named_in(evidence), evidence
    for kind in ("not ours", "unmet"):
        assert all(len(evidence) > len(KINDS[kind]) + 5 for evidence in _of(kind))


def test_every_test_in_the_list_exists() -> None:
    assert without_test(TEXT) == []


def test_every_page_in_the_list_exists() -> None:
    for target in re.findall(r"\]\(([^)]+)\)", "".join(row[3] for row in ROWS)):
        name, _, anchor = target.partition("#")
        assert (OPERATORS / name).is_file(), target
        assert not anchor or anchor in anchors_of(OPERATORS / name), target


def test_the_head_counts_right() -> None:
    counts = [len(ROWS), *(len(_of(kind)) for kind in KINDS)]
    said = re.search(
        r"of (\d+) requirements, (\d+) are shown by tests, (\d+) ask for something to be written"
        r" down and say where, (\d+) do not apply,\s+and (\d+) are not met",
        TEXT,
    )
    assert said is not None
    assert [int(number) for number in said.groups()] == counts
