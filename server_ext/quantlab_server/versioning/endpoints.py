"""What the routes that every resource of saved objects has do; ``versioning/routes.py`` declares them for each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel, Field

from quantlab_ext.schemas.base import Page
from quantlab_ext.schemas.saved import (
    DraftPut,
    DuplicateRequest,
    MergeRequest,
    SavedCreate,
    SavedItem,
    SavedPatch,
    SavedUpdate,
    UndeleteRequest,
    VersionFromDraft,
    VersionInfo,
)
from quantlab_ext.schemas.stream import Act, LibraryEvent
from quantlab_server.audit.tags import AuditTag
from quantlab_server.auth.scopes import Scope
from quantlab_server.errors import Invalid
from quantlab_server.http import etag
from quantlab_server.http.endpoint import Call, Reply
from quantlab_server.http.pagination import PageQuery, decode_cursor, encode_cursor
from quantlab_server.versioning import views
from quantlab_server.versioning.content import BodyDecoder, Submitted, refused
from quantlab_server.versioning.history import compare_stored, merge_stored
from quantlab_server.versioning.library import SavedService
from quantlab_server.versioning.query import SavedQuery
from quantlab_server.versioning.resource import Resource
from quantlab_server.versioning.thumbnails import MEDIA_TYPE, tag_of
from quantlab_server.versioning.values import Saved, given

if TYPE_CHECKING:
    from quantlab_server.container import Services

Create = TypeVar("Create", bound=SavedCreate)
Update = TypeVar("Update", bound=SavedUpdate)


@dataclass(frozen=True, slots=True)
class Tags:
    """Audit tags of what can happen to an object of the resource."""

    created: AuditTag
    saved: AuditTag
    changed: AuditTag
    restored: AuditTag
    duplicated: AuditTag
    deleted: AuditTag
    undeleted: AuditTag
    purged: AuditTag
    shared: AuditTag
    share_revoked: AuditTag


@dataclass(frozen=True, slots=True)
class Models(Generic[Create, Update]):
    """Wire models of the resource: what lists show, what opening answers, a kept version, the bodies."""

    item: type[SavedItem]
    whole: type[SavedItem]
    version: type[SavedItem]
    create: type[Create]
    update: type[Update]


@dataclass(frozen=True, slots=True)
class Decoders(Generic[Create, Update]):
    """How bodies with content are read. Module constants, since they are pickled."""

    create: BodyDecoder[Create]
    update: BodyDecoder[Update]
    draft: BodyDecoder[DraftPut]
    merge: BodyDecoder[MergeRequest]


@dataclass(frozen=True, slots=True)
class SavedRoutes(Generic[Create, Update]):
    """What the common routes have to know about a resource.

    Attributes:
        module: of the resource's endpoints; ``routes.py`` lists it.
        one: the noun in the singular; the URL's noun is the resource's.
        service: where the resource's service is among all.
        max_body: bytes of a body with content.
        trusts: opening says what may happen by itself.
        pictures: there are thumbnails.
    """

    module: str
    one: str
    resource: Resource
    service: Callable[[Services], SavedService]
    read: Scope
    write: Scope
    tags: Tags
    models: Models[Create, Update]
    decoders: Decoders[Create, Update]
    max_body: int
    trusts: bool = False
    pictures: bool = False

    @property
    def a(self) -> str:
        """The noun with its article."""
        return f"{'an' if self.one[0] in 'aeiou' else 'a'} {self.one}"


class DeleteQuery(BaseModel):
    """``?permanent=true`` cannot be undone."""

    permanent: bool = False


class DiffQuery(BaseModel):
    """``?to=``: the version on the right-hand side; the current one if left out."""

    to: Annotated[int, Field(ge=1, lt=2**31)] | None = None


class SavedEndpoints(Generic[Create, Update]):
    """The functions behind the routes of one resource."""

    def __init__(self, routes: SavedRoutes[Create, Update]) -> None:
        self._routes = routes
        self._service = routes.service

    def list(self, call: Call, query: SavedQuery) -> Page[Any]:
        """Own objects, deleted ones, or those shared with the caller."""
        saved, shape, values = self._service(call.services).saved, query.shape(), query.values()
        items, after = saved.page(call.uow, call.actor, shape, values, limit=query.limit)
        total = None
        if query.count or shape.everything:
            total = saved.count(call.uow, call.actor, shape, values)
        model = Page[self._routes.models.item]  # type: ignore[name-defined]  # a model made at run time
        page: Page[Any] = model.model_construct(items=items, next_cursor=None, total=total)
        if after is not None:
            page.next_cursor = encode_cursor([query.sort, *after])
        return page

    def create(self, call: Call, body: Submitted[Create]) -> Reply:
        """Keep a new object."""
        item = self._service(call.services).create(call.uow, call.actor, body)
        call.audit_subject = item.id
        call.audit_detail = {"kind": item.kind, "imported": body.fields.origin == "imported"}
        self._tell(call, "created", item)
        return Reply(item, etag=etag.version_tag(1))

    def get(self, call: Call, id: UUID) -> Reply:
        """The current version with its content."""
        opened = self._service(call.services).saved.open(call.uow, call.actor, id)
        more = {"trust": opened.trust.model_dump(mode="json")} if self._routes.trusts else {}
        view = views.with_content(self._routes.resource, opened.item, opened.data, **more)
        return Reply(raw=view.pieces(), etag=etag.version_tag(opened.item.version))

    def save(self, call: Call, id: UUID, body: Submitted[Update]) -> Reply:
        """The next version."""
        base = etag.require_version(call.request)
        service = self._service(call.services)
        saved = service.save(call.uow, call.actor, id, body, base=base)
        return self._saved(call, saved, "saved", changed=sorted(given(body.fields)))

    def patch(self, call: Call, id: UUID, body: SavedPatch) -> Reply:
        """Metadata."""
        base = etag.if_match_version(call.request)
        saved = self._service(call.services).saved.patch(call.uow, call.actor, id, body, base=base)
        return self._saved(call, saved, "changed", changed=sorted(given(body)))

    def delete(self, call: Call, id: UUID, query: DeleteQuery) -> None:
        """For now, or for good."""
        base = etag.if_match_version(call.request)
        service = self._service(call.services)
        lifecycle = service.lifecycle
        # Only the owner comes further, and of what is gone for good nobody knows who had access.
        people = service.sharing.audience(call.uow, call.actor, id, call.actor.user_id)
        if query.permanent:
            lifecycle.destroy(call.uow, call.actor, id, base=base)
            call.audit_tag = self._routes.tags.purged
        else:
            lifecycle.delete(call.uow, call.actor, id, base=base)
        call.audit_subject = id
        act: Act = "purged" if query.permanent else "deleted"
        call.tell(LibraryEvent(resource=self._routes.resource.noun, id=id, act=act), *people)

    def undelete(self, call: Call, id: UUID, body: UndeleteRequest) -> Reply:
        """Back from the deleted ones."""
        lifecycle = self._service(call.services).lifecycle
        item = lifecycle.undelete(call.uow, call.actor, id, name=body.name)
        call.audit_subject = id
        self._tell(call, "undeleted", item)
        return Reply(item, etag=etag.version_tag(item.version))

    def duplicate(self, call: Call, id: UUID, body: DuplicateRequest) -> Reply:
        """A copy in the own library."""
        item = self._service(call.services).lifecycle.duplicate(call.uow, call.actor, id, body)
        call.audit_subject = item.id
        call.audit_detail = {"original": str(id)}
        self._tell(call, "created", item)
        return Reply(item, etag=etag.version_tag(1))

    def opened(self, call: Call, id: UUID) -> None:
        """The caller has it in front of them: no audit row, no news, no change of the object."""
        self._service(call.services).openings.note(call.uow, call.actor, id)

    def put_thumbnail(self, call: Call, id: UUID, body: bytes) -> Reply:
        """The picture of the current version."""
        base = etag.require_version(call.request)
        pictures = self._service(call.services).thumbnails
        item = pictures.put(call.uow, call.actor, id, body, base=base)
        self._tell(call, "changed", item)
        return Reply(status=204, etag=tag_of(body))

    def get_thumbnail(self, call: Call, id: UUID) -> Reply:
        """The picture, unless the caller has it."""
        data = self._service(call.services).thumbnails.get(call.uow, call.actor, id)
        # Kept by the browser, but asked for each time: access may have ended.
        headers = {"Cache-Control": "private, no-cache", "X-Content-Type-Options": "nosniff"}
        tag = tag_of(data)
        if etag.holds(call.request, tag):
            return Reply(status=304, etag=tag, headers=headers)
        return Reply(raw=[data], etag=tag, headers=headers, content_type=MEDIA_TYPE)

    def get_draft(self, call: Call, id: UUID) -> Reply:
        """The own draft."""
        view = self._service(call.services).drafts.get(call.uow, call.actor, id)
        return Reply(raw=view.pieces(), etag=etag.draft_tag(view.values["revision"]))

    def put_draft(self, call: Call, id: UUID, body: Submitted[DraftPut]) -> Reply:
        """The next revision of the own draft."""
        draft = self._service(call.services).drafts.put(
            call.uow,
            call.actor,
            id,
            after=etag.require_revision(call.request),
            base=body.fields.base_version,
            content=body.require_content(),
        )
        return Reply(draft, etag=etag.draft_tag(draft.revision))

    def discard_draft(self, call: Call, id: UUID) -> None:
        """No draft any more."""
        given_one = "If-Match" in call.request.headers
        revision = etag.require_revision(call.request) if given_one else None
        self._service(call.services).drafts.discard(call.uow, call.actor, id, revision=revision)

    def list_versions(self, call: Call, id: UUID, query: PageQuery) -> Page[VersionInfo]:
        """Newest first."""
        before = None if query.cursor is None else _version_cursor(query.cursor)
        service = self._service(call.services)
        items, after = service.history.page(
            call.uow, call.actor, id, before=before, limit=query.limit
        )
        page = Page[VersionInfo].model_construct(items=items, next_cursor=None, total=None)
        if after is not None:
            page.next_cursor = encode_cursor([after])
        if query.count:
            page.total = service.saved.require(call.uow, call.actor, id).version
        return page

    def create_version(self, call: Call, id: UUID, body: VersionFromDraft) -> Reply:
        """A version from the draft."""
        base = etag.require_version(call.request)
        saved = self._service(call.services).drafts.to_version(
            call.uow, call.actor, id, revision=body.revision, base=base
        )
        reply = self._saved(call, saved, "saved", source="draft")
        reply.status = 201 if saved.new_version else 200
        return reply

    def get_version(self, call: Call, id: UUID, n: int) -> Reply:
        """A kept version."""
        view = self._service(call.services).history.get(call.uow, call.actor, id, n)
        return Reply(raw=view.pieces(), etag=etag.version_tag(n))

    async def diff_versions(self, call: Call, id: UUID, n: int, query: DiffQuery) -> Reply:
        """What changed between two versions."""
        history = self._service(call.services).history
        pair = await call.transaction(
            lambda uow: history.load_pair(uow, call.actor, id, n, query.to), writes=False
        )
        answer = await call.services.workers.run_in_process(compare_stored, pair)
        return Reply(raw=[answer])

    def restore_version(self, call: Call, id: UUID, n: int) -> Reply:
        """An old version as the next one."""
        base = etag.require_version(call.request)
        history = self._service(call.services).history
        saved = history.restore(call.uow, call.actor, id, n, base=base)
        reply = self._saved(call, saved, "restored", restored_from=n)
        return Reply(raw=self.get(call, id).raw, etag=reply.etag)

    async def merge(self, call: Call, id: UUID, body: Submitted[MergeRequest]) -> Reply:
        """The caller's content and the current version, put together."""
        local, base = body.require_content(), body.fields.base_version
        history = self._service(call.services).history
        merge = await call.transaction(
            lambda uow: history.load_merge(uow, call.actor, id, base, local), writes=False
        )
        answer = await call.services.workers.run_in_process(merge_stored, merge)
        return Reply(raw=[answer])

    def _saved(self, call: Call, saved: Saved, act: Act, **detail: object) -> Reply:
        """The answer of a save; its audit row and its news if anything changed."""
        call.audit_subject = saved.item.id
        call.audit_detail = {"version": saved.item.version, **detail}
        if saved.changed:
            self._tell(call, act, saved.item)
        else:
            call.audit_tag = None
        return Reply(saved.item, etag=etag.version_tag(saved.item.version))

    def _tell(self, call: Call, act: Act, item: SavedItem) -> None:
        """News for everybody who has access, also for the one who did it, who may have it open elsewhere too."""
        noun = self._routes.resource.noun
        event = LibraryEvent(resource=noun, id=item.id, version=item.version, act=act)
        people: frozenset[UUID] = frozenset()
        if act != "created":
            sharing = self._service(call.services).sharing
            people = sharing.audience(call.uow, call.actor, item.id, item.owner_id)
        call.tell(event, *people)


def _version_cursor(cursor: str) -> int:
    (version,) = decode_cursor(cursor, 1)
    if type(version) is not int or not 0 < version < 2**31:
        message = "Start again from the first page."
        raise Invalid(fields=[refused("cursor", "invalid_cursor", message)])
    return version
