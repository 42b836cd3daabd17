"""Environments that ``./dev wheel`` makes: one with nothing but our wheel, one with nothing but JupyterLab."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.jupyter import JupyterServerProcess


def _environment(name: str) -> Path:
    given = os.environ.get(name)
    if not given:
        pytest.fail(f"{name} is not set: run these tests by ./dev wheel")
    return Path(given)


@pytest.fixture(scope="session")
def wheel_venv() -> Path:
    """Virtual environment into which only the wheel was installed."""
    return _environment("QUANTLAB_WHEEL_VENV")


@pytest.fixture(scope="session")
def stock_venv() -> Path:
    """Virtual environment with the same JupyterLab and nothing of ours."""
    return _environment("QUANTLAB_STOCK_VENV")


def _lab(venv: Path, home: Path) -> Iterator[JupyterServerProcess]:
    server = JupyterServerProcess(home, executable=str(venv / "bin" / "jupyter"))
    server.start()
    yield server
    server.terminate()


@pytest.fixture(scope="session")
def wheel_lab(
    wheel_venv: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[JupyterServerProcess]:
    """``jupyter lab`` of the wheel's environment, without any configuration."""
    yield from _lab(wheel_venv, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def stock_lab(
    stock_venv: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[JupyterServerProcess]:
    """``jupyter lab`` without QuantLab."""
    yield from _lab(stock_venv, tmp_path_factory.mktemp("stock"))
