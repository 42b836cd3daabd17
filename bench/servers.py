"""The processes that are compared, in throw-away folders that are removed afterwards."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.client import Client
from tests.support.jupyter import JupyterServerProcess
from tests.support.process import CHECKOUT, ServerProcess, base_environment
from tests.support.waiting import free_port

# What our installation brings along: a stock server runs without it.
_OURS = ("quantlab_server", "nbdime")


@contextmanager
def folder() -> Iterator[Path]:
    """A throw-away folder on the disk of the checkout's machine (durable commits must reach a disk)."""
    path = Path(tempfile.mkdtemp(prefix="ql-bench-"))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def jupyter(
    home: Path,
    *,
    stock: bool = False,
    extensions: tuple[str, ...] = (),
    args: tuple[str, ...] = (),
    env: dict[str, str] | None = None,
) -> Iterator[JupyterServerProcess]:
    """A running ``jupyter server``: with QuantLab, or without anything that its installation brings."""
    chosen = dict.fromkeys(extensions, True) | dict.fromkeys(_OURS if stock else (), False)
    config = home / "config" / "jupyter_server_config.json"
    config.parent.mkdir(parents=True)
    config.write_text(json.dumps({"ServerApp": {"jpserver_extensions": chosen}}))
    path = {"PYTHONPATH": str(CHECKOUT)} if extensions else {}
    server = JupyterServerProcess(home, app="server", args=args, env={**path, **(env or {})})
    try:
        server.start()
        yield server
    finally:
        server.terminate()


def jupyter_client(server: JupyterServerProcess, path: str = "") -> Client:
    """A client that passes Jupyter's door by its token; ``path`` is below the base URL."""
    return Client(server.url + path, {"Authorization": f"token {server.token}"})


@contextmanager
def bare_tornado(home: Path, body: bytes) -> Iterator[tuple[ServerProcess, str]]:
    """A bare tornado application that answers every request with ``body``; the process and its address."""
    home.mkdir(parents=True, exist_ok=True)
    content = home / "body"
    content.write_bytes(body)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    process = ServerProcess(
        [sys.executable, "-m", "bench.serverside.bare", str(port), str(content)],
        env=base_environment(),
        log=home / "bare.log",
        ready_url=url,
        cwd=CHECKOUT,
    )
    try:
        process.start()
        yield process, url
    finally:
        process.terminate()
