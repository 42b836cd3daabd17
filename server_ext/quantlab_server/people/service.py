"""People of one's own tenant, as far as one may know of them: their names."""

from __future__ import annotations

from quantlab_ext.schemas.sharing import PeopleFound, PersonFound
from quantlab_server.accounts.names import username_key
from quantlab_server.auth.actor import Actor
from quantlab_server.db.session import UnitOfWork
from quantlab_server.people import repository
from quantlab_server.versioning.names import like_pattern


def find(uow: UnitOfWork, actor: Actor, words: str) -> PeopleFound:
    """Some people of the actor's tenant whose name has these characters in it; never the actor."""
    pattern = like_pattern(username_key(words), anywhere=True)
    rows = repository.people_like(uow, actor.tenant_id, actor.user_id, pattern)
    return PeopleFound(items=[PersonFound(id=row.id, username=row.username) for row in rows])
