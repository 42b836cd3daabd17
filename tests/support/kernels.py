"""Real IPython kernels, and a stand-in for the page: answers comms as JupyterLab's side does."""

from __future__ import annotations

import os
import queue
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@dataclass
class Output:
    """What running a cell gave."""

    text: str = ""
    error: str = ""
    status: str = ""
    data: list[dict[str, Any]] = field(default_factory=list)
    next_input: str | None = None

    @property
    def pictures(self) -> list[str]:
        """PNG pictures, in base64."""
        return [each["image/png"] for each in self.data if "image/png" in each]


CommOpen = Callable[["RunningKernel", dict[str, Any]], None]


class RunningKernel:
    """A kernel process. ``on_comm_open`` is called with every ``comm_open``, also while a cell runs."""

    def __init__(
        self,
        folder: Path,
        *,
        env: Mapping[str, str] | None = None,
        on_comm_open: CommOpen | None = None,
    ) -> None:
        self._folder = folder
        self._env = {
            **os.environ,
            "IPYTHONDIR": str(folder / "ipython"),
            # The checkout, whether or not it is installed.
            "PYTHONPATH": str(Path(__file__).parents[2]),
            **(env or {}),
        }
        self._on_comm_open = on_comm_open
        self._manager = KernelManager(kernel_name="python3")
        self._client: BlockingKernelClient | None = None
        self.comms: list[dict[str, Any]] = []

    @property
    def client(self) -> BlockingKernelClient:
        """Its channels."""
        assert self._client is not None, "the kernel was not started"
        return self._client

    def __enter__(self) -> RunningKernel:
        self._manager.start_kernel(env=self._env, cwd=str(self._folder))
        self._client = self._manager.blocking_client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=60)
        return self

    def __exit__(self, *exc: object) -> None:
        if self._client is not None:
            self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)

    def run(self, code: str, *, within: float = 60.0) -> Output:
        """Run a cell and collect what it shows."""
        sent = self.client.execute(code)
        output = Output()
        deadline = time.monotonic() + within
        while True:
            message = self._next(deadline)
            kind, content = message["header"]["msg_type"], message["content"]
            if message["parent_header"].get("msg_id") != sent:
                continue
            if kind == "stream":
                output.text += content["text"]
            elif kind == "error":
                output.error += _COLOURS.sub("", "\n".join(content["traceback"]))
            elif kind in ("display_data", "execute_result"):
                output.data.append(content["data"])
            elif kind == "status" and content["execution_state"] == "idle":
                break
        reply = self._reply(sent, deadline)
        output.status = reply["content"]["status"]
        for payload in reply["content"].get("payload", []):
            if payload["source"] == "set_next_input":
                output.next_input = payload["text"]
        return output

    def _reply(self, sent: str, deadline: float) -> dict[str, Any]:
        """The answer to ``sent``; answers to what was asked at the start are passed over."""
        while True:
            reply: dict[str, Any] = self.client.get_shell_msg(
                timeout=max(0.1, deadline - time.monotonic())
            )
            if reply["parent_header"].get("msg_id") == sent:
                return reply

    def wait_for_comm(self, *, within: float = 10.0) -> dict[str, Any]:
        """Read until the kernel has opened one more comm; its content."""
        known = len(self.comms)
        deadline = time.monotonic() + within
        while len(self.comms) == known:
            self._next(deadline)
        return self.comms[-1]

    def send_comm(self, comm_id: str, data: dict[str, Any], *, channel: str) -> None:
        """Send a comm message as a page does."""
        content = {"comm_id": comm_id, "data": data}
        message = self.client.session.msg("comm_msg", content)
        {"control": self.client.control_channel, "shell": self.client.shell_channel}[channel].send(
            message
        )

    def _next(self, deadline: float) -> dict[str, Any]:
        try:
            message: dict[str, Any] = self.client.get_iopub_msg(
                timeout=max(0.01, deadline - time.monotonic())
            )
        except queue.Empty:
            raise TimeoutError("the kernel said nothing more in time") from None
        if message["header"]["msg_type"] == "comm_open":
            self.comms.append(message["content"])
            if self._on_comm_open is not None:
                self._on_comm_open(self, message["content"])
        return message
