"""Who a kernel works for: the page that it belongs to hands it a short-lived, narrow token, which a thread renews.

The protocol is in docs/developers/kernel-identity.md. The token is kept in memory only.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from quantlab_ext.errors import InvalidInput, NotSignedIn, QuantLabError, Unavailable
from quantlab_ext.tokens import auth_headers, check_url
from quantlab_ext.transport import Timing, open_http

TARGET = "quantlab.identity"
PROTOCOL = 1
ANSWER_WITHIN = 10.0  # seconds that a call waits for the page
RENEW_AFTER = 0.6  # of a token's life
LONGEST_PAUSE = 30.0  # seconds between tries to renew

SIGN_IN = "Sign in in JupyterLab (QuantLab's account panel), then run the cell again."
NO_ANSWER = (
    "The page did not say who you are. Run the cell again, or give the service and a token in QUANTLAB_URL and "
    "QUANTLAB_TOKEN."
)
NO_KERNEL = (
    "Nobody is signed in here. Set QUANTLAB_URL and QUANTLAB_TOKEN, run `quantlab login`, or call "
    "ql.login(url, login)."
)


@dataclass(frozen=True, slots=True)
class Grant:
    """A token from the page, or its successor. ``until`` and ``since`` are on the monotonic clock."""

    url: str
    token: str = field(repr=False)
    since: float
    until: float

    @classmethod
    def read(cls, data: dict[str, Any]) -> Grant:
        """From the page's message.

        Raises:
            QuantLabError: the message is not what the protocol says.
        """
        url, token, seconds = data.get("url"), data.get("token"), data.get("expires_in")
        if not isinstance(url, str) or not isinstance(token, str) or not token:
            raise InvalidInput("The page's answer has no url or token.", code="bad_answer")
        if not isinstance(seconds, int | float) or isinstance(seconds, bool) or seconds <= 0:
            raise InvalidInput("The page's answer has no lifetime.", code="bad_answer")
        auth_headers(token, None)
        now = time.monotonic()
        return cls(url=check_url(url), token=token, since=now, until=now + float(seconds))

    @property
    def due_in(self) -> float:
        """Seconds until it should be renewed."""
        due = self.since + RENEW_AFTER * (self.until - self.since)
        return max(0.0, due - time.monotonic())

    @property
    def valid(self) -> bool:
        """Not yet ended."""
        return time.monotonic() < self.until


class KernelIdentity:
    """A `TokenSource` fed by the page. One per kernel: see `kernel_identity`."""

    def __init__(self, *, answer_within: float = ANSWER_WITHIN) -> None:
        self._answer_within = answer_within
        self._state = threading.Condition()
        self._asking = threading.Lock()
        self._grant: Grant | None = None
        self._refusal: QuantLabError | None = None
        self._near: dict[str, str] = {}  # the page's address -> the one that this machine uses
        self._comm: Any = None
        self._comm_id = ""
        self._unanswered = False
        self._renewer: threading.Thread | None = None
        self._pid = os.getpid()

    def __repr__(self) -> str:
        grant = self._grant
        return f"KernelIdentity({grant.url!r}, token=***)" if grant else "KernelIdentity()"

    @property
    def has_page(self) -> bool:
        """Whether this is a kernel, so that there is a page to ask."""
        return _kernel_shell() is not None

    # -- what the client asks ------------------------------------------------------------------------------

    def url(self) -> str:
        """See `TokenSource`."""
        return self._reachable(self._require())

    def headers(self) -> dict[str, str]:
        """See `TokenSource`."""
        return auth_headers(self._require().token, None)

    def renew(self) -> bool:
        """After a 401 the session has ended or another person has signed in: ask the page once more."""
        with self._state:
            self._grant = None
        self._require()
        return True

    def start(self) -> None:
        """Ask the page without waiting for its answer. Does nothing outside a kernel."""
        shell = _kernel_shell()
        if shell is not None and self._grant is None:
            self._ask(shell)

    def forget(self) -> None:
        """Drop the token and close the comm; the next call asks again."""
        with self._state:
            self._grant = None
            self._state.notify_all()
        self._close_comm()

    # -- asking the page -----------------------------------------------------------------------------------

    def _require(self) -> Grant:
        """The grant; asks the page and waits when there is none.

        Raises:
            NotSignedIn: nobody is signed in there, or no page answers.
            Unavailable: the page could not get a token.
        """
        grant = self._grant
        if grant is not None and grant.valid:
            return grant
        shell = _kernel_shell()
        if shell is None or os.getpid() != self._pid:
            raise NotSignedIn(NO_KERNEL)
        with self._asking:
            grant = self._grant
            if grant is not None and grant.valid:
                return grant
            return self._ask_and_wait(shell)

    def _ask_and_wait(self, shell: Any) -> Grant:
        self._ask(shell)
        # A page that did not answer before will hardly do so now: do not make every call wait as long.
        patience = 1.0 if self._unanswered else self._answer_within
        with self._state:
            self._state.wait_for(lambda: self._grant or self._refusal, timeout=patience)
            grant, refusal = self._grant, self._refusal
        self._unanswered = grant is None and refusal is None
        if refusal is not None:
            raise refusal
        if grant is None:
            raise NotSignedIn(NO_ANSWER, code="no_answer")
        return grant

    def _ask(self, shell: Any) -> None:
        """Open a comm with the request. A new one each time: a page that was reloaded knows none of the old."""
        from comm import create_comm

        self._close_comm()
        with self._state:
            self._refusal = None
        on_control = _listen_on_control(shell.kernel, self._on_control)
        data = {
            "kind": "request",
            "protocol": PROTOCOL,
            "reply_on": "control" if on_control else "shell",
        }
        # The answer may be there before create_comm returns.
        self._comm_id = uuid.uuid4().hex
        self._comm = create_comm(target_name=TARGET, data=data, comm_id=self._comm_id)
        self._comm.on_msg(lambda message: self._take(message["content"].get("data")))

    def _close_comm(self) -> None:
        old, self._comm = self._comm, None
        if old is not None:
            self._comm_id = ""
            old.close()

    def _on_control(self, message: dict[str, Any]) -> bool:
        """A comm message on the control channel: True when it was for us. Runs in the control thread."""
        content = message.get("content", {})
        if content.get("comm_id") != self._comm_id:
            return False
        self._take(content.get("data"))
        return True

    def _take(self, data: Any) -> None:
        """The page's answer, asked for or not."""
        if not isinstance(data, dict):
            return
        grant: Grant | None = None
        refusal: QuantLabError | None = None
        if "error" in data:
            refusal = _refusal(data)
        else:
            try:
                grant = Grant.read(data)
            except QuantLabError as error:
                refusal = error
        with self._state:
            self._grant, self._refusal = grant, refusal
            self._unanswered = False
            self._state.notify_all()
        if grant is not None:
            self._keep_fresh()

    # -- renewing ------------------------------------------------------------------------------------------

    def _keep_fresh(self) -> None:
        with self._state:
            if self._renewer is None:
                self._renewer = threading.Thread(
                    target=self._renew_until_ended, name="quantlab-identity", daemon=True
                )
                self._renewer.start()

    def _renew_until_ended(self) -> None:
        """Renew each token before it ends; return when there is none any more."""
        failures = 0
        while True:
            with self._state:
                grant = self._grant
                if grant is None:
                    self._renewer = None
                    return
                pause = min(2.0**failures, LONGEST_PAUSE) if failures else grant.due_in
                # Woken early when the page sends another token or takes this one away.
                if self._state.wait_for(partial(self._is_not, grant), timeout=pause):
                    failures = 0
                    continue
            successor, ended = self._successor(grant)
            with self._state:
                if self._is_not(grant):
                    failures = 0
                elif successor is not None:
                    self._grant, failures = successor, 0
                elif ended or not grant.valid:
                    self._grant = None
                else:
                    failures += 1

    def _is_not(self, grant: Grant) -> bool:
        return self._grant is not grant

    def _successor(self, grant: Grant) -> tuple[Grant | None, bool]:
        """The token's successor if it could be had, and whether the session behind it has ended."""
        url = self._reachable(grant)
        try:
            with open_http(url, Timing(read=10.0)) as http:
                answer = http.post(
                    f"{url}/auth/kernel-token", json={}, headers=auth_headers(grant.token, None)
                )
            if not answer.is_success:
                return None, answer.status_code in (401, 403)
            return Grant.read({**answer.json(), "url": grant.url}), False
        except (httpx.HTTPError, ValueError, TypeError, QuantLabError):
            return None, False

    # -- reaching the service ------------------------------------------------------------------------------

    def _reachable(self, grant: Grant) -> str:
        """The address to use: this machine's own server where it answers, else the one the browser uses."""
        known = self._near.get(grant.url)
        if known is None:
            near = parent_server()
            answers = near is not None and near != grant.url and _answers(near, grant.token)
            known = self._near[grant.url] = near if near is not None and answers else grant.url
        return known


