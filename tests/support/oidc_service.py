"""A service with OpenID Connect providers, embedded and central; fixtures for the modules that import them."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.api import GENEROUS, Api
from tests.support.jupyter import JupyterServerProcess
from tests.support.oidc import CLIENT_ID, SECRET, Browser, LyingProvider, ProviderProcess


@dataclass
class Service:
    """A service with its providers."""

    api: Api
    mock: ProviderProcess
    liar: LyingProvider

    def browser(self, token: str | None = None) -> Browser:
        return Browser(self.api.client(token))


@pytest.fixture(scope="session")
def mock_provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProviderProcess]:
    process = ProviderProcess(tmp_path_factory.mktemp("provider"))
    process.start()
    yield process
    process.terminate()


@pytest.fixture(scope="session")
def lying_provider() -> Iterator[LyingProvider]:
    with LyingProvider() as provider:
        yield provider


@pytest.fixture
def liar(lying_provider: LyingProvider) -> Iterator[LyingProvider]:
    """The lying provider, honest at the beginning of each test and with a person of its own."""
    lying = lying_provider
    lying.claims, lying.forge, lying.callback = (lambda claims: claims), None, {}
    lying.status, lying.single_use, lying.asked = 200, True, []
    lying.person = {"sub": secrets.token_hex(8)}
    yield lying
    lying.status = 200


def _configuration(mock: ProviderProcess, lying: LyingProvider) -> str:
    """What an operator writes."""
    providers = {
        "mock": {"issuer": mock.issuer, "client_id": CLIENT_ID, "label": "Mock & Sons"},
        "liar": {"issuer": lying.issuer, "client_id": CLIENT_ID},
        "other": {"issuer": f"{lying.issuer}/other", "client_id": CLIENT_ID},
        "unsure": {"issuer": lying.issuer, "client_id": "unsure", "link_by_email": False},
        "sure": {
            "issuer": lying.issuer,
            "client_id": "sure",
            "trust_mfa": True,
            "mfa_acr": ["urn:example:loa3"],
        },
        "inside": {"issuer": f"http://127.0.0.1:{mock.port + 1}", "client_id": CLIENT_ID},
    }
    allowed = [f"127.0.0.1:{mock.port}", f"127.0.0.1:{lying.port}"]
    return f"c.OidcSettings.providers = {providers!r}\nc.OidcSettings.allowed_hosts = {allowed!r}\n"


@pytest.fixture(scope="session")
def embedded_oidc(
    tmp_path_factory: pytest.TempPathFactory,
    mock_provider: ProviderProcess,
    lying_provider: LyingProvider,
) -> Iterator[Api]:
    home = tmp_path_factory.mktemp("oidc")
    server = JupyterServerProcess(home, app="server", args=GENEROUS)
    (home / "config").mkdir(exist_ok=True)
    (home / "config" / "jupyter_server_config.py").write_text(
        _configuration(mock_provider, lying_provider)
    )
    server.env |= {"QUANTLAB_PUBLIC_URL": server.url, "QUANTLAB_OIDC_MOCK_SECRET": SECRET}
    server.start()
    api = Api("embedded", server.api_url, {"Authorization": f"token {server.token}"}, server)
    yield api
    api.close()
    server.terminate()


@pytest.fixture(scope="session")
def central_oidc(
    make_central: Callable[..., Any],
    mock_provider: ProviderProcess,
    lying_provider: LyingProvider,
) -> Iterator[Api]:
    server = make_central(args=GENEROUS, start=False)
    settings = Path(server.command[server.command.index("--config") + 1])
    with settings.open("a") as file:
        file.write(_configuration(mock_provider, lying_provider))
    server.env |= {"QUANTLAB_PUBLIC_URL": server.url, "QUANTLAB_OIDC_MOCK_SECRET": SECRET}
    server.start()
    api = Api("central", server.api_url, {}, server)
    yield api
    api.close()
    server.terminate()


@pytest.fixture(params=["embedded", "central"])
def oidc(
    request: pytest.FixtureRequest, mock_provider: ProviderProcess, liar: LyingProvider
) -> Service:
    api: Api = request.getfixturevalue(f"{request.param}_oidc")
    return Service(api, mock_provider, liar)


def refused(answer: httpx.Response, status: int, code: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]["code"] == code


def client_of(service: Service, answer: httpx.Response) -> httpx.Client:
    assert answer.status_code == 200, answer.text
    return service.api.client(answer.json()["access_token"])


def new_email() -> str:
    return f"p{secrets.token_hex(6)}@example.com"
