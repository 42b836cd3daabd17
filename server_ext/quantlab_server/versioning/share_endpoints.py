"""Routes of sharing that every resource of saved objects has."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field

from quantlab_ext.schemas.sharing import Share, SharePut, Shares
from quantlab_ext.schemas.stream import Act, LibraryEvent
from quantlab_server.auth.scopes import Scope
from quantlab_server.http.endpoint import Call, endpoint
from quantlab_server.versioning.endpoints import SavedRoutes
from quantlab_server.versioning.sharing import Sharing


class ShareQuery(BaseModel):
    """``?user=``: whose access ends, by username or address; left out by who leaves."""

    user: Annotated[str, Field(min_length=1, max_length=320)] | None = None


class ShareEndpoints:
    """The functions behind the routes of one resource."""

    def __init__(self, routes: SavedRoutes[Any, Any]) -> None:
        self._routes = routes

    def list(self, call: Call, id: UUID) -> Shares:
        """Everybody who has access."""
        return self._sharing(call).list(call.uow, call.actor, id)

    def put(self, call: Call, id: UUID, body: SharePut) -> Share:
        """Access for a person."""
        shared = self._sharing(call).put(call.uow, call.actor, id, body)
        share = shared.share
        call.audit_subject = id
        call.audit_detail = {
            "person": str(share.user_id),
            "username": share.user,
            "access": share.access,
        }
        if not shared.changed:
            call.audit_tag = None
            return share
        others = self._sharing(call).audience(call.uow, call.actor, id, call.actor.user_id)
        self._tell(call, id, shared.version, "shared", frozenset({share.user_id}))
        self._tell(call, id, shared.version, "changed", others - {share.user_id})
        return share

    def end(self, call: Call, id: UUID, query: ShareQuery) -> None:
        """Access of a person, or the caller's own, ends."""
        sharing = self._sharing(call)
        row = self._routes.service(call.services).saved.require(call.uow, call.actor, id)
        # Asked before: who has left cannot see any more who else has access.
        others = sharing.audience(call.uow, call.actor, id, row.user_id)
        person_id = sharing.end(call.uow, call.actor, row, query.user)
        call.audit_subject = id
        call.audit_detail = {"person": str(person_id), "left": person_id == call.actor.user_id}
        self._tell(call, id, None, "revoked", frozenset({person_id}))
        self._tell(call, id, row.version, "changed", others - {person_id})

    def _tell(
        self, call: Call, id: UUID, version: int | None, act: Act, people: frozenset[UUID]
    ) -> None:
        noun = self._routes.resource.noun
        call.tell_only(LibraryEvent(resource=noun, id=id, version=version, act=act), *people)

    def _sharing(self, call: Call) -> Sharing:
        return self._routes.service(call.services).sharing


def declare_shares(routes: SavedRoutes[Any, Any]) -> None:
    """Declare the routes of sharing of a resource."""
    does = ShareEndpoints(routes)
    one, path = routes.one, f"/{routes.resource.noun}/{{id}}/shares"
    endpoint(
        "GET",
        path,
        scope=routes.read,
        answer=Shares,
        name=f"list_{one}_shares",
        summary=f"List who has access to {routes.a}; whoever has access may ask.",
        module=routes.module,
    )(does.list)
    endpoint(
        "PUT",
        path,
        scope=Scope.SHARES_WRITE,
        answer=Share,
        audit=routes.tags.shared,
        errors=(409,),
        name=f"put_{one}_share",
        summary=f"Share {routes.a} with a person of the tenant, to view or to edit; owners only.",
        module=routes.module,
    )(does.put)
    endpoint(
        "DELETE",
        path,
        scope=Scope.SHARES_WRITE,
        status=204,
        audit=routes.tags.share_revoked,
        name=f"end_{one}_share",
        summary=f"End a person's access to {routes.a} (?user=), or leave one that is shared with the caller.",
        module=routes.module,
    )(does.end)
