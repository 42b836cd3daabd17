"""A Jupyter server below an address of its own, as a Hub starts them."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.support.api import GENEROUS
from tests.support.jupyter import JupyterServerProcess

BASE = "/user/ann.b/"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterServerProcess]:
    """``jupyter server`` whose base URL is not /."""
    process = JupyterServerProcess(
        tmp_path_factory.mktemp("base"), app="server", args=GENEROUS, base_url=BASE
    )
    process.start()
    yield process
    process.terminate()


def test_the_library_is_below_it(server: JupyterServerProcess) -> None:
    with server.client() as client:
        for number in range(3):
            created = client.post("/workflows", json={"name": f"{number}", "code": ""})
            assert created.status_code == 201
            opened = client.get(f"/workflows/{created.json()['id']}")
            assert opened.json()["name"] == f"{number}"
        assert client.get("/workflows").json()["total"] == 3


def test_and_nowhere_else(server: JupyterServerProcess) -> None:
    headers = {"Authorization": f"token {server.token}"}
    for path in ("/quantlab", f"{BASE}{BASE.strip('/')}/quantlab"):
        for _ in range(2):
            url = f"http://127.0.0.1:{server.port}{path}/api/workflows"
            assert httpx.get(url, headers=headers).status_code == 404


def test_nobody_comes_in_without_an_identity(server: JupyterServerProcess) -> None:
    answer = httpx.get(f"{server.api_url}/workflows")
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "not_signed_in")


def test_cookies_stay_below_it(server: JupyterServerProcess) -> None:
    body = {"username": "ann", "email": "ann@example.com", "password": "correct horse battery 7"}
    with server.client() as client:
        answer = client.post("/auth/register", json=body)
        assert answer.status_code == 201
        assert f"Path={BASE}quantlab/api/auth" in answer.headers["Set-Cookie"]
        assert client.post("/auth/refresh", json={}).status_code == 200
