"""Several people in one shared tenant of a running service, made by the commands that an operator uses."""

from __future__ import annotations

import secrets
import subprocess
from dataclasses import dataclass

from tests.support.api import PASSWORD, Api, Person
from tests.support.process import ServerProcess, tool


@dataclass(frozen=True)
class Colleagues:
    """Three people of one tenant."""

    ann: Person
    ben: Person
    cleo: Person
    tenant_id: str


def make_tenant(process: ServerProcess) -> str:
    """A new shared tenant; its id."""
    return quantlab(process, "tenant", "create", f"Desk {secrets.token_hex(4)}").strip()


def make_colleague(process: ServerProcess, tenant_id: str, name: str, role: str = "user") -> str:
    """Another person of a tenant, with the password of all; the username."""
    username = f"{name}{secrets.token_hex(3)}"
    quantlab(
        process,
        *("user", "create", "--email", f"{username}@example.com", "--username", username),
        *("--tenant", tenant_id, "--role", role, "--password-stdin"),
        stdin=PASSWORD + "\n",
    )
    return username


def sign_in(api: Api, username: str) -> Person:
    """Somebody who has an account already."""
    body = {"login": username, "password": PASSWORD, "transport": "body"}
    answer = api.client().post("/auth/login", json=body)
    assert answer.status_code == 200, answer.text
    tokens = answer.json()
    client = api.client(tokens["access_token"])
    return Person(username, f"{username}@example.com", tokens, client)


# Making people is what takes long; tests of one service share them, and make what they share.
_MADE: dict[str, Colleagues] = {}


def colleagues_of(api: Api) -> Colleagues:
    """The three people of a service."""
    if api.url not in _MADE:
        tenant_id = make_tenant(api.process)
        ann, ben, cleo = (
            sign_in(api, make_colleague(api.process, tenant_id, name))
            for name in ("ann", "ben", "cleo")
        )
        _MADE[api.url] = Colleagues(ann, ben, cleo, tenant_id)
    return _MADE[api.url]


def quantlab(process: ServerProcess, *arguments: str, stdin: str = "") -> str:
    """What a command of the operator prints, on the database of a running service."""
    done = subprocess.run(
        [tool("quantlab"), *arguments],
        env=process.env,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
