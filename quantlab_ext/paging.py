"""Lists, read page by page as they are needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from quantlab_ext.schemas.base import Page

if TYPE_CHECKING:
    from quantlab_ext.transport import Transport

PAGE = 50

T = TypeVar("T")


def pages(
    transport: Transport,
    path: str,
    model: type[Page[T]],
    params: Mapping[str, Any],
    page_size: int = PAGE,
) -> Iterator[T]:
    """Yield every item of a list; a page is asked for when the one before it is used up."""
    cursor: str | None = None
    while True:
        query = {**params, "limit": page_size, "cursor": cursor}
        answer = transport.request("GET", path, params=query)
        page = model.model_validate_json(answer.content)
        yield from page.items
        cursor = page.next_cursor
        if cursor is None:
            return
