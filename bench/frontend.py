"""What installing QuantLab, dependencies included, adds to JupyterLab before it is ready: bytes and requests.

Needs two environments, as ``./dev wheel`` makes them: QUANTLAB_WHEEL_VENV with our wheel and nothing else,
QUANTLAB_STOCK_VENV with the same JupyterLab and nothing of ours.
"""

from __future__ import annotations

import os
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from bench.measure import Effort
from bench.report import Row, bounded
from bench.servers import folder
from tests.support.chromium import find_chromium, launch_arguments
from tests.support.jupyter import JupyterServerProcess
from tests.support.weight import Weight, weigh

READY = ".jp-Launcher-body"
KIB = 1024


def run(effort: Effort) -> list[Row]:
    """Weigh both; the floor is stock JupyterLab, ours what is added to it."""
    environments = {name: os.environ.get(f"QUANTLAB_{name}_VENV") for name in ("WHEEL", "STOCK")}
    if None in environments.values():
        raise RuntimeError(
            "run ./dev wheel, then ./dev bench frontend: it needs QUANTLAB_WHEEL_VENV and QUANTLAB_STOCK_VENV"
        )
    with folder() as home, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(), args=launch_arguments()
        )
        stock, ours = (
            _weigh(browser, home / name, Path(str(environments[name])))
            for name in ("STOCK", "WHEEL")
        )
        browser.close()
    return [
        bounded(
            "added before ready",
            ours.bytes - stock.bytes,
            at_most=150 * KIB,
            unit="KiB",
            floor=stock.bytes,
        ),
        bounded(
            "requests added",
            len(ours.requests) - len(stock.requests),
            at_most=2,
            unit="",
            floor=len(stock.requests),
        ),
    ]


def _weigh(browser: Browser, home: Path, venv: Path) -> Weight:
    server = JupyterServerProcess(home, executable=str(venv / "bin" / "jupyter"))
    try:
        server.start()
        return weigh(browser, server.lab_url, ready=READY)
    finally:
        server.terminate()
