"""What can be saved, and how lists and differences look."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from quantlab_ext.content import comparable, read_content
from quantlab_ext.display import Diff, size, version_table, workflow_table, write_new
from quantlab_ext.errors import InvalidInput
from quantlab_ext.schemas.saved import DiffRow, VersionInfo
from quantlab_ext.schemas.workflows import WorkflowItem

NOTEBOOK = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
ID = UUID(int=7)
NOW = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)


def test_code_and_notebooks() -> None:
    assert read_content("x = 1\n") == {"code": "x = 1\n"}
    assert read_content(NOTEBOOK) == {"notebook": NOTEBOOK}


def test_files(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes("# ü\n".encode())
    (tmp_path / "b.ipynb").write_text("\ufeff" + json.dumps(NOTEBOOK))
    assert read_content(tmp_path / "a.py") == {"code": "# ü\n"}
    assert read_content(tmp_path / "b.ipynb") == {"notebook": NOTEBOOK}


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.txt", b"", "unknown_file_type"),
        ("a.py", b"\xff\xfe\xff", "unreadable_file"),
        ("a.ipynb", b'{"cells": [', "not_a_notebook"),
        ("a.ipynb", b"[]", "not_a_notebook"),
        ("a.ipynb", b"{}", "not_a_notebook"),
    ],
)
def test_files_that_cannot_be_saved(tmp_path: Path, name: str, content: bytes, code: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InvalidInput) as caught:
        read_content(tmp_path / name)
    assert caught.value.code == code


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="No such file"):
        read_content(tmp_path / "a.py")


@pytest.mark.parametrize("content", ["notes.ipynb", "run.py"])
def test_a_file_name_is_not_code(content: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_content(content)
    assert caught.value.code == "looks_like_a_path"


@pytest.mark.parametrize("content", [{}, {"cells": 3}, 5, None])
def test_what_is_neither(content: Any) -> None:
    with pytest.raises(InvalidInput):
        read_content(content)


def test_what_was_sent_compares_equal_to_what_is_stored() -> None:
    cell = {"cell_type": "code", "metadata": {"trusted": True}, "source": "1"}
    stored = {"cell_type": "code", "metadata": {}, "source": "1"}
    sent = {"name": " N ", "notebook": {**NOTEBOOK, "cells": [cell]}}
    assert comparable(sent) == comparable(
        {"name": "N", "notebook": {**NOTEBOOK, "cells": [stored]}}
    )
    assert cell["metadata"] == {"trusted": True}


def item(name: str) -> WorkflowItem:
    return WorkflowItem(
        id=ID,
        name=name,
        kind="python",
        description="",
        tags=["a", "<b>"],
        project_id=None,
        pinned=False,
        version=3,
        size=2048,
        created_at=NOW,
        updated_at=NOW,
        owner_id=ID,
        access="owner",
    )


def test_names_are_text_in_tables_and_never_markup() -> None:
    table = workflow_table([item("<script>alert(1)</script>"), item("a\x1b[31mb\nc")])
    html, text = table._repr_html_(), repr(table)
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "<b>" not in html
    assert "\x1b" not in text
    assert len(text.splitlines()) == 3
    assert "2.0 KiB" in text
    assert len(table) == 2


def test_an_empty_table_teaches() -> None:
    assert "ql.save" in repr(workflow_table([]))
    assert "ql.save" in workflow_table([])._repr_html_()


def test_a_history() -> None:
    versions = [
        VersionInfo(
            version=2,
            created_at=NOW,
            author_id=ID,
            author_name="ada",
            source="restore",
            restored_from=1,
            size=10,
            content_hash="h",
            current=True,
        )
    ]
    assert "restored from 1 (current)" in repr(version_table(versions))


def test_a_difference() -> None:
    diff = Diff(
        from_version=1,
        to_version=2,
        format="nbdime",
        added=1,
        removed=0,
        changed=1,
        rows=[
            DiffRow(change="same", cell_type="code", left="s", right="s"),
            DiffRow(change="changed", left="a<b", right="a>b"),
            DiffRow(change="added", right="<img onerror=x>"),
            DiffRow(change="same", left="p", right="p", outputs_changed=True),
        ],
    )
    html, text = diff._repr_html_(), repr(diff)
    assert "<img" not in html
    assert "a&lt;b" in html
    assert text.splitlines() == [
        "1 → 2: 1 added, 0 removed, 1 changed",
        "- a<b",
        "+ a>b",
        "+ <img onerror=x>",
        "  (outputs changed)",
    ]


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (5 * 1024**3, "5.0 GiB")]
)
def test_sizes(count: int, text: str) -> None:
    assert size(count) == text


def test_files_are_not_replaced_unasked(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    write_new(path, "1\n", force=False)
    with pytest.raises(FileExistsError):
        write_new(path, "2\n", force=False)
    assert path.read_text() == "1\n"
    write_new(path, "2\n", force=True)
    assert path.read_text() == "2\n"


def test_importing_the_package_is_cheap() -> None:
    code = (
        "import sys, quantlab_ext as ql; "
        "heavy = {'httpx', 'pydantic', 'IPython', 'ssl', 'asyncio', 'tornado', 'sqlalchemy'}; "
        "print(sorted(heavy & set(sys.modules)), 'save' in dir(ql)); "
        "ql.Client; print('httpx' in sys.modules, {'tornado', 'sqlalchemy', 'jupyter_server'} & set(sys.modules))"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root
    )
    assert done.stdout == "[] True\nTrue set()\n"


def test_every_public_name_is_there() -> None:
    import quantlab_ext as ql

    for name in ql.__all__:
        assert getattr(ql, name) is not None
    with pytest.raises(AttributeError, match="nothing"):
        _ = ql.nothing  # type: ignore[attr-defined]  # that is the point