def _refusal(data: dict[str, Any]) -> QuantLabError:
    if data["error"] == "signed_out":
        return NotSignedIn(SIGN_IN, code="signed_out")
    message = data.get("message")
    return Unavailable(
        message
        if isinstance(message, str) and message
        else "JupyterLab could not get a token for this kernel.",
        status=0,
    )


def _kernel_shell() -> Any:
    """The shell of this process's kernel; None in scripts and in the terminal."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell if getattr(shell, "kernel", None) is not None else None


def _listen_on_control(kernel: Any, take: Callable[[dict[str, Any]], bool]) -> bool:
    """Take comm messages on the control channel, which is read while a cell runs. False if this kernel has none."""
    handlers = getattr(kernel, "control_handlers", None)
    if not isinstance(handlers, dict) or getattr(kernel, "control_thread", None) is None:
        return False
    before = handlers.get("comm_msg")
    if getattr(before, "quantlab", False):
        return True

    def comm_msg(stream: Any, ident: Any, message: dict[str, Any]) -> Any:
        if not take(message) and before is not None:
            return before(stream, ident, message)
        return None

    comm_msg.quantlab = True  # type: ignore[attr-defined]  # marks the handler, so that it is added once
    handlers["comm_msg"] = comm_msg
    return True


def parent_server() -> str | None:
    """The API's prefix at the Jupyter server that started this kernel, if that runs on this machine."""
    pid = os.environ.get("JPY_PARENT_PID", "")
    if not pid.isdigit():
        return None
    from jupyter_core.paths import jupyter_runtime_dir

    try:
        text = (Path(jupyter_runtime_dir()) / f"jpserver-{pid}.json").read_text(encoding="utf-8")
        return check_url(json.loads(text)["url"]) + "/quantlab/api"
    except (OSError, ValueError, KeyError, TypeError, AttributeError, QuantLabError):
        return None


def _answers(url: str, token: str) -> bool:
    """Whether the service answers to ``token`` there."""
    try:
        with open_http(url, Timing(connect=2.0, read=5.0)) as http:
            answer = http.get(f"{url}/auth/profile", headers=auth_headers(token, None))
    except httpx.HTTPError:
        return False
    return answer.is_success


_one: KernelIdentity | None = None
_one_lock = threading.Lock()


def kernel_identity() -> KernelIdentity:
    """The identity of this kernel."""
    global _one
    with _one_lock:
        if _one is None:
            _one = KernelIdentity()
        return _one
