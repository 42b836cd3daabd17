"""The topic ``library``: each person hears of the changes in their own library."""

from __future__ import annotations

from collections.abc import Callable

from quantlab_server.auth.actor import Actor
from quantlab_server.auth.scopes import Scope
from quantlab_server.http.endpoint import News
from quantlab_server.stream.family import Family, Place, UnknownTopic

NAME = "library"

Publish = Callable[[str, bytes], None]


class Library(Family):
    """Events after a commit. ``publish`` takes a channel and a frame, from any thread."""

    scopes = frozenset({Scope.WORKFLOWS_READ, Scope.LAYOUTS_READ, Scope.PROJECTS_READ})
    replayed = True

    def __init__(self, publish: Publish) -> None:
        self._publish = publish

    async def resolve(self, actor: Actor, rest: str) -> Place:
        """The own library; there is no way to name another's."""
        if rest:
            raise UnknownTopic
        return Place(NAME, f"{NAME}:{actor.user_id}")

    def tell(self, news: News) -> None:
        """Send news to whom they concern; call it when the change is durable, from any thread."""
        frame = news.event.model_dump_json().encode()
        for person in news.people:
            self._publish(f"{NAME}:{person}", frame)
