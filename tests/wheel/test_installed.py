"""The wheel in an empty environment: everything is in it, and it works without configuration."""

from __future__ import annotations

import subprocess
from pathlib import Path

import nbformat
import pytest

from tests.support.jupyter import JupyterServerProcess
from tests.support.process import base_environment


def run(venv: Path, *command: str, home: Path) -> subprocess.CompletedProcess[str]:
    """Run a program of the environment, away from the checkout."""
    return subprocess.run(
        [str(venv / "bin" / command[0]), *command[1:]],
        env=base_environment(HOME=str(home), QUANTLAB_DATA_DIR=str(home / "quantlab")),
        cwd=home,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_notebook_is_saved_and_comes_back(wheel_lab: JupyterServerProcess) -> None:
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("print(1 + 1)")])
    with wheel_lab.client() as client:
        created = client.post("/workflows", json={"name": "From the wheel", "notebook": book})
        assert created.status_code == 201, created.text
        identity = created.json()["id"]
        assert identity in [item["id"] for item in client.get("/workflows").json()["items"]]
        loaded = client.get(f"/workflows/{identity}").json()
    assert loaded["notebook"]["cells"][0]["source"] == "print(1 + 1)"


def test_it_survives_a_crash_of_the_server(wheel_lab: JupyterServerProcess) -> None:
    with wheel_lab.client() as client:
        created = client.post("/workflows", json={"name": "Kept", "code": "x = 1\n"})
        assert created.status_code == 201, created.text
    wheel_lab.restart(hard=True)
    with wheel_lab.client() as client:
        loaded = client.get(f"/workflows/{created.json()['id']}")
        assert loaded.json()["code"] == "x = 1\n"


def test_commands_are_installed(wheel_venv: Path, tmp_path: Path) -> None:
    for command in (["quantlab"], ["jupyter", "quantlab"]):
        done = run(wheel_venv, *command, "--version", home=tmp_path)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("quantlab 0.")


def test_charts_of_cells_are_in_it(wheel_venv: Path, tmp_path: Path) -> None:
    code = "from quantlab_ext.widgets.chart import Chart; print(Chart.class_traits()['_esm'].default())"
    done = run(wheel_venv, "python", "-c", code, home=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Lightweight Charts" in done.stdout
    assert "export" in done.stdout


def test_doctor_finds_both_extensions(wheel_venv: Path, tmp_path: Path) -> None:
    done = run(wheel_venv, "quantlab", "doctor", home=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def lab_extension(venv: Path, name: str, home: Path) -> str:
    """The line that ``jupyter labextension list`` has for an extension."""
    done = run(venv, "jupyter", "labextension", "list", home=home)
    [line] = [text for text in (done.stdout + done.stderr).splitlines() if f" {name} v" in text]
    return line


def test_extensions_are_enabled_and_nbdimes_are_not(wheel_venv: Path, tmp_path: Path) -> None:
    assert "enabled" in lab_extension(wheel_venv, "@quantlab/labextension", tmp_path)
    assert "disabled" in lab_extension(wheel_venv, "nbdime-jupyterlab", tmp_path)
    server = run(wheel_venv, "jupyter", "server", "extension", "list", home=tmp_path)
    states = (server.stdout + server.stderr).splitlines()
    assert any("quantlab_server" in line and "enabled" in line for line in states)
    assert any("nbdime" in line and "disabled" in line for line in states)


def test_nbdimes_interface_can_be_turned_on_again(
    wheel_venv: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    own = wheel_venv / "etc" / "jupyter" / "labconfig" / "page_config.json"
    request.addfinalizer(lambda: own.unlink(missing_ok=True))
    run(wheel_venv, "jupyter", "labextension", "enable", "nbdime-jupyterlab", home=tmp_path)
    assert "enabled" in lab_extension(wheel_venv, "nbdime-jupyterlab", tmp_path)

    server = JupyterServerProcess(
        tmp_path / "server",
        app="server",
        executable=str(wheel_venv / "bin" / "jupyter"),
        args=("--ServerApp.jpserver_extensions={'nbdime': True}",),
    )
    request.addfinalizer(server.terminate)
    server.start()
    assert "nbdime | extension was successfully loaded" in server.log_text()


def test_the_schema_of_audit_events_is_in_it(wheel_venv: Path, tmp_path: Path) -> None:
    code = (
        "from jupyter_events import EventLogger\n"
        "from quantlab_server.audit.events import AuditEvents\n"
        "from quantlab_server.audit.service import AuditService\n"
        "logger = EventLogger()\n"
        "AuditEvents(AuditService(), logger)\n"
        "print(logger.schemas.schema_ids)\n"
    )
    done = run(wheel_venv, "python", "-c", code, home=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "https://events.quantlab.example/quantlab_server/audit/v1" in done.stdout


def test_nothing_of_ours_takes_a_common_name(wheel_venv: Path) -> None:
    [packages] = (wheel_venv / "lib").glob("python3*/site-packages")
    for name in ("migrations", "server_ext", "tests", "docs", "tools", "bench"):
        assert not (packages / name).exists()
    assert list((packages / "quantlab_server" / "migrations" / "versions").glob("*.py"))
