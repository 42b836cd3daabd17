"""Wire models of chart layouts, and what a person wants of a new chart."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from quantlab_ext.schemas.base import JsonObject, Wire
from quantlab_ext.schemas.layout_document import ChartStudy, ChartStyle, LayoutDocument, ScaleMode
from quantlab_ext.schemas.layout_values import Symbol, Timeframe
from quantlab_ext.schemas.saved import SavedCreate, SavedItem, SavedUpdate


class _DescribedAsDocument:
    """An answer's document stays as it came, also from a newer service; its schema is the document's."""

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return handler(LayoutDocument.__pydantic_core_schema__)


StoredDocument = Annotated[JsonObject, _DescribedAsDocument]


class LayoutItem(SavedItem):
    """A layout as lists show it."""

    kind: Literal["layout"]


class Layout(LayoutItem):
    """A layout with its document, in today's schema and complete."""

    document: StoredDocument


class LayoutVersion(LayoutItem):
    """One kept version with its document; metadata is that of the object today."""

    document: StoredDocument


class LayoutCreate(SavedCreate):
    """A new layout."""

    document: LayoutDocument


class LayoutUpdate(SavedUpdate):
    """A save. Members left out stay as they are."""

    document: LayoutDocument | None = None


class ChartDefaults(Wire):
    """What a new chart starts with; None: the product's own default."""

    symbol: Symbol | None = None
    timeframe: Timeframe | None = None
    style: ChartStyle | None = None
    volume: bool | None = None
    scale: ScaleMode | None = None
    studies: Annotated[list[ChartStudy], Field(max_length=10)] = []


def parse_document(value: Mapping[str, Any]) -> LayoutDocument:
    """A document as typed values, complete. It is read as JSON: times are text.

    Raises:
        pydantic.ValidationError: it breaks a rule, or has another schema version.
    """
    return LayoutDocument.model_validate_json(json.dumps(value))


__all__ = [
    "ChartDefaults",
    "Layout",
    "LayoutCreate",
    "LayoutDocument",
    "LayoutItem",
    "LayoutUpdate",
    "LayoutVersion",
    "parse_document",
]
