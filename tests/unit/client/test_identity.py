"""A kernel learns who it works for, in the very cell that needs it. Kernel and messages are real; the test plays
the page and the service."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from quantlab_ext.errors import InvalidInput
from quantlab_ext.identity import Grant
from tests.support.kernels import RunningKernel
from tests.support.waiting import wait_until
from tests.unit.client.scripted import Answer, ScriptedService, Seen, problem
from tests.unit.client.test_tokens import tokens

WHOAMI = "import quantlab_ext as ql\nprint(ql.whoami().username)"


class Service:
    """Knows which tokens are good; gives each renewal a new one."""

    def __init__(self) -> None:
        self.good = {"kernel-1"}
        self.renewals = 0
        # Of the tokens that come next, in order; those after them live long.
        self.lifetimes: list[float] = []
        self.changed = threading.Event()

    def __call__(self, seen: Seen) -> Answer:
        token = seen.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in self.good:
            return problem(401, "session_ended")
        if seen.path == "/api/auth/kernel-token":
            self.renewals += 1
            fresh = f"kernel-{self.renewals + 1}"
            # The token before is good until it expires, as with the real service.
            self.good = {token, fresh}
            self.changed.set()
            lifetime = self.lifetimes.pop(0) if self.lifetimes else 600.0
            return Answer(body={"token": fresh, "expires_in": lifetime, "scopes": []})
        user = tokens(1)["user"]
        return Answer(
            body={
                "user": user,
                "username": "ada",
                "email": None,
                "role": "user",
                "tier": "free",
                "preferences": {},
                "default_layout_id": None,
                "quotas": {},
                "created_at": "2026-01-01T00:00:00Z",
            }
        )


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def scripted(service: Service) -> Iterator[ScriptedService]:
    with ScriptedService(service) as running:
        yield running


class PlayedPage:
    """What the labextension does with a comm: it answers where the kernel asked to be answered."""

    def __init__(self, *answers: dict[str, Any]) -> None:
        self._answers = list(answers)
        self.channel: str | None = None

    def __call__(self, kernel: RunningKernel, opened: dict[str, Any]) -> None:
        assert opened["target_name"] == "quantlab.identity"
        assert opened["data"]["kind"] == "request"
        if self._answers:
            channel = self.channel or opened["data"]["reply_on"]
            kernel.send_comm(opened["comm_id"], self._answers.pop(0), channel=channel)


def grant(
    scripted: ScriptedService, token: str = "kernel-1", seconds: float = 600
) -> dict[str, Any]:
    return {"url": scripted.url, "token": token, "expires_in": seconds}


def clean() -> dict[str, str]:
    return {"QUANTLAB_URL": "", "QUANTLAB_TOKEN": "", "JPY_PARENT_PID": ""}


def test_the_first_cell_has_its_answer_while_it_runs(
    tmp_path: Path, scripted: ScriptedService
) -> None:
    page = PlayedPage(grant(scripted))
    with RunningKernel(tmp_path, env=clean(), on_comm_open=page) as kernel:
        output = kernel.run(WHOAMI)
        assert output.error == ""
        assert output.text == "ada\n"
        assert kernel.comms[0]["data"] == {"kind": "request", "protocol": 1, "reply_on": "control"}


def test_loading_the_extension_asks_before_the_token_is_needed(
    tmp_path: Path, scripted: ScriptedService
) -> None:
    page = PlayedPage(grant(scripted))
    # A page that can only answer on the shell channel still works, one cell later.
    page.channel = "shell"
    with RunningKernel(tmp_path, env=clean(), on_comm_open=page) as kernel:
        kernel.run("%load_ext quantlab_ext")
        assert kernel.run(WHOAMI).text == "ada\n"
        assert len(kernel.comms) == 1


def test_nobody_is_signed_in_in_the_page(tmp_path: Path, scripted: ScriptedService) -> None:
    page = PlayedPage({"error": "signed_out"}, grant(scripted))
    with RunningKernel(tmp_path, env=clean(), on_comm_open=page) as kernel:
        output = kernel.run(WHOAMI)
        assert "NotSignedIn: Sign in in JupyterLab" in output.error
        # Signing in is enough: the next call asks again.
        assert kernel.run(WHOAMI).text == "ada\n"


def test_no_page_answers(tmp_path: Path) -> None:
    patience = "import quantlab_ext.identity as i; i.kernel_identity()._answer_within = 0.2\n"
    with RunningKernel(tmp_path, env=clean()) as kernel:
        output = kernel.run(patience + WHOAMI)
    assert "QUANTLAB_URL" in output.error
    assert "NotSignedIn" in output.error


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"url": "file:///etc/passwd", "token": "t", "expires_in": 1},
        {"url": "http://h/api", "token": "", "expires_in": 1},
        {"url": "http://h/api", "token": "t\nX: y", "expires_in": 1},
        {"url": "http://h/api", "token": "t", "expires_in": "soon"},
    ],
)
def test_an_answer_that_is_none_is_refused(answer: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        Grant.read(answer)


def test_a_senseless_answer_is_an_error_and_not_a_wait(tmp_path: Path) -> None:
    page = PlayedPage({"greeting": "hello"})
    with RunningKernel(tmp_path, env=clean(), on_comm_open=page) as kernel:
        assert "InvalidInput" in kernel.run(WHOAMI).error


def test_the_token_is_renewed_while_a_cell_runs(
    tmp_path: Path, scripted: ScriptedService, service: Service
) -> None:
    service.lifetimes = [3.0]
    page = PlayedPage(grant(scripted, seconds=3.0))
    wait = (
        "import threading\n"
        "from quantlab_ext.identity import kernel_identity as k\n"
        "while k()._grant.token != 'kernel-3': threading.Event().wait(0.05)\n"
    )
    with RunningKernel(tmp_path, env=clean(), on_comm_open=page) as kernel:
        output = kernel.run(f"{WHOAMI}\n{wait}{WHOAMI}")
        assert output.text == "ada\nada\n"
        assert len(kernel.comms) == 1
    assert service.renewals == 2


def test_after_the_session_has_ended_the_page_is_asked_again(
    tmp_path: Path, scripted: ScriptedService, service: Service
) -> None:
    page = PlayedPage(grant(scripted), {"error": "signed_out"}, grant(scripted, "kernel-b"))
    with RunningKernel(tmp_path, env=clean(), on_comm_open=page) as kernel:
        assert kernel.run(WHOAMI).text == "ada\n"
        service.good = set()
        assert "Sign in in JupyterLab" in kernel.run(WHOAMI).error
        service.good = {"kernel-b"}
        assert kernel.run(WHOAMI).text == "ada\n"


def test_signing_out_in_the_page_takes_the_token_away(
    tmp_path: Path, scripted: ScriptedService
) -> None:
    page = PlayedPage(grant(scripted), {"error": "signed_out"})
    with RunningKernel(tmp_path, env=clean(), on_comm_open=page) as kernel:
        assert kernel.run(WHOAMI).text == "ada\n"
        kernel.send_comm(kernel.comms[-1]["comm_id"], {"error": "signed_out"}, channel="control")
        waiting = (
            "import threading\n"
            "from quantlab_ext.identity import kernel_identity as k\n"
            "for _ in range(500):\n"
            "    if k()._grant is None: break\n"
            "    threading.Event().wait(0.01)\n"
            "print(k()._grant, any(t.name == 'quantlab-identity' for t in threading.enumerate()))"
        )
        assert kernel.run(waiting).text.startswith("None")
        assert "Sign in in JupyterLab" in kernel.run(WHOAMI).error


def test_the_thread_ends_with_the_token(
    tmp_path: Path, scripted: ScriptedService, service: Service
) -> None:
    page = PlayedPage(grant(scripted, seconds=0.5))
    code = (
        "import threading, quantlab_ext.identity as i\n"
        "i.kernel_identity().headers()\n"
        "thread, = [t for t in threading.enumerate() if t.name == 'quantlab-identity']\n"
        "thread.join(10)\n"
        "print(thread.is_alive(), thread.daemon, i.kernel_identity()._grant)"
    )
    service.good = set()
    with RunningKernel(tmp_path, env=clean(), on_comm_open=page) as kernel:
        assert kernel.run(code).text == "False True None\n"


def test_the_token_is_nowhere_to_be_seen(tmp_path: Path, scripted: ScriptedService) -> None:
    page = PlayedPage(grant(scripted))
    code = (
        f"{WHOAMI}\nimport os\nfrom quantlab_ext.identity import kernel_identity as k\n"
        "print(repr(ql.connect()), repr(k()), repr(k()._grant), dict(os.environ), "
        "{n: v for n, v in globals().items() if not n.startswith('_')})"
    )
    with RunningKernel(tmp_path, env=clean(), on_comm_open=page) as kernel:
        output = kernel.run(code)
    assert output.error == ""
    assert "kernel-1" not in output.text


def test_the_environment_goes_before_the_page(tmp_path: Path, scripted: ScriptedService) -> None:
    env = {"QUANTLAB_URL": scripted.url, "QUANTLAB_TOKEN": "kernel-1"}
    with RunningKernel(tmp_path, env=env) as kernel:
        output = kernel.run(f"%load_ext quantlab_ext\n{WHOAMI}")
        assert output.text == "ada\n"
        assert kernel.comms == []


def test_a_forked_child_uses_the_token_and_asks_nobody(
    tmp_path: Path, scripted: ScriptedService
) -> None:
    page = PlayedPage(grant(scripted))
    code = (
        f"{WHOAMI}\nimport multiprocessing as mp\n"
        "def child(out): out.put(ql.whoami().username)\n"
        "context = mp.get_context('fork'); out = context.Queue()\n"
        "process = context.Process(target=child, args=(out,)); process.start()\n"
        "print(out.get(timeout=20)); process.join()"
    )
    with RunningKernel(tmp_path, env=clean(), on_comm_open=page) as kernel:
        assert kernel.run(code).text == "ada\nada\n"
        assert len(kernel.comms) == 1


def test_the_servers_own_address_is_tried_before_the_browsers(
    tmp_path: Path, service: Service
) -> None:
    """The browser's address may not lead back here: a tunnel, a published port."""
    runtime = tmp_path / "runtime"
    runtime.mkdir()

    def near(seen: Seen) -> Answer:
        return service(
            Seen(seen.method, seen.path.replace("/base/quantlab", ""), seen.headers, seen.body)
        )

    with ScriptedService(near) as here:
        info = {"url": here.url.replace("/api", "/base/"), "token": "not ours to use"}
        # jupyter_client names the process that starts a kernel: this one.
        (runtime / f"jpserver-{os.getpid()}.json").write_text(json.dumps(info))
        page = PlayedPage({"url": "http://127.0.0.1:9/api", "token": "kernel-1", "expires_in": 60})
        env = {"QUANTLAB_URL": "", "JUPYTER_RUNTIME_DIR": str(runtime)}
        with RunningKernel(tmp_path, env=env, on_comm_open=page) as kernel:
            output = kernel.run(WHOAMI)
            assert output.error == ""
            assert output.text == "ada\n"
    assert all("not ours" not in str(seen.headers) for seen in here.seen)
    assert here.seen[0].path == "/base/quantlab/api/auth/profile"


