"""Wire models of the stream: what a client says over the WebSocket, and what it is told.

docs/developers/stream.md is the protocol in words.
"""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from quantlab_ext.schemas.base import Answer, Wire

TOPICS_PER_MESSAGE = 200

Topic = Annotated[str, Field(min_length=1, max_length=150)]
Topics = Annotated[list[Topic], Field(min_length=1, max_length=TOPICS_PER_MESSAGE)]

# What happened to something in the library. ``imported`` names no object: several may have come.
Act = Literal[
    "created", "saved", "changed", "restored", "deleted", "undeleted", "purged", "imported"
]


class StreamAuth(Wire):
    """The first message, and again before the token expires.

    Attributes:
        token: an access or kernel token; null: the account that a Jupyter server signs its own person in to.
    """

    type: Literal["auth"]
    token: str | None = Field(default=None, max_length=8192)


class StreamSubscribe(Wire):
    """Begin to listen to topics."""

    type: Literal["subscribe"]
    topics: Topics


class StreamUnsubscribe(Wire):
    """Stop listening to topics."""

    type: Literal["unsubscribe"]
    topics: Topics


StreamMessage = Annotated[
    StreamAuth | StreamSubscribe | StreamUnsubscribe, Field(discriminator="type")
]


class LibraryEvent(Answer):
    """Something in the own library is no longer as it was.

    Attributes:
        resource: noun of its address: workflows, layouts, projects.
        id: of the object; null: look at all of the resource.
        version: the current one after the act; null where there is none.
    """

    type: Literal["event"] = "event"
    topic: Literal["library"] = "library"
    resource: str
    id: UUID | None = None
    version: int | None = None
    act: Act
