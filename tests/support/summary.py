"""Adds up JUnit reports: ``python -m tests.support.summary FOLDER`` ends with one plain line."""

from __future__ import annotations

import sys
from pathlib import Path
from xml.etree import ElementTree


def main(folder: Path) -> int:
    """Print the counts of every report in ``folder``; 1 if a test failed or none was run."""
    totals = dict.fromkeys(("tests", "failures", "errors", "skipped"), 0)
    for report in sorted(folder.glob("*.xml")):
        for suite in ElementTree.parse(report).getroot().iter("testsuite"):
            for name in totals:
                totals[name] += int(suite.get(name, "0"))
    failed = totals["failures"] + totals["errors"]
    passed = totals["tests"] - failed - totals["skipped"]
    skipped = f", {totals['skipped']} skipped" if totals["skipped"] else ""
    print(f"{passed} passed, {failed} failed{skipped}")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
