"""What a kind of topic has to say: who may listen, and which channel a name means."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

from quantlab_server.auth.actor import Actor
from quantlab_server.auth.scopes import Scope
from quantlab_server.errors import InsufficientScope, NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping


class UnknownTopic(NotFound):
    """404 in an error message: there is no topic of that name."""

    code = "unknown_topic"
    message = "There is no such topic. Topics are library and quotes:SOURCE:TICKER."


@dataclass(frozen=True, slots=True)
class Place:
    """Where a subscription leads.

    Attributes:
        name: of the topic, as it is on the wire.
        channel: what frames are sent to; for topics that are one's own, it has the person in it.
    """

    name: str
    channel: str


class Family(ABC):
    """Topics that begin with the same word. Called on the event loop only.

    Attributes:
        scopes: all that a caller needs.
        replayed: who comes back is told what they missed; else they read everything anew.
    """

    scopes: frozenset[Scope]
    replayed = False

    @abstractmethod
    async def resolve(self, actor: Actor, rest: str) -> Place:
        """What ``actor`` means by the name; ``rest`` is what stands behind the first colon.

        Raises:
            ApiError: there is no such topic, or it is not the actor's.
        """

    def joined(self, channel: str) -> None:
        """Somebody listens to a channel that nobody has listened to."""
        return

    def left(self, channel: str) -> None:
        """Nobody listens to a channel any more."""
        return

    async def opening(self, place: Place) -> bytes | None:
        """What a new listener is told at once, or None."""
        return None


class Families:
    """All kinds of topics."""

    def __init__(self, families: Mapping[str, Family]) -> None:
        self._families = families

    def of(self, name: str) -> Family:
        """The family of a topic or channel.

        Raises:
            UnknownTopic.
        """
        family = self._families.get(name.partition(":")[0])
        if family is None:
            raise UnknownTopic
        return family

    async def resolve(self, actor: Actor, name: str) -> Place:
        """What ``actor`` means by the name of a topic.

        Raises:
            UnknownTopic: no family.
            InsufficientScope: the actor's token may not listen to it.
            ApiError: whatever else the family says.
        """
        family = self.of(name)
        if not family.scopes <= actor.scopes:
            raise InsufficientScope
        return await family.resolve(actor, name.partition(":")[2])
