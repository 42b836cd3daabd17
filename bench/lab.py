"""JupyterLab with our charts, as bench pages use it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page

from bench.browser import VIEW, Meter
from tests.support.documents import Lab, open_lab

CANVAS = ".jp-QuantLab-Chart-canvas:visible"

# Runs a command and waits until so many charts have prices and a frame with them was shown: milliseconds.
OPEN = """async ([command, args, count]) => {
    const { commands, shell } = window.jupyterapp;
    const frame = () => new Promise(done => requestAnimationFrame(done));
    const begun = performance.now();
    const before = shell.currentWidget;
    void commands.execute(command, args);
    const isDrawn = chart => (chart?.surface?.prices?.data().length ?? 0) > 0;
    for (;;) {
        const shown = shell.currentWidget;
        const content = shown === before ? null : shown?.content;
        const charts = content?.charts ? [...content.charts.values()] : [content];
        if (charts.length === count && charts.every(isDrawn)) {
            break;
        }
        // No frames are asked for while nothing is there: each one costs the page something.
        await new Promise(done => setTimeout(done, 4));
    }
    await frame();
    await frame();
    return performance.now() - begun;
}"""

# A second chart like the one in front, over the page and without a tab of JupyterLab's: milliseconds until it is shown.
# `window.mountWith` may have other options for it, with another client.
MOUNT = """async ({ width, height }) => {
    const front = window.jupyterapp.shell.currentWidget.content;
    const { client = front.model._client, ...others } = window.mountWith ?? {};
    const frame = () => new Promise(done => requestAnimationFrame(done));
    const host = document.createElement('div');
    host.id = 'mounted';
    Object.assign(host.style, {
        position: 'fixed', inset: '0 auto auto 0', width: `${width}px`, height: `${height}px`, zIndex: 10000
    });
    document.body.append(host);
    const begun = performance.now();
    const { constructor: Chart, model } = front;
    const chart = new Chart({
        ...front._options, ...others, model: new model.constructor(client, { ...model.state })
    });
    Chart.attach(chart, host);
    chart.node.style.height = '100%';
    while (!(chart.surface?.prices?.data().length > 0)) {
        await new Promise(done => setTimeout(done, 4));
    }
    await frame();
    await frame();
    const taken = performance.now() - begun;
    window.mounted = chart;
    window.unmount = () => {
        chart.dispose();
        host.remove();
    };
    return taken;
}"""


@contextmanager
def lab(home: Path, files: Path) -> Iterator[Lab]:
    """JupyterLab with the bars in ``files``, which are replayed, too."""
    server = Lab(
        home,
        args=(
            f"--MarketSettings.files_folder={files}",
            "--MarketSettings.replay_source=FILES",
        ),
    )
    try:
        server.start()
        yield server
    finally:
        server.terminate()


def lab_page(browser: Browser, server: Lab) -> Meter:
    """A page with JupyterLab, ready for commands."""
    page = browser.new_page(viewport=VIEW)  # type: ignore[arg-type]  # the type is not exported
    open_lab(page, server)
    return Meter(page)


def open_charts(page: Page, command: str, args: dict[str, object], count: int = 1) -> float:
    """Run a command that opens charts, and wait until they show prices; milliseconds."""
    taken: float = page.evaluate(OPEN, [command, args, count])
    return taken


def mount_chart(page: Page, size: tuple[float, float]) -> float:
    """Show another chart like the one in front, in a box of ``size`` pixels and in no tab; milliseconds."""
    width, height = size
    taken: float = page.evaluate(MOUNT, {"width": width, "height": height})
    return taken


def unmount_chart(page: Page) -> None:
    """Take it away."""
    page.evaluate("window.unmount()")


def close_front(page: Page) -> None:
    """Close the tab in front and wait for it to be gone."""
    closed = page.evaluate(
        """() => {
            const widget = window.jupyterapp.shell.currentWidget;
            widget.close();
            return widget.id;
        }"""
    )
    page.wait_for_function("id => document.getElementById(id) === null", arg=closed)


def size_of(page: Page, selector: str) -> tuple[float, float]:
    """Width and height of the first node that fits, in pixels."""
    box = page.locator(selector).first.bounding_box()
    assert box is not None
    return box["width"], box["height"]
