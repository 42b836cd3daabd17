"""What installing QuantLab, dependencies included, adds to JupyterLab's start."""

from __future__ import annotations

from playwright.sync_api import Browser

from tests.support.jupyter import JupyterServerProcess
from tests.support.weight import Weight, weigh

MAX_BYTES = 150 * 1024
MAX_REQUESTS = 2
READY = ".jp-Launcher-body"


def path(url: str) -> str:
    """The path of a request as :func:`weigh` names it."""
    return url.split("#")[0].split("?")[0].split("/", 3)[3]


def count(weight: Weight) -> int:
    """How many requests. JupyterLab asks its own API again and again: how often before it is ready is the machine's."""
    paths = [path(url) for url in weight.requests]
    asked_again = {one for one in paths if one.startswith("api/")}
    return len(asked_again) + sum(one not in asked_again for one in paths)


def added(ours: Weight, stock: Weight) -> str:
    """Requests that stock JupyterLab does not make, for the message."""
    known = {path(url) for url in stock.requests}
    return "\n".join(
        f"{size:>9} {path(url)}" for url, size in ours.requests.items() if path(url) not in known
    )


def test_the_start_of_jupyterlab_stays_light(
    browser: Browser, wheel_lab: JupyterServerProcess, stock_lab: JupyterServerProcess
) -> None:
    stock = weigh(browser, stock_lab.lab_url, ready=READY)
    ours = weigh(browser, wheel_lab.lab_url, ready=READY)
    requests = count(ours) - count(stock)
    size = ours.bytes - stock.bytes
    print(f"added to {stock.bytes} bytes in {count(stock)} requests: {size} in {requests}")
    assert requests <= MAX_REQUESTS, added(ours, stock)
    assert size <= MAX_BYTES, added(ours, stock)
