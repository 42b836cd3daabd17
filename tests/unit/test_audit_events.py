"""What audit events look like outside: every kind fits the schema, and nothing personal but ids can be in one."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import pytest
from jsonschema import ValidationError
from jupyter_events import EventLogger
from jupyter_events.schema import EventSchema

from quantlab_server.audit.events import SCHEMA_FILE, AuditEvents, to_event
from quantlab_server.audit.service import AuditService, Recorded
from quantlab_server.audit.tags import AuditTag
from quantlab_server.db.base import new_id, now

SCHEMA_ID = "https://events.quantlab.example/quantlab_server/audit/v1"


class Kept(logging.Handler):
    """Keeps what it is given, as a file would."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[dict[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.events.append(json.loads(self.format(record)))


def full(tag: AuditTag) -> Recorded:
    return Recorded(new_id(), now(), tag, new_id(), new_id(), new_id(), new_id(), "trace-1")


@pytest.fixture
def schema() -> EventSchema:
    return EventSchema(SCHEMA_FILE)


@pytest.mark.parametrize("tag", AuditTag)
def test_every_kind_fits(schema: EventSchema, tag: AuditTag) -> None:
    schema.validate(to_event(full(tag)))
    schema.validate(to_event(Recorded(new_id(), now(), tag)))


@pytest.mark.parametrize(
    "more",
    [{"address": "192.0.2.1"}, {"detail": "{}"}, {"email": "ann@example.com"}, {"tag": "<script>"}],
    ids=lambda more: next(iter(more)),
)
def test_nothing_else_fits(schema: EventSchema, more: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        schema.validate(to_event(full(AuditTag.LOGOUT)) | more)


def test_what_names_a_person_is_marked(schema: EventSchema) -> None:
    marked = {name for name, one in schema.properties.items() if one.get("personal-data")}
    assert marked == {"user_id", "actor_id", "subject_id"}
    assert (schema.id, schema.version) == (SCHEMA_ID, "1")


def test_an_event_of_each_kind_arrives_once_from_another_thread() -> None:
    kept = Kept()
    audit = AuditService()

    async def live() -> list[Recorded]:
        AuditEvents(audit, EventLogger(handlers=[kept])).start()
        told = [full(tag) for tag in AuditTag]
        await asyncio.to_thread(lambda: [audit.listeners[0](one) for one in told])
        # What the thread asked the loop for is done before this goes on.
        await asyncio.sleep(0)
        return told

    told = asyncio.run(live())
    assert [event["tag"] for event in kept.events] == [tag.value for tag in AuditTag]
    assert [event["id"] for event in kept.events] == [str(one.id) for one in told]
    assert {event["__schema__"] for event in kept.events} == {SCHEMA_ID}
    # A transaction of a loop that is gone does no harm.
    audit.listeners[0](told[0])
    assert len(kept.events) == len(told)
