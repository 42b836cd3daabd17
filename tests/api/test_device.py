"""Log-in by device code against the running services: the command, and the central page."""

from __future__ import annotations

import json
import re
import stat
import subprocess
from pathlib import Path

import httpx
import pytest

from quantlab_ext.client import Client
from quantlab_ext.credentials import FILE
from tests.support.api import Api, Person
from tests.support.process import base_environment, tool


class LogIn:
    """``quantlab login``, running."""

    def __init__(self, api: Api, file: Path) -> None:
        door = api.door.get("Authorization", "").removeprefix("token ")
        self.process = subprocess.Popen(
            [tool("quantlab"), "login", api.url, "--name", "a test's machine"],
            env=base_environment(QUANTLAB_CREDENTIALS_FILE=str(file), QUANTLAB_JUPYTER_TOKEN=door),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def code(self) -> str:
        """The code that it shows."""
        assert self.process.stdout is not None
        seen = ""
        for line in self.process.stdout:
            seen += line
            if found := re.search(r"[A-Z]{4}-[A-Z]{4}", line):
                return found.group()
        raise AssertionError(seen)

    def end(self) -> tuple[int, str]:
        """Its exit status and what it said last."""
        said, _ = self.process.communicate(timeout=120)
        return self.process.returncode, said


def test_the_command_logs_in_and_the_client_goes_by_it(
    api: Api, person: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "credentials.json"
    command = LogIn(api, file)
    body = {"user_code": command.code()}
    shown = person.post("/auth/device/request", json=body).json()
    assert (shown["client_name"], shown["address"]) == ("a test's machine", "127.0.0.1")
    person.post("/auth/device/approve", json=body).raise_for_status()
    status, said = command.end()
    assert status == 0, said
    assert f"Signed in as {person.username}" in said
    assert "qlp_" not in said
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert json.loads(file.read_text())["credentials"][0]["url"] == api.url
    monkeypatch.setenv(FILE, str(file))
    for name in ("QUANTLAB_URL", "QUANTLAB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with Client() as client:
        assert str(client.whoami().id) == person.id


def test_the_command_is_sent_away(api: Api, person: Person, tmp_path: Path) -> None:
    command = LogIn(api, tmp_path / "credentials.json")
    assert person.post("/auth/device/deny", json={"user_code": command.code()}).status_code == 204
    status, said = command.end()
    assert status == 1
    assert "The person said no." in said
    assert not (tmp_path / "credentials.json").exists()


def test_the_central_page_is_static_and_strict(central_api: Api) -> None:
    root = central_api.url.removesuffix("/api")
    codes = central_api.client().post("/auth/device", json={"client_name": "x"}).json()
    assert codes["verification_uri"] == f"{root}/account/device"
    for name, kind in (
        ("device", "text/html; charset=utf-8"),
        ("device.js", "text/javascript; charset=utf-8"),
        ("page.css", "text/css; charset=utf-8"),
    ):
        answer = httpx.get(f"{root}/account/{name}")
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == kind
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Set-Cookie" not in answer.headers
    page = httpx.get(f"{root}/account/device").text
    assert "<script>" not in page
    assert "style=" not in page
    assert not re.search(r"<[^>]* on\w+=", page)
    for path in ("device.html", "device/", "x"):
        assert httpx.get(f"{root}/account/{path}").status_code == 404
