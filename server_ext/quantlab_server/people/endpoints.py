"""The route that finds people of the own tenant."""

from __future__ import annotations

from pydantic import BaseModel

from quantlab_ext.schemas.sharing import PeopleFound
from quantlab_server.auth.scopes import Scope
from quantlab_server.http.endpoint import Call, endpoint
from quantlab_server.people import service
from quantlab_server.versioning.query import Text


class PeopleQuery(BaseModel):
    """``?q=``: part of a username."""

    q: Text = ""


@endpoint("GET", "/people", scope=Scope.SHARES_WRITE, answer=PeopleFound)
def find_people(call: Call, query: PeopleQuery) -> PeopleFound:
    """Find people of the own tenant by name, to share with; at most ten."""
    return service.find(call.uow, call.actor, query.q)
