"""From bytes to messages of clients, and from answers to frames."""

from __future__ import annotations

from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError

from quantlab_ext.schemas.stream import (
    StreamAuth,
    StreamMessage,
    StreamSubscribe,
    StreamUnsubscribe,
)
from quantlab_server.errors import ApiError, Malformed
from quantlab_server.http import problems

Message = StreamAuth | StreamSubscribe | StreamUnsubscribe

_MESSAGES: TypeAdapter[Message] = TypeAdapter(StreamMessage)


def read(text: str | bytes) -> Message:
    """A client's message.

    Raises:
        Malformed: not JSON, or binary.
        Invalid: no message that there is; ``fields`` says where.
    """
    if isinstance(text, bytes):
        raise Malformed("Send JSON as text.")
    try:
        return _MESSAGES.validate_json(text)
    except ValidationError as error:
        raise problems.from_validation(error) from None


def frame(**members: Any) -> bytes:
    """A message to a client, encoded."""
    return orjson.dumps(members)


def resume(topic: str, point: str, *, reset: bool = False) -> bytes:
    """How far the topic has been told."""
    return frame(type="resume", topic=topic, point=point, reset=reset)


def problem(error: ApiError, request_id: str, topic: str | None = None) -> bytes:
    """The error in the shape that it has everywhere; ``topic`` is what it is about."""
    about = {} if topic is None else {"topic": topic}
    body = orjson.loads(problems.body_of(error, request_id))
    return frame(type="error", **about, **body)
