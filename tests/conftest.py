"""Fixtures that start real things. Each is made when a test first asks for it."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

# Fixtures: pytest finds them by being here.
from tests.support.api import (  # noqa: F401
    api,
    central_api,
    embedded_api,
    make_person,
    other,
    person,
)
from tests.support.central import CentralDatabase, CentralProcess
from tests.support.chromium import find_chromium, launch_arguments
from tests.support.jupyter import JupyterServerProcess
from tests.support.oidc_service import (  # noqa: F401
    central_oidc,
    embedded_oidc,
    liar,
    lying_provider,
    mock_provider,
    oidc,
)
from tests.support.postgres import EmbeddedPostgres, PostgresUrls, given_server
from tests.support.process import ServerProcess
from tests.support.valkey import EmbeddedValkey


def pytest_configure() -> None:
    """Being told to stop ends the servers too: fixtures are finished as after Ctrl+C."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


_SERVERS: pytest.StashKey[list[ServerProcess]] = pytest.StashKey()


@pytest.fixture(scope="session")
def embedded_postgres() -> Iterator[EmbeddedPostgres]:
    """The throw-away PostgreSQL itself, for tests that stop and start it."""
    with EmbeddedPostgres() as server:
        yield server


@pytest.fixture(scope="session")
def postgres(request: pytest.FixtureRequest) -> PostgresUrls:
    """A PostgreSQL superuser's server: ``QUANTLAB_TEST_POSTGRES_URL``, else one from a wheel."""
    given = os.environ.get("QUANTLAB_TEST_POSTGRES_URL")
    if given:
        return given_server(given)
    server: EmbeddedPostgres = request.getfixturevalue("embedded_postgres")
    return server.urls


@pytest.fixture
def postgres_database(postgres: PostgresUrls) -> Iterator[str]:
    """Name of a fresh, empty database, dropped after the test."""
    name = postgres.create_database()
    yield name
    postgres.drop_database(name)


@pytest.fixture(scope="session")
def embedded_valkey() -> Iterator[EmbeddedValkey]:
    """The throw-away Valkey itself, for tests that stop and start it."""
    with EmbeddedValkey() as server:
        yield server


@pytest.fixture(scope="session")
def redis_url(request: pytest.FixtureRequest) -> str:
    """Address of a Redis or Valkey: ``QUANTLAB_TEST_REDIS_URL``, else one from a wheel."""
    given = os.environ.get("QUANTLAB_TEST_REDIS_URL")
    if given:
        return given
    server: EmbeddedValkey = request.getfixturevalue("embedded_valkey")
    return server.url


CentralFactory = Callable[..., CentralProcess]


@pytest.fixture(scope="session")
def make_central_database(
    postgres: PostgresUrls, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., CentralDatabase]]:
    """Makes prepared databases for the central service: roles, tables, keys. Dropped at the end."""
    with ExitStack() as stack:

        def make(*, redis_url: str = "", prepare: bool = True) -> CentralDatabase:
            name = postgres.create_database("central")
            stack.callback(postgres.drop_database, name)
            database = CentralDatabase(name, postgres, tmp_path_factory.mktemp(name), redis_url)
            if prepare:
                database.prepare()
            return database

        yield make


@pytest.fixture(scope="session")
def make_central(
    make_central_database: Callable[..., CentralDatabase],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[CentralFactory]:
    """Starts central services; keywords as of :class:`CentralProcess`.

    Give ``database`` to put several on one; without it each gets a database of its own.
    """
    with ExitStack() as stack:

        def make(
            *,
            database: CentralDatabase | None = None,
            redis_url: str = "",
            start: bool = True,
            **options: Any,
        ) -> CentralProcess:
            database = database or make_central_database(redis_url=redis_url)
            server = CentralProcess(database, tmp_path_factory.mktemp("central"), **options)
            stack.callback(server.terminate)
            if start:
                server.start()
            return server

        yield make


@pytest.fixture
def central_process(
    make_central: CentralFactory, request: pytest.FixtureRequest
) -> Iterator[CentralProcess]:
    """A running central service on a database of its own for this test."""
    server = make_central()
    show_log_on_failure(request, server)
    yield server
    server.terminate()


JupyterFactory = Callable[..., JupyterServerProcess]


@pytest.fixture
def make_jupyter_server(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[JupyterFactory]:
    """Starts Jupyter servers for one test; keywords as of :class:`JupyterServerProcess`."""
    with ExitStack() as stack:
        count = 0

        def make(*, start: bool = True, **options: Any) -> JupyterServerProcess:
            nonlocal count
            count += 1
            server = JupyterServerProcess(tmp_path / f"jupyter-{count}", **options)
            stack.callback(server.terminate)
            show_log_on_failure(request, server)
            if start:
                server.start()
            return server

        yield make


@pytest.fixture
def jupyter_server_process(make_jupyter_server: JupyterFactory) -> JupyterServerProcess:
    """A running ``jupyter lab`` of its own for this test."""
    return make_jupyter_server()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    # Five seconds are Playwright's own; a busy machine of two cores takes several times longer.
    expect.set_options(timeout=20_000)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=find_chromium(), args=launch_arguments()
        )
        yield chromium
        chromium.close()


@pytest.fixture
def browser_context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser profile of its own: no cookies, no storage, desktop size."""
    context = browser.new_context(viewport={"width": 1366, "height": 850}, locale="en-US")
    yield context
    context.close()


@pytest.fixture
def page(browser_context: BrowserContext) -> Page:
    """An empty tab."""
    return browser_context.new_page()


def show_log_on_failure(request: pytest.FixtureRequest, server: ServerProcess) -> None:
    """Add the end of the server's log to the report if the test that asked for it fails."""
    request.node.stash.setdefault(_SERVERS, []).append(server)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Put logs of servers beside the failure that they may explain."""
    report: pytest.TestReport = yield  # type: ignore[assignment]  # pluggy sends the result in
    if report.failed:
        for server in item.stash.get(_SERVERS, []):
            report.sections.append((f"server {server.pid}", server.tail()))
    return report  # type: ignore[return-value]  # what a wrapper hook has to do
