"""People with roles: an operator of the service, and tenants with an admin and members."""

from __future__ import annotations

import itertools
import secrets
import subprocess
import time
from dataclasses import dataclass
from typing import Any

from tests.support.api import PASSWORD, Api, Person
from tests.support.process import tool

_numbers = itertools.count(1)
# One for each service: commands take long.
_OPERATORS: dict[str, tuple[float, Person]] = {}
# Seconds: well within what a confirmation and an access token are good for, however long the tests take.
_FRESH = 120


def sign_in(api: Api, username: str, password: str = PASSWORD) -> Person:
    """Somebody who has an account."""
    body = {"login": username, "password": password, "transport": "body"}
    answer = api.client().post("/auth/login", json=body)
    assert answer.status_code == 200, answer.text
    tokens = answer.json()
    return Person(username, tokens["user"]["email"], tokens, api.client(tokens["access_token"]))


def operator(api: Api) -> Any:
    """A client that speaks for an operator: the local account, or one made by the command."""
    if api.embedded:
        return api.client()
    if api.url not in _OPERATORS:
        _OPERATORS[api.url] = (time.monotonic(), _made_operator(api))
    since, person = _OPERATORS[api.url]
    if time.monotonic() - since > _FRESH:
        person = sign_in(api, person.username)
        _OPERATORS[api.url] = (time.monotonic(), person)
    return person.http


def _made_operator(api: Api) -> Person:
    name = f"operator{secrets.token_hex(3)}"
    done = subprocess.run(
        [
            *(tool("quantlab"), "user", "create", "--username", name, "--role", "operator"),
            *("--email", f"{name}@example.com", "--password-stdin"),
        ],
        env=api.process.env,
        input=f"{PASSWORD}\n",
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return sign_in(api, name)


@dataclass
class Team:
    """A tenant of a service under test, and its first admin."""

    api: Api
    admin: Person

    def member(self, role: str = "user") -> Person:
        """A new person of the tenant, signed in."""
        name = f"member{next(_numbers)}x{secrets.token_hex(3)}"
        answer = operator(self.api).post(
            "/admin/users",
            params={"tenant": self.admin.tenant_id},
            json={
                "username": name,
                "email": f"{name}@example.com",
                "password": PASSWORD,
                "role": role,
            },
        )
        assert answer.status_code == 201, answer.text
        return sign_in(self.api, name)


def make_team(api: Api) -> Team:
    """A new tenant."""
    person = api.register()
    answer = operator(api).patch(
        f"/admin/users/{person.id}", params={"tenant": person.tenant_id}, json={"role": "admin"}
    )
    assert answer.status_code == 200, answer.text
    return Team(api, renew(api, person))


def renew(api: Api, person: Person) -> Person:
    """The same person with a new pair of tokens, as pages get one when the old is refused."""
    answer = api.client().post(
        "/auth/refresh", json={"refresh_token": person.tokens["refresh_token"]}
    )
    assert answer.status_code == 200, answer.text
    tokens = answer.json()
    return Person(person.username, person.email, tokens, api.client(tokens["access_token"]))
