"""What installing QuantLab, dependencies included, adds to JupyterLab's start."""

from __future__ import annotations

from playwright.sync_api import Browser

from tests.support.jupyter import JupyterServerProcess
from tests.support.weight import Weight, weigh

MAX_BYTES = 150 * 1024
MAX_REQUESTS = 2
READY = ".jp-Launcher-body"


def added(ours: Weight, stock: Weight) -> str:
    """Requests that stock JupyterLab does not make, for the message."""

    def path(url: str) -> str:
        return url.split("#")[0].split("?")[0].split("/", 3)[3]

    known = {path(url) for url in stock.requests}
    return "\n".join(
        f"{size:>9} {path(url)}" for url, size in ours.requests.items() if path(url) not in known
    )


def test_the_start_of_jupyterlab_stays_light(
    browser: Browser, wheel_lab: JupyterServerProcess, stock_lab: JupyterServerProcess
) -> None:
    stock = weigh(browser, stock_lab.lab_url, ready=READY)
    ours = weigh(browser, wheel_lab.lab_url, ready=READY)
    requests = len(ours.requests) - len(stock.requests)
    size = ours.bytes - stock.bytes
    print(f"added to {stock.bytes} bytes in {len(stock.requests)} requests: {size} in {requests}")
    assert requests <= MAX_REQUESTS, added(ours, stock)
    assert size <= MAX_BYTES, added(ours, stock)
