"""A live price in a chart of few and of many bars, against a bare page that gives the same bars to the same library.

Ours begins with the messages of the stream, as a chart gets them: the socket before them costs neither side.
"""

from __future__ import annotations

from playwright.sync_api import Page

from bench.browser import Meter, bare_page, chromium, close_bare, open_bare, rounds, static
from bench.charts import CHART, COMMAND, FIRST, MANY, load_all, save
from bench.lab import (
    CANVAS,
    close_front,
    lab,
    lab_page,
    mount_chart,
    open_charts,
    size_of,
    unmount_chart,
)
from bench.market import walk, write
from bench.measure import Effort
from bench.report import Row, compared
from bench.servers import folder

CHANGES = 30

# The next chart that is mounted has a live source: it hears what `window.send` is given.
SOURCE = """() => {
    const real = window.jupyterapp.shell.currentWidget.content.model._client;
    const client = new Proxy(real, {
        get: (_, name) => name === 'instrument'
            ? async (...asked) => ({ ...(await real.instrument(...asked)), live: true })
            : typeof real[name] === 'function' ? real[name].bind(real) : real[name]
    });
    const stream = {
        state: 'connected',
        stateChanged: { connect: () => true, disconnect: () => true },
        listen: (topic, hear) => {
            window.send = bar => hear({ type: 'quotes', note: '', timeframe: '1m', bars: [bar] });
            return { isDisposed: false, dispose: () => undefined };
        }
    };
    window.mountWith = { client, live: { stream, client } };
}"""
# The first message has the chart read what it may have missed; from then on messages alone count.
BEGIN = """async () => {
    const { bars } = window.mounted.model;
    const last = bars.time.length - 1;
    window.bar = Object.fromEntries(Object.entries(bars).map(([name, values]) => [name, values[last]]));
    send({ ...window.bar });
    while (window.mounted._following._own._state !== 'ready') {
        await new Promise(done => setTimeout(done, 50));
    }
}"""
BEGIN_BARE = """async file => {
    const { columns } = await (await fetch(file)).json();
    const last = columns.time.length - 1;
    window.bar = Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, values[last]]));
    window.send = bar => charts[0].update(bar);
}"""
# One change a frame, as charts paint no more of them; each tenth begins a new bar.
CHANGE = """async count => {
    const frame = () => new Promise(done => requestAnimationFrame(done));
    for (let change = 0; change < count; change++) {
        const { bar } = window;
        if (change % 10 === 0) {
            const { close } = bar;
            Object.assign(bar, { time: bar.time + 60_000, open: close, high: close, low: close });
        }
        bar.close = Math.round((bar.close + (change % 3 - 1) * 0.01) * 100) / 100;
        bar.high = Math.max(bar.high, bar.close);
        bar.low = Math.min(bar.low, bar.close);
        send({ ...bar });
        await frame();
    }
    await frame();
    await frame();
}"""
NEWEST = "window.mounted.surface.prices.data().at(-1)"


def run(effort: Effort) -> list[Row]:
    """Few bars, and many."""
    rows: list[Row] = []
    with folder() as home, chromium() as browser:
        files = home / "files"
        write(files, "MANY", walk(MANY, 1))
        with lab(home / "lab", files) as server, static(home) as url:
            save(server, home / "data")
            ours, bare = lab_page(browser, server), bare_page(browser, url)
            for count in (FIRST, MANY):
                rows += _updating(effort, ours, bare, count)
    return rows


def _updating(effort: Effort, ours: Meter, bare: Meter, count: int) -> list[Row]:
    open_charts(ours.page, COMMAND, CHART)
    size = size_of(ours.page, CANVAS)
    ours.page.evaluate(SOURCE)
    mount_chart(ours.page, size_of(ours.page, ".jp-QuantLab-Chart:visible"))
    if count == MANY:
        load_all(ours.page, "window.mounted")
    ours.page.evaluate(BEGIN)
    open_bare(bare.page, [f"{count}.json"], size=size)
    bare.page.evaluate(BEGIN_BARE, f"/data/{count}.json")
    found = rounds({"ours": lambda: ours.cost(_change), "bare": lambda: bare.cost(_change)}, effort)
    _expect_same(ours.page)
    unmount_chart(ours.page)
    close_front(ours.page)
    close_bare(bare.page)
    return [
        compared(
            f"{count} bars, a live update, {what}",
            [getattr(cost, name) / CHANGES for cost in found["ours"]],
            [getattr(cost, name) / CHANGES for cost in found["bare"]],
            at_most=target,
        )
        for what, name, target in (
            ("scripting", "script", 1.3 if count == MANY else None),
            ("CPU of the page", "task", None),
        )
    ]


def _change(page: Page) -> float:
    page.evaluate(CHANGE, CHANGES)
    return 0.0


def _expect_same(page: Page) -> None:
    """What was sent has been drawn; else nothing was measured."""
    sent, drawn = page.evaluate(f"[window.bar, {NEWEST}]")
    if (drawn["time"], drawn["close"]) != (sent["time"] / 1000, sent["close"]):
        raise RuntimeError(f"{drawn} is drawn, and {sent} was sent")
