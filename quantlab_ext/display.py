"""How answers look in a notebook: text, and tables in which everything from the service is text and never markup."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from quantlab_ext.schemas.saved import DiffRow, VersionDiff, VersionInfo

if TYPE_CHECKING:
    from quantlab_ext.schemas.market import Instrument
    from quantlab_ext.schemas.workflows import WorkflowItem

T = TypeVar("T")

_TABLE = "border-collapse:collapse;text-align:left"
_CELL = "text-align:{align};padding:2px 12px 2px 0;white-space:pre-wrap;vertical-align:top"
_CHANGE = {"added": "+", "removed": "-", "changed": "±", "same": " "}
_COLOUR = {
    "added": "var(--jp-success-color1, #388e3c)",
    "removed": "var(--jp-error-color1, #d32f2f)",
    "changed": "var(--jp-warn-color1, #f57c00)",
    "same": "inherit",
}


def when(moment: datetime) -> str:
    """A time in the zone of this machine, to the minute."""
    return f"{moment.astimezone():%Y-%m-%d %H:%M}"


def size(count: int) -> str:
    """A number of bytes for people, in powers of 1024."""
    value = float(count)
    for unit in ("B", "KiB", "MiB"):
        if value < 1024:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} GiB"


Column = tuple[str, str, Callable[[Any], str]]  # heading, alignment, text of an item


class Table(list[T], Generic[T]):
    """A list that shows itself as a table: HTML in notebooks, columns of text elsewhere."""

    def __init__(self, items: Iterable[T], columns: Sequence[Column], empty: str) -> None:
        super().__init__(items)
        self._columns = columns
        self._empty = empty

    def _rows(self) -> list[list[str]]:
        return [[text(item) for _, _, text in self._columns] for item in self]

    def __repr__(self) -> str:
        if not self:
            return self._empty
        heads = [head for head, _, _ in self._columns]
        rows = [[_one_line(cell) for cell in row] for row in self._rows()]
        widths = [max(len(row[i]) for row in [heads, *rows]) for i in range(len(heads))]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in [heads, *rows]
        ]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        if not self:
            return f"<p>{escape(self._empty)}</p>"
        heads = "".join(
            f'<th style="{_CELL.format(align=align)}">{escape(head)}</th>'
            for head, align, _ in self._columns
        )
        body = "".join(
            "<tr>"
            + "".join(
                f'<td style="{_CELL.format(align=column[1])}">{escape(cell)}</td>'
                for column, cell in zip(self._columns, row, strict=True)
            )
            + "</tr>"
            for row in self._rows()
        )
        return (
            f'<table style="{_TABLE}"><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>'
        )


def _one_line(text: str) -> str:
    """``text`` without what a terminal would obey."""
    return "".join(char if char.isprintable() else " " for char in text)


def workflow_table(items: Iterable[WorkflowItem]) -> Table[WorkflowItem]:
    """Workflows as a table."""
    columns: list[Column] = [
        ("Name", "left", lambda item: item.name),
        ("Kind", "left", lambda item: item.kind),
        ("Version", "right", lambda item: str(item.version)),
        ("Changed", "left", lambda item: when(item.updated_at)),
        ("Size", "right", lambda item: size(item.size)),
        ("Tags", "left", lambda item: ", ".join(item.tags)),
    ]
    return Table(items, columns, "No workflows yet. Save one with ql.save(name, code).")


def instrument_table(items: Iterable[Instrument]) -> Table[Instrument]:
    """Instruments as a table."""
    columns: list[Column] = [
        ("Symbol", "left", lambda item: item.symbol),
        ("Name", "left", lambda item: item.name),
        ("Timeframes", "left", lambda item: " ".join(item.timeframes)),
        ("From", "left", lambda item: str(item.first or "")),
        ("To", "left", lambda item: str(item.last or "")),
        ("Adjusted for", "left", lambda item: item.adjusted),
        ("Data from", "left", lambda item: item.data_source),
    ]
    return Table(items, columns, "No instrument has that in its ticker or name.")


def version_table(items: Iterable[VersionInfo]) -> Table[VersionInfo]:
    """A history as a table."""
    columns: list[Column] = [
        ("Version", "right", lambda item: str(item.version)),
        ("Saved", "left", lambda item: when(item.created_at)),
        ("By", "left", lambda item: item.author_name or ""),
        ("How", "left", _how),
        ("Size", "right", lambda item: size(item.size)),
    ]
    return Table(items, columns, "No versions.")


def _how(item: VersionInfo) -> str:
    how = f"restored from {item.restored_from}" if item.restored_from else item.source
    return f"{how} (current)" if item.current else how


class Diff(VersionDiff):
    """The difference of two versions, shown side by side in notebooks."""

    def __repr__(self) -> str:
        head = f"{self.from_version} → {self.to_version}: {self._counts()}"
        if self.words:
            return "\n".join([head, *(_one_line(change.text) for change in self.changes)])
        return "\n".join([head, *(line for row in self.rows for line in _text_row(row))])

    def _counts(self) -> str:
        if not (self.added or self.removed or self.changed):
            return "no difference"
        return f"{self.added} added, {self.removed} removed, {self.changed} changed"

    def _repr_html_(self) -> str:
        if self.words:
            lines = "".join(f"<li>{escape(change.text)}</li>" for change in self.changes)
            head = f"Version {self.from_version} → {self.to_version}: {self._counts()}"
            return f"<p>{escape(head)}</p><ul>{lines}</ul>"
        rows = "".join(
            _html_row(row) for row in self.rows if row.change != "same" or row.outputs_changed
        )
        return (
            f"<p>Version {self.from_version} → {self.to_version}: {escape(self._counts())}</p>"
            f'<table style="{_TABLE};width:100%;table-layout:fixed"><tbody>{rows}</tbody></table>'
        )


def _text_row(row: DiffRow) -> list[str]:
    if row.change == "same":
        return ["  (outputs changed)"] if row.outputs_changed else []
    lines = []
    if row.left is not None:
        lines += [f"- {_one_line(line)}" for line in row.left.splitlines()]
    if row.right is not None:
        lines += [f"+ {_one_line(line)}" for line in row.right.splitlines()]
    return lines


def _html_row(row: DiffRow) -> str:
    side = "font-family:monospace;white-space:pre-wrap;overflow-wrap:anywhere;text-align:left;vertical-align:top"
    note = " (outputs changed)" if row.outputs_changed else ""
    return (
        f'<tr><td style="width:2em;color:{_COLOUR[row.change]}">{_CHANGE[row.change]}</td>'
        f'<td style="{side}">{escape(row.left or "")}</td>'
        f'<td style="{side}">{escape(row.right or "")}{escape(note)}</td></tr>'
    )


def write_new(path: Path, text: str, *, force: bool) -> None:
    """Write ``text``; an existing file is replaced only with ``force``.

    Raises:
        FileExistsError: it exists and ``force`` is off.
        OSError: it cannot be written.
    """
    with path.open("w" if force else "x", encoding="utf-8", newline="\n") as file:
        file.write(text)
