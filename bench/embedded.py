"""Embedded: saving and opening a workflow against a stock Jupyter server's workspaces and contents APIs.

CPU of the server process per request, same client, keep-alive, Jupyter's token in the header on both sides. Every
save of ours changes the content, names the version that it follows, and is durable when it is answered.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from bench.client import Client
from bench.documents import KB, MB, notebook, touch
from bench.measure import Contestant, Effort, cpu_per_request
from bench.report import Row, compared
from bench.servers import folder, jupyter, jupyter_client

# Size, share of pictures, then per method the most that ours may cost of workspaces and of contents.
CASES: tuple[tuple[str, int, float, dict[str, dict[str, float]]], ...] = (
    (
        "2 KB",
        2 * KB,
        0.0,
        {"PUT": {"workspaces": 0.8, "contents": 1 / 3}, "GET": {"workspaces": 0.8}},
    ),
    (
        "50 KB",
        50 * KB,
        0.0,
        {"PUT": {"workspaces": 0.9, "contents": 1 / 6}, "GET": {"workspaces": 0.5}},
    ),
    ("1 MB", MB, 0.7, {"PUT": {"contents": 0.7}, "GET": {"contents": 1 / 8}}),
)

Exchange = Callable[[str], Callable[[], object]]


def run(effort: Effort) -> list[Row]:
    """All sizes, both methods."""
    rows: list[Row] = []
    with ExitStack() as stack:
        home = stack.enter_context(folder())
        ours = stack.enter_context(jupyter(home / "ours"))
        stock = stack.enter_context(jupyter(home / "stock", stock=True))
        for label, size, pictures, targets in CASES:
            document = notebook(size, pictures=pictures)
            sides = {
                "ours": (ours.pid, _workflows(jupyter_client(ours), label, document)),
                "workspaces": (stock.pid, _workspaces(jupyter_client(stock), label, document)),
                "contents": (stock.pid, _contents(jupyter_client(stock), label, document)),
            }
            for method in ("PUT", "GET"):
                contestants = {
                    name: Contestant(pid, exchange(method))
                    for name, (pid, exchange) in sides.items()
                }
                figures = cpu_per_request(contestants, effort)
                rows += [
                    compared(
                        f"{method} {label} / {floor}",
                        figures["ours"],
                        figures[floor],
                        at_most=targets[method].get(floor),
                    )
                    for floor in ("workspaces", "contents")
                ]
    return rows


class _Edits:
    """A notebook that is different at every look."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        self._count = 0

    def next(self) -> dict[str, Any]:
        """The document, edited."""
        self._count += 1
        touch(self._document, self._count)
        return self._document


def _workflows(client: Client, label: str, document: dict[str, Any]) -> Exchange:
    edits = _Edits(document)
    body = json.dumps({"name": label, "notebook": edits.next()}).encode()
    made = client.send("POST", "/quantlab/api/workflows", body).json()
    path = f"/quantlab/api/workflows/{made['id']}"
    version = made["version"]

    def put() -> None:
        nonlocal version
        body = json.dumps({"notebook": edits.next()}).encode()
        answer = client.send("PUT", path, body, If_Match=f'"{version}"')
        expected = f'"{version + 1}"'
        if answer.headers["etag"] != expected:
            raise RuntimeError(f"expected version {expected}, got {answer.headers['etag']}")
        version += 1

    return lambda method: put if method == "PUT" else lambda: client.send("GET", path)


def _workspaces(client: Client, label: str, document: dict[str, Any]) -> Exchange:
    edits = _Edits(document)
    name = label.replace(" ", "").lower()
    path = f"/lab/api/workspaces/{name}"

    def put() -> None:
        document = {"data": edits.next(), "metadata": {"id": name}}
        client.send("PUT", path, json.dumps(document).encode())

    put()
    return lambda method: put if method == "PUT" else lambda: client.send("GET", path)


def _contents(client: Client, label: str, document: dict[str, Any]) -> Exchange:
    edits = _Edits(document)
    path = f"/api/contents/{label.replace(' ', '').lower()}.ipynb"

    def put() -> None:
        model = {"type": "notebook", "format": "json", "content": edits.next()}
        client.send("PUT", path, json.dumps(model).encode())

    put()
    return lambda method: (
        put if method == "PUT" else lambda: client.send("GET", f"{path}?type=notebook&content=1")
    )
