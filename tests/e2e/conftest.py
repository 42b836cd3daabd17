"""Fixtures of browser tests."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.support.documents import Lab


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """One JupyterLab for the tests of a file: each uses workflows and browser profiles of its own."""
    server = Lab(tmp_path_factory.mktemp("lab"))
    server.start()
    yield server
    server.terminate()


@pytest.fixture
def api(lab: Lab) -> Iterator[httpx.Client]:
    """The service as the local account uses it."""
    with lab.client() as client:
        yield client
