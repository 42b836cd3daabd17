"""A server under test: a real process with a log, a readiness URL and ways to die."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import httpx

from tests.support.waiting import wait_until

CHECKOUT = Path(__file__).resolve().parents[2]


def tool(name: str) -> str:
    """Path of a console script of the Python that runs the tests."""
    return str(Path(sys.executable).parent / name)


def base_environment(**extra: str) -> dict[str, str]:
    """The test run's environment without settings of Jupyter or QuantLab, plus ``extra``."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("JUPYTER", "QUANTLAB_", "IPYTHON"))
    }
    return kept | {"PYTHONUNBUFFERED": "1"} | extra


class ServerProcess:
    """Starts a command, waits until its readiness URL answers, and ends it.

    The process gets a session of its own, so that :meth:`kill` also takes its children (kernels).
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str],
        log: Path,
        ready_url: str,
        cwd: Path | None = None,
        ready_timeout: float = 60.0,
    ) -> None:
        self.command = list(command)
        self.env = dict(env)
        self.log = log
        self.ready_url = ready_url
        self.cwd = cwd
        self.ready_timeout = ready_timeout
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Process id of the running server."""
        if self._process is None:
            raise RuntimeError("the server was not started")
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self._process is not None and self._process.poll() is None

    @property
    def returncode(self) -> int | None:
        """Exit status, or None while it runs."""
        return None if self._process is None else self._process.poll()

    def log_text(self) -> str:
        """All output so far."""
        return self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""

    def start(self, *, wait: bool = True) -> None:
        """Start the command; with ``wait`` return once it answers.

        Raises:
            RuntimeError: it ended or did not answer in time; the message holds the end of its log.
        """
        if self.running:
            raise RuntimeError("the server runs already")
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                self.command,
                env=self.env,
                cwd=self.cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        if wait:
            self.wait_ready()

    def wait_ready(self) -> None:
        """Return once the readiness URL answers with a status below 500."""

        def answers() -> bool:
            if not self.running:
                raise RuntimeError(
                    f"exited with {self.returncode} before it was ready\n{self.tail()}"
                )
            try:
                return httpx.get(self.ready_url, timeout=5.0).status_code < 500
            except httpx.TransportError:
                return False

        try:
            wait_until(answers, what=f"{self.ready_url} answers", timeout=self.ready_timeout)
        except TimeoutError as error:
            # Nobody ends what never started: whoever asked for it gets an error instead of a server.
            self.kill()
            raise RuntimeError(f"{error}\n{self.tail()}") from error

    def wait_exit(self, timeout: float = 30.0) -> int:
        """Return the exit status once the process has ended."""
        if self._process is None:
            raise RuntimeError("the server was not started")
        return self._process.wait(timeout)

    def terminate(self, timeout: float = 15.0) -> None:
        """Ask it to stop (SIGTERM); kill what is left after ``timeout`` seconds."""
        if self._process is None:
            return
        if self.running:
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout)
        self.kill()

    def kill(self) -> None:
        """End it and its children at once (SIGKILL)."""
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(10)

    def restart(self, *, hard: bool = False) -> None:
        """Stop (``hard``: kill) and start again with the same command and folders."""
        if hard:
            self.kill()
        else:
            self.terminate()
        self.start()

    def tail(self, lines: int = 80) -> str:
        """The last lines of the log, with a heading."""
        text = "\n".join(self.log_text().splitlines()[-lines:])
        return f"--- end of {self.log.name} ---\n{text}"
