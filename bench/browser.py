"""Pages in a real Chromium, and what they cost: CPU of the page's main thread, as the browser counts it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from bench.measure import Effort
from tests.support.chromium import find_chromium, launch_arguments
from tests.support.process import CHECKOUT, ServerProcess, base_environment
from tests.support.waiting import free_port

VIEW = {"width": 1400, "height": 900}
MODULES = CHECKOUT / "labextension" / "node_modules"

# Moves the pointer with the button down over the middle of the first chart, one step a frame, there and back.
DRAG = """async ({ node, steps, by }) => {
    const box = node.getBoundingClientRect();
    const y = box.top + box.height / 3;
    let x = box.left + box.width / 3;
    let target = document.elementFromPoint(x, y);
    while (target.shadowRoot) {
        target = target.shadowRoot.elementFromPoint(x, y);
    }
    const send = (type, to, buttons) => to.dispatchEvent(new MouseEvent(type, {
        bubbles: true, composed: true, cancelable: true, view: window, button: 0, buttons, clientX: x, clientY: y,
        screenX: x, screenY: y
    }));
    const frame = () => new Promise(done => requestAnimationFrame(done));
    send('mouseenter', target, 0);
    send('mousemove', target, 0);
    send('mousedown', target, 1);
    for (let step = 0; step < steps; step++) {
        x += step < steps / 2 ? by : -by;
        send('mousemove', target, 1);
        await frame();
    }
    send('mouseup', target, 0);
    await frame();
}"""


@dataclass(frozen=True, slots=True)
class Cost:
    """What something cost a page, in seconds of CPU of its main thread; ``wall`` is what a person waits."""

    script: float
    task: float
    wall: float


class Meter:
    """Counts what a page does from now on."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._session: CDPSession = page.context.new_cdp_session(page)
        # Time in which another process had the processor does not count.
        self._session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def cost(self, act: Callable[[Page], float]) -> Cost:
        """Run ``act``, which answers milliseconds as the page saw them."""
        before = self._metrics()
        wall = act(self.page)
        after = self._metrics()
        script, task = (after[name] - before[name] for name in ("ScriptDuration", "TaskDuration"))
        return Cost(script, task, wall / 1000)

    def heap(self) -> float:
        """Bytes of live objects, after a collection."""
        self._session.send("HeapProfiler.collectGarbage")
        return self._metrics()["JSHeapUsedSize"]

    def _metrics(self) -> dict[str, float]:
        answer = self._session.send("Performance.getMetrics")
        return {each["name"]: each["value"] for each in answer["metrics"]}


def rounds(sides: Mapping[str, Callable[[], Cost]], effort: Effort) -> dict[str, list[Cost]]:
    """Every side once a round, in turning order, after one round that warms caches and is not counted."""
    found: dict[str, list[Cost]] = {name: [] for name in sides}
    for act in sides.values():
        act()
    for number in range(effort.rounds):
        for name in list(sides)[:: -1 if number % 2 else 1]:
            found[name].append(sides[name]())
    return found


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(), args=launch_arguments()
        )
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def static(home: Path) -> Iterator[str]:
    """A server of bench pages, chart libraries and the files in ``home / "data"``; its address."""
    if not MODULES.is_dir():
        raise RuntimeError("run ./dev install first: the chart libraries are not there")
    folders = {
        "pages": CHECKOUT / "bench" / "pages",
        "data": home / "data",
        "lightweight-charts": MODULES / "lightweight-charts" / "dist",
        "klinecharts": MODULES / "klinecharts" / "dist" / "umd",
    }
    folders["data"].mkdir(parents=True, exist_ok=True)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    process = ServerProcess(
        [
            *(sys.executable, "-m", "bench.serverside.static", str(port)),
            *(f"{name}={path}" for name, path in folders.items()),
        ],
        env=base_environment(),
        log=home / "static.log",
        ready_url=f"{url}/pages/page.html",
        cwd=CHECKOUT,
    )
    try:
        process.start()
        yield url
    finally:
        process.terminate()


def bare_page(browser: Browser, url: str) -> Meter:
    """A page that has both libraries and draws nothing yet."""
    page = browser.new_page(viewport=VIEW)  # type: ignore[arg-type]  # the type is not exported
    page.goto(f"{url}/pages/page.html")
    return Meter(page)


def open_bare(
    page: Page,
    files: Sequence[str],
    *,
    size: tuple[float, float],
    columns: int = 1,
    library: str = "lightweight",
) -> float:
    """Open bare charts of files in a grid of ``size`` pixels; milliseconds."""
    width, height = size
    taken: float = page.evaluate(
        "([library, files, shape]) => openCharts(library, files, shape)",
        [
            library,
            [f"/data/{file}" for file in files],
            {"width": width, "height": height, "columns": columns},
        ],
    )
    return taken


def close_bare(page: Page) -> None:
    """Take the charts away."""
    page.evaluate("closeCharts()")


def drag(page: Page, selector: str, steps: int = 120) -> float:
    """Pan the chart in the first node that fits ``selector`` by hand, ``steps`` frames; 0."""
    handle: Any = page.locator(selector).first.element_handle()
    page.evaluate(DRAG, {"node": handle, "steps": steps, "by": 8})
    return 0.0
