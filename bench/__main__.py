"""``python -m bench [names] [--check] [--quick] [--json FILE]``"""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

from bench.measure import QUICK, Effort
from bench.report import Row, as_json, render

# Each is a module of this package with ``run(effort) -> list[Row]``.
BENCHMARKS = (
    "embedded",
    "blocking",
    "authentication",
    "sign_in",
    "log_in",
    "refresh",
    "revocation",
    "listing",
    "central",
    "frontend",
    "bars",
    "charts",
    "live",
    "layouts",
    "libraries",
)


def main() -> int:
    """Run the chosen benchmarks; 1 when one broke, or with --check when a target is missed."""
    options = _options()
    effort = QUICK if options.quick else Effort()
    rows: list[Row] = []
    broken: list[str] = []
    for name in options.names or BENCHMARKS:
        print(f"{name} …", file=sys.stderr, flush=True)
        try:
            found = importlib.import_module(f"bench.{name}").run(effort)
        except Exception as error:
            # One that cannot run (no Chromium, a server that does not start) must not hide the others.
            broken.append(f"{name}: {type(error).__name__}: {error}")
            continue
        rows += found
        if not options.json:
            print(render(found), file=sys.stderr, flush=True)
    if options.json:
        options.json.write_text(as_json(rows, _facts(options.quick)) + "\n")
    print(render(rows))
    for problem in broken:
        print(f"did not run: {problem}", file=sys.stderr)
    over = any(row.ok is False for row in rows)
    return 1 if broken or (options.check and over) else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(BENCHMARKS)}")
    parser.add_argument("--check", action="store_true", help="exit 1 when a target is missed")
    parser.add_argument("--quick", action="store_true", help="few short rounds: for a first look")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the rows here")
    options = parser.parse_args()
    unknown = set(options.names) - set(BENCHMARKS)
    if unknown:
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    return options


def _facts(quick: bool) -> dict[str, object]:
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "processors": os.cpu_count(),
        "load": os.getloadavg(),
        "quick": quick,
    }


if __name__ == "__main__":
    sys.exit(main())
