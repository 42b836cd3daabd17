"""Bars as bytes: JSON columns or an Arrow IPC stream."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray
from pydantic import BaseModel

from quantlab_ext.schemas.market import BarInfo
from quantlab_server.market.service import Selection

ARROW = "application/vnd.apache.arrow.stream"

# The JSON encoder holds the interpreter lock: so many values take it about a millisecond.
_PIECE = 20_000

# Bars in one Arrow message, and what ends a stream of them (Arrow's "IPC Streaming Format").
_BATCH = 16_384
_END = b"\xff\xff\xff\xff\x00\x00\x00\x00"


def info_of(selection: Selection) -> BarInfo:
    """What is said beside the bars."""
    listing = selection.found.listing
    return BarInfo(
        instrument_id=selection.found.id,
        symbol=selection.found.symbol,
        timeframe=str(selection.timeframe),
        timezone=listing.timezone,
        source=listing.source,
        adjusted=listing.adjusted,
        snapshot=selection.snapshot,
        next_before=selection.next_before,
        older_on_request=selection.far,
        warnings=selection.warnings,
    )


def as_json(selection: Selection) -> list[bytes]:
    """A `BarSeries`."""
    columns = {name: column[selection.where] for name, column in selection.bars.columns().items()}
    return [*opened(info_of(selection)), b',"columns":{', *members(columns), b"}}"]


def as_arrow(selection: Selection) -> list[bytes]:
    """An Arrow IPC stream; the schema's metadata has a `BarInfo` as JSON under ``quantlab``."""
    about = info_of(selection).model_dump_json().encode()
    table = selection.bars.table(selection.where).replace_schema_metadata({"quantlab": about})
    # Message by message: one buffer of many megabytes would be copied with the interpreter lock held.
    parts = [table.schema.serialize().to_pybytes()]
    parts += [batch.serialize().to_pybytes() for batch in table.to_batches(_BATCH)]
    return [*parts, _END]


def opened(model: BaseModel) -> Iterator[bytes]:
    """A model as a JSON object that is not closed yet."""
    yield model.model_dump_json().encode()[:-1]


def members(columns: Mapping[str, NDArray[Any]]) -> Iterator[bytes]:
    """Columns as members of a JSON object; NaN is null."""
    for place, (name, column) in enumerate(columns.items()):
        yield b"%s%s:[" % (b"," if place else b"", orjson.dumps(name))
        for start in range(0, len(column), _PIECE):
            piece = np.ascontiguousarray(column[start : start + _PIECE])
            text = orjson.dumps(piece, option=orjson.OPT_SERIALIZE_NUMPY)
            yield b"%s%s" % (b"," if start else b"", text[1:-1])
        yield b"]"
