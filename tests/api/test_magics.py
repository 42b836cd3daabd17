"""``%quantlab`` in a real kernel, with the identity that a page hands over, against a real embedded server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.api import Api, Person
from tests.support.kernels import RunningKernel


class Page:
    """The page's side of the comm, with the real service behind it."""

    def __init__(self, api: Api, person: Person) -> None:
        self._api = api
        self._person = person

    def __call__(self, kernel: RunningKernel, opened: dict[str, Any]) -> None:
        answer = self._person.post("/auth/kernel-token", json={"kernel_id": "k"})
        data: dict[str, Any] = {"error": "signed_out"}
        if answer.is_success:
            given = answer.json()
            data = {
                "url": self._api.url,
                "token": given["token"],
                "expires_in": given["expires_in"],
            }
        kernel.send_comm(opened["comm_id"], data, channel=opened["data"]["reply_on"])


@pytest.fixture(scope="module")
def someone(embedded_api: Api) -> Person:
    return embedded_api.register()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kernel")


@pytest.fixture(scope="module")
def kernel(embedded_api: Api, someone: Person, folder: Path) -> Iterator[RunningKernel]:
    env = {"QUANTLAB_URL": "", "JPY_PARENT_PID": "", "JPY_SESSION_NAME": str(folder / "mine.ipynb")}
    with RunningKernel(folder, env=env, on_comm_open=Page(embedded_api, someone)) as running:
        assert running.run("%load_ext quantlab_ext").error == ""
        yield running


def said(kernel: RunningKernel, line: str) -> str:
    output = kernel.run(line)
    assert output.error == ""
    return output.text.strip()


def test_who_am_i(kernel: RunningKernel, someone: Person, embedded_api: Api) -> None:
    assert said(kernel, "%quantlab login") == f"Signed in as {someone.username}."
    who = said(kernel, "%quantlab whoami")
    assert who.startswith(f"{someone.username} (user) of ")
    assert who.endswith(embedded_api.url)


def test_a_cell_is_saved_and_comes_back(kernel: RunningKernel) -> None:
    assert said(kernel, '%%quantlab save "My cell"\nx = 41\nx + 1') == "Saved “My cell”, version 1."
    output = kernel.run('%quantlab load "My cell"')
    assert output.next_input == "x = 41\nx + 1\n"
    assert "version 1, is in the next cell" in output.text
    assert kernel.run("'x' in globals()").data == [{"text/plain": "False"}]


def test_history_diff_and_restore(kernel: RunningKernel) -> None:
    for number in (1, 2, 3):
        said(kernel, f"%%quantlab save versions\nx = {number}\n")
    history = kernel.run("%quantlab history versions").data[0]
    assert len(history["text/plain"].splitlines()) == 4
    assert "<table" in history["text/html"]
    assert "+ x = 3" in kernel.run("%quantlab diff versions").data[0]["text/plain"]
    assert "- x = 1" in kernel.run("%quantlab diff versions 1 3").data[0]["text/plain"]
    assert said(kernel, "%quantlab restore versions 1").endswith("as version 4.")
    assert kernel.run("%quantlab load versions").next_input == "x = 1\n"
    assert kernel.run("%quantlab load versions --version 2").next_input == "x = 2\n"


def test_lists_are_values_and_names_are_text(kernel: RunningKernel) -> None:
    said(kernel, '%%quantlab save "<b>bold" --tag special --description "a b"\n1\n')
    shown = kernel.run("%quantlab list --tag special").data[0]
    assert "&lt;b&gt;bold" in shown["text/html"]
    assert "<b>bold" not in shown["text/html"]
    assert said(kernel, "found = %quantlab list bold\nprint(found[0].description)") == "a b"


def test_files(kernel: RunningKernel, folder: Path) -> None:
    document = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (folder / "note.ipynb").write_text(json.dumps(document))
    assert "version 1, from note.ipynb" in said(kernel, "%quantlab save Note --from note.ipynb")
    assert said(kernel, "%quantlab load Note").endswith("was written to Note.ipynb.")
    assert json.loads((folder / "Note.ipynb").read_text())["nbformat"] == 4
    assert "exists: name another file with --to" in said(kernel, "%quantlab load Note")
    assert "was written" in said(kernel, "%quantlab load Note --force")
    assert "was written to other.ipynb" in said(kernel, "%quantlab load Note --to other.ipynb")
    assert "No such file" in said(kernel, "%quantlab save Note --from nowhere.py")


def test_the_notebook_of_this_kernel(kernel: RunningKernel, folder: Path) -> None:
    (folder / "mine.ipynb").unlink(missing_ok=True)
    assert "(no_file)" in said(kernel, "%quantlab save Mine")
    document = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (folder / "mine.ipynb").write_text(json.dumps(document))
    assert "mine.ipynb as written to disk at" in said(kernel, "%quantlab save Mine")


def test_what_was_run(kernel: RunningKernel) -> None:
    kernel.run("first_line = 1")
    kernel.run("%time second_line = 2")
    assert "from what was run" in said(kernel, "%quantlab save session --history")
    code = kernel.run("%quantlab load session").next_input
    assert code is not None
    compile(code, "session", "exec")
    assert "first_line = 1" in code
    assert "second_line = 2" in code
    assert "%quantlab" not in code


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("%quantlab load nothing", "There is no workflow named “nothing”. (not_found)"),
        ("%quantlab nonsense", "(usage)"),
        ("%quantlab save", "(usage)"),
        ("%quantlab restore x 0", "(usage)"),
        ('%quantlab save "open', "A quotation mark is not closed. (usage)"),
        ("%%quantlab load x\n1", "(usage)"),
        ("%quantlab save a/b --history", "name: "),
        ("%quantlab list --project nowhere", "There is no project named “nowhere”. (not_found)"),
    ],
)
def test_errors_are_one_sentence(kernel: RunningKernel, line: str, expected: str) -> None:
    output = kernel.run(line)
    assert output.error == ""
    assert expected in output.text
    assert len(output.text.strip().splitlines()) == 1


def test_help(kernel: RunningKernel) -> None:
    assert "%quantlab restore NAME VERSION" in said(kernel, "%quantlab help")
    assert "%quantlab restore NAME VERSION" in said(kernel, "%quantlab")
    assert "--overwrite" in said(kernel, "%quantlab save --help")


def test_signing_out_in_the_page_ends_the_kernels_access(embedded_api: Api, tmp_path: Path) -> None:
    person = embedded_api.register()
    env = {"QUANTLAB_URL": "", "JPY_PARENT_PID": ""}
    with RunningKernel(tmp_path, env=env, on_comm_open=Page(embedded_api, person)) as kernel:
        assert person.username in said(kernel, "%load_ext quantlab_ext\n%quantlab whoami")
        assert person.post("/auth/logout", json={"scope": "this"}).status_code == 204
        assert said(kernel, "%quantlab whoami").startswith("Sign in in JupyterLab")


def test_loading_survives_the_extension_loaded_twice(kernel: RunningKernel) -> None:
    assert kernel.run("%reload_ext quantlab_ext").error == ""
    assert "(user) of" in said(kernel, "%quantlab whoami")
