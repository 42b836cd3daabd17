"""Wire models of the stream: what a client says over the WebSocket, and what it is told.

docs/developers/stream.md is the protocol in words.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from quantlab_ext.schemas.base import Answer, ErrorAnswer, Wire

TOPICS_PER_MESSAGE = 200

Topic = Annotated[str, Field(min_length=1, max_length=150)]
Point = Annotated[str, Field(max_length=64)]
Topics = Annotated[list[Topic], Field(min_length=1, max_length=TOPICS_PER_MESSAGE)]

# What happened to something in the library. ``imported`` names no object: several may have come. ``shared`` and
# ``revoked`` are told to the person who was given access, or another access, and who lost it.
Act = Literal[
    "created",
    "saved",
    "changed",
    "restored",
    "deleted",
    "undeleted",
    "purged",
    "imported",
    "shared",
    "revoked",
]


class StreamAuth(Wire):
    """The first message, and again before the token expires.

    Attributes:
        token: an access or kernel token; null: the account that a Jupyter server signs its own person in to.
    """

    type: Literal["auth"]
    token: str | None = Field(default=None, max_length=8192)


class StreamSubscribe(Wire):
    """Begin to listen to topics.

    Attributes:
        resume: by topic the last point that a connection before this one was told: what came since is told first.
    """

    type: Literal["subscribe"]
    topics: Topics
    resume: dict[Topic, Point] = Field(default_factory=dict, max_length=TOPICS_PER_MESSAGE)


class StreamUnsubscribe(Wire):
    """Stop listening to topics."""

    type: Literal["unsubscribe"]
    topics: Topics


StreamMessage = Annotated[
    StreamAuth | StreamSubscribe | StreamUnsubscribe, Field(discriminator="type")
]


class LibraryEvent(Answer):
    """Something in the own library, or shared with one, is no longer as it was.

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


class StreamAuthenticated(Answer):
    """The service knows who this is, until ``expires_at``; null: until the session ends."""

    type: Literal["authenticated"] = "authenticated"
    user_id: UUID
    expires_at: datetime | None


class StreamSubscribed(Answer):
    """These topics are listened to; the names that messages will have."""

    type: Literal["subscribed"] = "subscribed"
    topics: list[str]


class StreamResume(Answer):
    """How far the topic was told on this connection: to be said with the next subscription after a loss.

    Attributes:
        point: means nothing but to the service.
        reset: the point that was asked for is not known any more: read everything of the topic anew.
    """

    type: Literal["resume"] = "resume"
    topic: str
    point: str
    reset: bool = False


class StreamUnsubscribed(Answer):
    """These topics are listened to no longer."""

    type: Literal["unsubscribed"] = "unsubscribed"
    topics: list[str]


class StreamQuote(Answer):
    """A price. ``time`` in milliseconds since 1970 UTC; ``volume`` null where it is not known."""

    time: int
    price: float
    volume: float | None


class StreamBar(Answer):
    """A bar as it is now. ``time``: when it opens, milliseconds since 1970 UTC."""

    time: int
    open: float
    high: float
    low: float
    close: float
    volume: float | None


class StreamQuotes(Answer):
    """Prices of one instrument since the message before, and the bars that they changed.

    Attributes:
        live: further prices will follow by themselves.
        note: to be shown with the price, as that it is a replay; may be empty.
        timeframe: of ``bars``.
    """

    type: Literal["quotes"] = "quotes"
    topic: str
    symbol: str
    live: bool
    note: str
    timeframe: str
    quotes: list[StreamQuote]
    bars: list[StreamBar]


class StreamError(ErrorAnswer):
    """Something was refused; ``topic`` is what it is about, where it is about one."""

    type: Literal["error"] = "error"
    topic: str | None = None


StreamAnswer = Annotated[
    StreamAuthenticated
    | StreamSubscribed
    | StreamUnsubscribed
    | StreamResume
    | LibraryEvent
    | StreamQuotes
    | StreamError,
    Field(discriminator="type"),
]
