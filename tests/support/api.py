"""One API suite, two ways to run: embedded on SQLite, and central on PostgreSQL, each as a real process."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.jupyter import JupyterServerProcess
from tests.support.process import ServerProcess

PASSWORD = "correct horse battery staple 7"

_numbers = itertools.count(1)


@dataclass
class Person:
    """Someone signed in, and an HTTP client that speaks for them."""

    username: str
    email: str
    tokens: dict[str, Any]
    http: httpx.Client

    @property
    def id(self) -> str:
        """The person's id."""
        return str(self.tokens["user"]["id"])

    @property
    def tenant_id(self) -> str:
        """The person's tenant."""
        return str(self.tokens["user"]["tenant_id"])

    def __getattr__(self, name: str) -> Any:
        # get, post, put, patch, delete, request: straight to the client.
        return getattr(self.http, name)


@dataclass
class Api:
    """A running service. ``door`` are the headers that pass the host's own door (empty on central)."""

    mode: str
    url: str
    door: dict[str, str]
    process: ServerProcess
    _clients: list[httpx.Client] = field(default_factory=list)

    @property
    def embedded(self) -> bool:
        """On SQLite inside a Jupyter server."""
        return self.mode == "embedded"

    def client(self, token: str | None = None) -> httpx.Client:
        """A client that passes the door, signed in with an access token or not at all."""
        headers = dict(self.door)
        if token is not None:
            headers["X-QuantLab-Session"] = token
        client = httpx.Client(base_url=self.url, headers=headers, timeout=30.0)
        self._clients.append(client)
        return client

    def anonymous(self) -> httpx.Client:
        """A client with no identity at all, not even Jupyter's."""
        client = httpx.Client(base_url=self.url, timeout=30.0)
        self._clients.append(client)
        return client

    def register(self, username: str | None = None, password: str = PASSWORD) -> Person:
        """Sign a new person up, in a tenant of their own."""
        name = username or f"person{next(_numbers)}x{secrets.token_hex(3)}"
        body = {
            "username": name,
            "email": f"{name}@example.com",
            "password": password,
            "transport": "body",
        }
        answer = self.client().post("/auth/register", json=body)
        assert answer.status_code == 201, answer.text
        tokens = answer.json()
        return Person(name, body["email"], tokens, self.client(tokens["access_token"]))

    def close(self) -> None:
        """Close every client that was handed out."""
        for client in self._clients:
            client.close()


# Files that both services offer as the source FILES.
PRICES = Path(__file__).parents[1] / "data" / "prices"

# The suite registers and signs in far more often than a person would; the limits have tests of their own.
GENEROUS = (
    "--LimitSettings.registration=100000/hour",
    "--LimitSettings.login_address=100000/hour",
    "--LimitSettings.login_global=100000/hour",
    "--LimitSettings.general=100000/minute",
    "--LimitSettings.anonymous=100000/minute",
    # A walk over all routes takes longer than a proof lasts; tests of step-up make sessions old instead.
    "--SessionSettings.step_up_lifetime=86400",
    "--PasswordSettings.memory_kib=64",
    "--PasswordSettings.time_cost=1",
    f"--MarketSettings.files_folder={PRICES}",
)


@pytest.fixture(scope="session")
def embedded_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A real ``jupyter server`` with the extension, on SQLite."""
    server = JupyterServerProcess(tmp_path_factory.mktemp("api"), app="server", args=GENEROUS)
    server.start()
    api = Api("embedded", server.api_url, {"Authorization": f"token {server.token}"}, server)
    yield api
    api.close()
    server.terminate()


@pytest.fixture(scope="session")
def central_api(
    make_central: Callable[..., ServerProcess],
) -> Iterator[Api]:
    """A real ``quantlab serve`` on PostgreSQL."""
    server: Any = make_central(args=GENEROUS)
    api = Api("central", server.api_url, {}, server)
    yield api
    api.close()


@pytest.fixture(params=["embedded", "central"])
def api(request: pytest.FixtureRequest) -> Api:
    """The service under test; the test runs once on each."""
    service: Api = request.getfixturevalue(f"{request.param}_api")
    return service


@pytest.fixture
def person(api: Api) -> Person:
    """A fresh person."""
    return api.register()


@pytest.fixture
def other(api: Api) -> Person:
    """Another fresh person, in another tenant."""
    return api.register()


@pytest.fixture
def make_person(api: Api) -> Callable[..., Person]:
    """For tests that need several people."""
    return api.register
