"""What can be saved: code as text, a notebook as a mapping, or a file with either."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from quantlab_ext.errors import InvalidInput

Content = str | Mapping[str, Any] | Path


def read_content(content: Content) -> dict[str, Any]:
    """The wire member: ``{"code": text}`` or ``{"notebook": mapping}``.

    Raises:
        InvalidInput: not code, not a notebook, or a file that cannot be read.
    """
    if isinstance(content, Path):
        return _read_file(content)
    if isinstance(content, str):
        if "\n" not in content and content.endswith((".ipynb", ".py")):
            raise InvalidInput(
                f"“{content}” looks like the name of a file: give pathlib.Path({content!r}) to save the file.",
                code="looks_like_a_path",
            )
        return {"code": content}
    if isinstance(content, Mapping):
        if not isinstance(content.get("cells"), list):
            raise InvalidInput("This is not a notebook: it has no cells.", code="not_a_notebook")
        return {"notebook": dict(content)}
    raise InvalidInput(
        "Give Python code as text, a notebook as a mapping, or the path of a file.",
        code="not_content",
    )


def _read_file(path: Path) -> dict[str, Any]:
    """The content of an .ipynb or .py file."""
    if path.suffix not in (".ipynb", ".py"):
        raise InvalidInput(f"“{path.name}” is neither .ipynb nor .py.", code="unknown_file_type")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InvalidInput(
            f"“{path}” cannot be read: {error.strerror}.", code="unreadable_file"
        ) from None
    except UnicodeDecodeError:
        raise InvalidInput(f"“{path.name}” is not text in UTF-8.", code="unreadable_file") from None
    if path.suffix == ".py":
        return {"code": text}
    try:
        notebook = json.loads(text)
    except ValueError:
        raise InvalidInput(
            f"“{path.name}” is not a notebook: it is not JSON.", code="not_a_notebook"
        ) from None
    if not isinstance(notebook, dict):
        raise InvalidInput(f"“{path.name}” is not a notebook.", code="not_a_notebook")
    return read_content(notebook)


def comparable(body: Mapping[str, Any]) -> dict[str, Any]:
    """``body`` in a form in which what was sent equals what is stored: names trimmed, trust dropped from cells."""
    out = dict(body)
    if isinstance(out.get("name"), str):
        out["name"] = out["name"].strip()
    notebook = out.get("notebook")
    if isinstance(notebook, Mapping):
        copied = json.loads(json.dumps(notebook))
        for cell in copied.get("cells", []):
            if isinstance(cell, dict) and isinstance(cell.get("metadata"), dict):
                cell["metadata"].pop("trusted", None)
        out["notebook"] = copied
    return out
