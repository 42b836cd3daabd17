"""The support itself: each server starts for real, answers, dies and comes back."""

from __future__ import annotations

import os
from collections.abc import Callable

import httpx
import psycopg
import pytest
import redis
from playwright.sync_api import Page, expect

from tests.support.central import CentralProcess
from tests.support.chromium import NoChromium, find_chromium
from tests.support.jupyter import JupyterServerProcess
from tests.support.postgres import EmbeddedPostgres, PostgresUrls
from tests.support.valkey import EmbeddedValkey
from tests.support.waiting import wait_until


@pytest.mark.postgres
def test_postgres_gives_fresh_databases_to_a_superuser(
    postgres: PostgresUrls, postgres_database: str
) -> None:
    with postgres.connect(postgres_database) as connection:
        row = connection.execute(
            "SELECT current_database(), current_setting('is_superuser'), count(*) FROM pg_tables"
            " WHERE schemaname = 'public'"
        ).fetchone()
    assert row == (postgres_database, "on", 0)


@pytest.mark.postgres
def test_postgres_asks_for_the_password(postgres: PostgresUrls) -> None:
    wrong = postgres.admin.set(drivername="postgresql", password="wrong")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong.render_as_string(hide_password=False), connect_timeout=5)


@pytest.mark.postgres
def test_postgres_can_go_down_and_come_back_with_its_data() -> None:
    with EmbeddedPostgres() as server:
        name = server.urls.create_database()
        with server.urls.connect(name) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS value")
        server.stop()
        with pytest.raises(psycopg.OperationalError):
            server.urls.connect(name)
        server.start()
        with server.urls.connect(name) as connection:
            assert connection.execute("SELECT value FROM kept").fetchone() == (7,)
    assert not server.folder.exists()


def test_valkey_can_go_down_and_come_back_on_its_port() -> None:
    with EmbeddedValkey() as server:
        with redis.Redis.from_url(server.url) as client:
            assert client.set("key", "value")
        server.stop()
        with pytest.raises(redis.ConnectionError), redis.Redis.from_url(server.url) as client:
            client.ping()
        server.start()
        with redis.Redis.from_url(server.url) as client:
            assert client.get("key") is None


def test_jupyter_server_survives_a_hard_restart(
    make_jupyter_server: Callable[..., JupyterServerProcess],
) -> None:
    server = make_jupyter_server(app="server")
    first = server.pid
    server.restart(hard=True)
    assert server.pid != first
    answer = httpx.get(
        f"{server.url}api/status", headers={"Authorization": f"token {server.token}"}
    )
    assert answer.status_code == 200
    server.terminate()
    assert server.returncode is not None
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{server.url}api")


@pytest.mark.postgres
def test_central_service_serves_from_a_prepared_database(central_process: CentralProcess) -> None:
    assert httpx.get(f"{central_process.url}health/live").status_code == 200
    with central_process.client() as client:
        assert client.get("/auth/profile").status_code == 401
    central_process.restart(hard=True)
    assert httpx.get(f"{central_process.url}health/live").status_code == 200


def test_a_server_that_cannot_start_shows_its_log(
    make_jupyter_server: Callable[..., JupyterServerProcess],
) -> None:
    server = make_jupyter_server(app="server", args=("--ServerApp.port=nonsense",), start=False)
    with pytest.raises(RuntimeError, match="nonsense"):
        server.start()


@pytest.mark.e2e
def test_browser_opens_jupyterlab_without_the_news_dialog(
    jupyter_server_process: JupyterServerProcess, page: Page
) -> None:
    page.goto(jupyter_server_process.lab_url)
    expect(page.locator(".jp-Launcher-body")).to_be_visible(timeout=60_000)
    expect(page.locator(".Toastify__toast")).to_have_count(0)


def test_a_wrong_chromium_path_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROMIUM_PATH", os.devnull)
    with pytest.raises(NoChromium, match=os.devnull):
        find_chromium()


def test_waiting_says_what_it_waited_for() -> None:
    with pytest.raises(TimeoutError, match="until pigs fly"):
        wait_until(lambda: False, what="pigs fly", timeout=0.1)
