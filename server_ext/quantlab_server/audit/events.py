"""Audit events for Jupyter's event logger: what an operator's handlers get, after the commit and in no detail."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import asdict
from functools import partial
from pathlib import Path

from jupyter_events import EventLogger
from jupyter_events.schema import EventSchema

from quantlab_server.audit.service import AuditService, Recorded

log = logging.getLogger("quantlab.audit")

SCHEMA_FILE = Path(__file__).parent / "event_schemas" / "v1.yaml"


class AuditEvents:
    """Hands each recorded event to a logger, on the event loop: listeners of the logger are coroutines."""

    def __init__(self, audit: AuditService, logger: EventLogger) -> None:
        self._audit = audit
        self._logger = logger
        schema = EventSchema(SCHEMA_FILE)
        self._schema_id: str = schema.id
        logger.register_event_schema(schema)  # type: ignore[arg-type]  # takes one, as its registry does

    def start(self) -> None:
        """Begin; needs a running event loop."""
        loop = asyncio.get_running_loop()

        def hear(recorded: Recorded) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(partial(self._emit, recorded))

        self._audit.listeners.append(hear)

    def _emit(self, recorded: Recorded) -> None:
        try:
            self._logger.emit(
                schema_id=self._schema_id,
                data=to_event(recorded),
                timestamp_override=recorded.at,
            )
        except Exception as error:
            # The type only: a validator's message holds values.
            log.error("an event was not emitted: %s", type(error).__name__)


def to_event(recorded: Recorded) -> dict[str, str]:
    """What the schema describes; what there is none of is left out."""
    values = asdict(recorded) | {"at": recorded.at.isoformat(), "tag": recorded.tag.value}
    return {name: str(value) for name, value in values.items() if value is not None}
