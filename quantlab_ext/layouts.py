"""Chart layouts of the signed-in person: ``client.layouts``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from quantlab_ext.display import write_new
from quantlab_ext.errors import InvalidInput
from quantlab_ext.paging import PAGE
from quantlab_ext.saved import SavedObjects, Sort
from quantlab_ext.schemas.layouts import Layout, LayoutDocument, LayoutItem, parse_document

if TYPE_CHECKING:
    from quantlab_ext.client import Client
    from quantlab_ext.transport import Transport
    from quantlab_ext.widgets.opened import OpenedLayout

Document = LayoutDocument | Mapping[str, Any] | Path


class StoredLayout(LayoutItem):
    """A layout without its document, as changes answer; shows itself in one line."""

    def __repr__(self) -> str:
        return _line(self)

    __str__ = __repr__


class LoadedLayout(Layout):
    """A layout with its document; shows itself in one line."""

    def __repr__(self) -> str:
        return _line(self)

    __str__ = __repr__

    @property
    def charts(self) -> list[dict[str, Any]]:
        """The charts of the document."""
        return list(self.document["charts"])

    @property
    def parsed(self) -> LayoutDocument:
        """The document as typed values.

        Raises:
            pydantic.ValidationError: it comes from a newer service than this client knows.
        """
        return parse_document(self.document)

    def open(self, client: Client | None = None) -> OpenedLayout:
        """Its charts as widgets, one under the other; what cannot be drawn is a note in its place.

        Args:
            client: whose prices; None: that of this session (``ql.connect()``).

        Raises:
            pydantic.ValidationError: it comes from a newer service than this client knows.
        """
        from quantlab_ext.shortcuts import connect
        from quantlab_ext.widgets.opened import OpenedLayout

        return OpenedLayout(self, (client or connect()).market)

    def write(self, path: str | Path, *, force: bool = False) -> Path:
        """Write the document to a JSON file, which can be imported again.

        Raises:
            FileExistsError: it exists and ``force`` is off.
        """
        target = Path(path)
        text = json.dumps(self.document, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
        write_new(target, text, force=force)
        return target


class Layouts(SavedObjects[LayoutItem, LoadedLayout, Document]):
    """Calls on ``/layouts``. Where a layout is asked for, its id, its item or its exact name is taken.

    A document is a mapping, typed values (``LayoutDocument``), or the path of a JSON file.
    """

    noun = "layouts"
    one = "layout"
    members = frozenset({"document"})

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport, LayoutItem, StoredLayout, LoadedLayout)

    def _body(self, content: Document) -> dict[str, Any]:
        return {"document": read_document(content)}

    def _comparable(self, body: Mapping[str, Any]) -> dict[str, Any]:
        out = dict(body)
        if isinstance(out.get("name"), str):
            out["name"] = out["name"].strip()
        if "document" in out:
            # What is stored is complete; what was sent need not be.
            out["document"] = parse_document(out["document"]).model_dump(mode="json")
        return out

    def list(
        self,
        *,
        q: str | None = None,
        tag: str | None = None,
        project: UUID | str | None = None,
        name: str | None = None,
        pinned: bool | None = None,
        deleted: bool | None = None,
        shared: bool | None = None,
        sort: Sort = "-updated_at",
        page_size: int = PAGE,
    ) -> Iterator[LayoutItem]:
        """Iterate over layouts, page by page as they are needed.

        Args:
            q: words in name, description, tags or symbols.
            project: id of a project, or ``"none"``.
            name: the exact name, upper and lower case alike.
        """
        params = {
            "q": q,
            "tag": tag,
            "project": project,
            "name": name,
            "pinned": pinned,
            "deleted": deleted,
            "shared": shared,
            "sort": sort,
        }
        return self._list(params, page_size)

    def save(
        self,
        name: str,
        document: Document,
        *,
        project_id: UUID | str | None = None,
        overwrite: bool = False,
        **metadata: Any,
    ) -> LayoutItem:
        """Create ``name``, or save a new version of it if it is there; see ``client.workflows.save``.

        Raises:
            VersionConflict: someone saved since this client last saw it.
        """
        return self._save(
            name, document, kind=None, project_id=project_id, overwrite=overwrite, **metadata
        )


def read_document(content: Document) -> dict[str, Any]:
    """A document as JSON values.

    Raises:
        InvalidInput: not a document, or a file that cannot be read.
    """
    if isinstance(content, LayoutDocument):
        return content.model_dump(mode="json")
    value: Any = content
    if isinstance(content, Path):
        try:
            value = json.loads(content.read_text(encoding="utf-8-sig"))
        except OSError as error:
            raise InvalidInput(
                f"“{content}” cannot be read: {error.strerror}.", code="unreadable_file"
            ) from None
        except ValueError:
            raise InvalidInput(f"“{content.name}” is not JSON.", code="not_a_layout") from None
    if not isinstance(value, Mapping) or not isinstance(value.get("charts"), list):
        raise InvalidInput("This is not a layout: it has no charts.", code="not_a_layout")
    return dict(value)


def _line(item: LayoutItem) -> str:
    return f"<layout {item.name!r}, version {item.version}>"
