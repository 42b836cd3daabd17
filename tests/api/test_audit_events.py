"""Audit events through Jupyter's event logger: a configured handler gets what was committed, no more."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from tests.support.api import GENEROUS, PASSWORD
from tests.support.waiting import wait_until

SCHEMA_ID = "https://events.quantlab.example/quantlab_server/audit/v1"
_CONFIG = """
import logging
c = get_config()
c.EventLogger.handlers = [logging.FileHandler({file!r})]
"""


def events(file: Path) -> list[dict[str, Any]]:
    """Ours, in the order of the file."""
    found = [json.loads(line) for line in file.read_text().splitlines()]
    return [one for one in found if one["__schema__"] == SCHEMA_ID]


def work(client: httpx.Client, name: str) -> list[dict[str, Any]]:
    """Save, be refused, save again; the person's own log of what was saved, the oldest first."""
    for title, status in ((name, 201), (name, 409), (f"{name} again", 201)):
        answer = client.post("/workflows", json={"name": title, "code": "x = 1"})
        assert answer.status_code == status, answer.text
    items: list[dict[str, Any]] = client.get("/auth/audit").json()["items"]
    return [one for one in reversed(items) if one["tag"] == "library:workflow:created"]


def check(file: Path, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The file has the rows that the log has, with ids and kinds only."""

    def saved() -> list[dict[str, Any]]:
        return [one for one in events(file) if one["tag"] == "library:workflow:created"]

    wait_until(lambda: len(saved()) >= len(rows), what="the events are in the file")
    assert len(rows) == 2
    assert [one["id"] for one in saved()] == [row["id"] for row in rows]
    assert [one["subject_id"] for one in saved()] == [row["subject_id"] for row in rows]
    assert "127.0.0.1" not in file.read_text()
    return saved()


def test_on_a_jupyter_server(make_jupyter_server: Callable[..., Any], tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    server = make_jupyter_server(app="server", args=GENEROUS, start=False)
    (server.home / "config" / "jupyter_server_config.py").write_text(_CONFIG.format(file=str(file)))
    server.start()
    with server.client() as client:
        found = check(file, work(client, "mine"))
        profile = client.get("/auth/profile").json()["user"]
    assert {one["user_id"] for one in found} == {profile["id"]}
    assert profile["username"] not in file.read_text()


def test_several_people_of_a_jupyter_server_are_not_shown_to_each_other(
    make_jupyter_server: Callable[..., Any], tmp_path: Path
) -> None:
    """Its own socket gives every event to whoever subscribes; an operator who wants that says so."""
    file = tmp_path / "events.jsonl"
    server = make_jupyter_server(
        app="server", args=(*GENEROUS, "--QuantLabExtension.local_account=False"), start=False
    )
    config = server.home / "config" / "jupyter_server_config.py"
    config.write_text(_CONFIG.format(file=str(file)))
    server.start()
    assert register(server.client(), "ann")["tag"] == "account:user:registered"
    server.terminate()
    assert events(file) == []

    config.write_text(_CONFIG.format(file=str(file)) + "c.AuditSettings.jupyter_events = True\n")
    server.start()
    row = register(server.client(), "bob")
    wait_until(lambda: row["id"] in [one["id"] for one in events(file)], what="the event is there")


def test_on_the_central_service(make_central: Callable[..., Any], tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    config = tmp_path / "config.py"
    lines = [f"c.{one[2:].replace('=', ' = ', 1)}" for one in GENEROUS if "PasswordS" in one]
    lines.append("c.ServiceSettings.registration = 'open'")
    config.write_text(_CONFIG.format(file=str(file)) + "\n".join(lines) + "\n")
    server = make_central(options=("--config", str(config)))
    body = {
        "username": "ann",
        "email": "ann@example.com",
        "password": PASSWORD,
        "transport": "body",
    }
    with server.client() as stranger:
        tokens = stranger.post("/auth/register", json=body).json()
        refused = {"login": "ann", "password": "not that one at all", "transport": "body"}
        assert stranger.post("/auth/login", json=refused).status_code == 401
    with server.client(session=tokens["access_token"]) as client:
        found = check(file, work(client, "mine"))
    assert {one["user_id"] for one in found} == {tokens["user"]["id"]}
    tags = [one["tag"] for one in events(file)]
    assert "account:user:registered" in tags
    assert "account:session:refused" in tags
    for secret in ("ann@example.com", tokens["refresh_token"], "not that one"):
        assert secret not in file.read_text()


def register(client: httpx.Client, name: str) -> dict[str, Any]:
    """Sign up; the row of it in the person's own log."""
    body = {
        "username": name,
        "email": f"{name}@example.com",
        "password": PASSWORD,
        "transport": "body",
    }
    with client:
        tokens = client.post("/auth/register", json=body).json()
        session = {"X-QuantLab-Session": tokens["access_token"]}
        items = client.get("/auth/audit", headers=session).json()["items"]
    row: dict[str, Any]
    (row,) = [one for one in items if one["tag"] == "account:user:registered"]
    return row
