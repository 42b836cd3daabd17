"""How far back a client reads that was not told how far."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pyarrow as pa
import pytest

from quantlab_ext.market import Market
from quantlab_ext.schemas.market import BarInfo
from quantlab_ext.tokens import StaticToken
from quantlab_ext.transport import Timing, Transport
from quantlab_server.market.bars import SCHEMA
from tests.support.providers import made_table
from tests.unit.client.scripted import Answer, ScriptedService, Seen

DAY = 86_400_000


def long_history(seen: Seen) -> Answer:
    """Ten bars, the ones before the given moment; there are always more."""
    query = parse_qs(urlsplit(seen.path).query)
    end = int(query.get("to", [100 * DAY])[0])
    about = BarInfo(
        instrument_id=UUID(int=1),
        symbol="MADE:XYZ",
        timeframe="1D",
        timezone="UTC",
        source="a test",
        adjusted="",
        snapshot="0" * 64,
        next_before=end - 10 * DAY,
        older_on_request=True,
    )
    table = made_table([end - DAY * place for place in range(10, 0, -1)])
    sink = pa.BufferOutputStream()
    schema = SCHEMA.with_metadata({"quantlab": about.model_dump_json().encode()})
    with pa.ipc.new_stream(sink, schema) as writer:
        writer.write_table(table.cast(schema))
    return Answer(raw=sink.getvalue().to_pybytes())


@pytest.mark.parametrize(("limit", "rows"), [(None, 10), (10, 10), (30, 30)])
def test_older_pages_of_a_source_are_read_for_who_asks_for_them(
    limit: int | None, rows: int
) -> None:
    with ScriptedService(long_history) as service:
        transport = Transport(StaticToken(service.url, "token"), Timing(total=30))
        frame = Market(transport).bars("MADE:XYZ", limit=limit)
        transport.close()
        assert len(frame) == rows
        assert len(service.seen) == rows // 10