def test_many_threads_ask_once(tmp_path: Path, scripted: ScriptedService) -> None:
    page = PlayedPage(grant(scripted))
    code = (
        "import quantlab_ext as ql\nfrom concurrent.futures import ThreadPoolExecutor\n"
        "with ThreadPoolExecutor(8) as pool:\n"
        "    print({u.username for u in pool.map(lambda _: ql.whoami(), range(16))})"
    )
    with RunningKernel(tmp_path, env=clean(), on_comm_open=page) as kernel:
        assert kernel.run(code).text == "{'ada'}\n"
        assert len(kernel.comms) == 1


def test_the_service_is_away_for_a_moment_when_the_token_is_due(
    tmp_path: Path, scripted: ScriptedService, service: Service
) -> None:
    failures = iter([Answer(503), Answer(502)])
    first = service.__call__

    def script(seen: Seen) -> Answer:
        if seen.path.endswith("/kernel-token"):
            failed = next(failures, None)
            if failed is not None:
                return failed
        return first(seen)

    with ScriptedService(script) as flaky:
        page = PlayedPage(grant(flaky, seconds=15))
        # Bring the renewal near without waiting 9 seconds for it.
        code = "import quantlab_ext.identity as i; i.RENEW_AFTER = 0.01\n" + WHOAMI
        with RunningKernel(tmp_path, env=clean(), on_comm_open=page) as kernel:
            assert kernel.run(code).text == "ada\n"
            wait_until(service.changed.is_set, timeout=15, what="the token to be renewed")
            assert kernel.run(WHOAMI).text == "ada\n"
