"""One process's identity services on a real database, called through the real dispatcher, with a clock to move."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Coroutine
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from tornado.httputil import HTTPHeaders

from quantlab_server.accounts import repository as accounts
from quantlab_server.audit import repository as audit
from quantlab_server.config import Settings, load_settings
from quantlab_server.container import Services
from quantlab_server.http.dispatch import Dispatcher, Response
from quantlab_server.http.endpoint import Body, Request
from quantlab_server.routes import build_table
from quantlab_server.wiring import build_services

T = TypeVar("T")

PASSWORD = "seven brown foxes 81"
BASE = "/quantlab/api"


def unique() -> str:
    """A name that no other test has: the PostgreSQL database is one for all."""
    return f"s{secrets.token_hex(6)}"


class MovingClock:
    """Stands still until it is moved. Seconds since the epoch."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def move(self, seconds: float) -> None:
        """Forward, or back."""
        self.now += seconds


@dataclass
class Answer:
    """A response, read."""

    status: int
    json: Any
    headers: dict[str, str]
    cookies: dict[str, str]
    raw: Response

    @property
    def code(self) -> str:
        """The code of an error."""
        return str(self.json["error"]["code"])

    @property
    def codes(self) -> set[tuple[str, str]]:
        """``(path, code)`` of each refused field."""
        return {(f["path"], f["code"]) for f in self.json["error"]["fields"]}


@dataclass
class World:
    """A running process without a socket."""

    services: Services
    clock: MovingClock
    dispatcher: Dispatcher
    runner: asyncio.Runner = field(default_factory=asyncio.Runner)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end."""
        return self.runner.run(work)

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> Answer:
        """One request; options as of ``send``."""
        return self.run(self.send(method, path, body, **options))

    async def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = None,
        bearer: str | None = None,
        cookies: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        address: str = "192.0.2.1",
        host_user: str | None = "somebody",
    ) -> Answer:
        """One request, while others run."""
        fields = HTTPHeaders({"Host": "localhost:8888", "User-Agent": "tests", **(headers or {})})
        if token is not None:
            fields["X-QuantLab-Session"] = token
        if bearer is not None:
            fields["Authorization"] = f"Bearer {bearer}"
        data = b""
        if isinstance(body, bytes):
            data, fields["Content-Type"] = body, "application/zip"
        elif body is not None:
            data, fields["Content-Type"] = json.dumps(body).encode(), "application/json"
        request = Request(
            method=method,
            path=path,
            query={},
            headers=fields,
            cookies=cookies or {},
            body=Body(data),
            address=address,
            secure=False,
            request_id="request-1",
            base_path=BASE,
            host_user=host_user,
        )
        route = self.dispatcher.table.route(method, path.lstrip("/"))
        response = await self.dispatcher.handle(request, route)
        raw, kind = b"".join(response.body), response.headers.get("Content-Type", "")
        return Answer(
            response.status,
            json.loads(raw) if raw and kind.endswith("json") else None,
            response.headers,
            {cookie.name: cookie.value for cookie in response.cookies},
            response,
        )

    def register(self, name: str, **options: Any) -> Any:
        """Sign somebody up; the answer's body, with the refresh token in it."""
        body = {
            "username": name,
            "email": f"{name}@example.com",
            "password": PASSWORD,
            "transport": "body",
        }
        answer = self.call("POST", "/auth/register", body, **options)
        assert answer.status == 201, answer.json
        return answer.json

    def log_in(self, login: str, password: str = PASSWORD, **options: Any) -> Answer:
        """Sign somebody in."""
        body = {"login": login, "password": password, "transport": "body"}
        return self.call("POST", "/auth/login", body, **options)

    def refresh(self, token: str, **options: Any) -> Answer:
        """Use a refresh token."""
        return self.call("POST", "/auth/refresh", {"refresh_token": token}, **options)

    def is_signed_in(self, token: str) -> bool:
        """Whether an access (or kernel) token is accepted."""
        return self.call("GET", "/auth/profile", token=token).status == 200

    def change_user(self, user: dict[str, str], **values: Any) -> None:
        """Change columns of a person, as an operator's tool would."""
        tenant_id, user_id = UUID(user["tenant_id"]), UUID(user["id"])
        with self.services.database.transaction(tenant_id=tenant_id, user_id=user_id) as uow:
            accounts.update_user(uow, tenant_id, user_id, values)
            uow.after_commit(lambda: self.services.authenticator.forget_user(user_id))

    def events(self, user: dict[str, str]) -> list[dict[str, Any]]:
        """A person's audit rows, newest first."""
        tenant_id, user_id = UUID(user["tenant_id"]), UUID(user["id"])
        with self.services.database.transaction(
            tenant_id=tenant_id, user_id=user_id, writes=False
        ) as uow:
            return audit.list_events(uow, tenant_id, user_id, limit=100, before=None)

    def close(self) -> None:
        """End threads and connections."""
        self.run(self.services.rate_limiter.close())
        self.runner.close()
        self.services.close()


def make_settings(folder: Path, **changes: Any) -> Settings:
    """Settings for a data folder, with hashes that cost next to nothing."""
    settings = replace(
        load_settings(),
        data_dir=folder,
        database_url=f"sqlite:///{folder / 'quantlab.sqlite3'}",
        owner_database_url=f"sqlite:///{folder / 'quantlab.sqlite3'}",
        **changes,
    )
    settings.passwords.memory_kib = 64
    settings.passwords.time_cost = 1
    return settings


def make_world(settings: Settings, clock: MovingClock | None = None) -> World:
    """A process on a database that is at this version already."""
    clock = clock or MovingClock()
    services = build_services(settings, clock=clock)
    return World(services, clock, Dispatcher(services, build_table()))
