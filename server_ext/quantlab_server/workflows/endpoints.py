"""Routes of workflows."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from quantlab_ext.schemas.base import Page
from quantlab_ext.schemas.saved import (
    Draft,
    DraftPut,
    DuplicateRequest,
    MergeRequest,
    MergeResult,
    SavedPatch,
    Trust,
    TrustPut,
    UndeleteRequest,
    VersionDiff,
    VersionFromDraft,
    VersionInfo,
)
from quantlab_ext.schemas.workflows import (
    Workflow,
    WorkflowCreate,
    WorkflowItem,
    WorkflowUpdate,
    WorkflowVersion,
)
from quantlab_server.audit.tags import AuditTag
from quantlab_server.auth.scopes import Scope
from quantlab_server.errors import Invalid
from quantlab_server.http import etag
from quantlab_server.http.endpoint import MB, Call, Reply, endpoint
from quantlab_server.http.pagination import PageQuery, decode_cursor, encode_cursor
from quantlab_server.versioning import views
from quantlab_server.versioning.content import Submitted, refused
from quantlab_server.versioning.history import compare_stored, merge_stored
from quantlab_server.versioning.query import SavedQuery
from quantlab_server.versioning.values import Saved, given
from quantlab_server.workflows.resource import (
    WORKFLOWS,
    decode_create,
    decode_draft,
    decode_merge,
    decode_update,
)

# Content of 20 MB as JSON, and what is around it.
_BODY = 20 * MB
_READ, _WRITE = Scope.WORKFLOWS_READ, Scope.WORKFLOWS_WRITE


class DeleteQuery(BaseModel):
    """``?permanent=true`` cannot be undone."""

    permanent: bool = False


class DiffQuery(BaseModel):
    """``?to=``: the version on the right-hand side; the current one if left out."""

    to: Annotated[int, Field(ge=1, lt=2**31)] | None = None


@endpoint("GET", "/workflows", scope=_READ, answer=Page[WorkflowItem])
def list_workflows(call: Call, query: SavedQuery) -> Page[WorkflowItem]:
    """List workflows: own ones, deleted ones, or those shared with the caller."""
    saved, shape, values = call.services.workflows.saved, query.shape(), query.values()
    items, after = saved.page(call.uow, call.actor, shape, values, limit=query.limit)
    total = None
    if query.count or shape.everything:
        total = saved.count(call.uow, call.actor, shape, values)
    page = Page[WorkflowItem].model_construct(items=items, next_cursor=None, total=total)
    if after is not None:
        page.next_cursor = encode_cursor([query.sort, *after])
    return page


@endpoint(
    "POST",
    "/workflows",
    scope=_WRITE,
    answer=WorkflowItem,
    status=201,
    audit=AuditTag.WORKFLOW_CREATED,
    max_body=_BODY,
    idempotent=True,
    decode=decode_create,
    errors=(409,),
)
def create_workflow(call: Call, body: Submitted[WorkflowCreate]) -> Reply:
    """Create a workflow from a notebook or Python code."""
    item = call.services.workflows.create(call.uow, call.actor, body)
    call.audit_subject = item.id
    call.audit_detail = {"kind": item.kind, "imported": body.fields.origin == "imported"}
    return Reply(item, etag=etag.version_tag(1))


@endpoint("GET", "/workflows/{id}", scope=_READ, answer=Workflow)
def get_workflow(call: Call, id: UUID) -> Reply:
    """Open a workflow: its content, and what may happen by itself."""
    opened = call.services.workflows.saved.open(call.uow, call.actor, id)
    view = views.with_content(
        WORKFLOWS, opened.item, opened.data, trust=opened.trust.model_dump(mode="json")
    )
    return Reply(raw=view.pieces(), etag=etag.version_tag(opened.item.version))


@endpoint(
    "PUT",
    "/workflows/{id}",
    scope=_WRITE,
    answer=WorkflowItem,
    audit=AuditTag.WORKFLOW_SAVED,
    max_body=_BODY,
    needs_if_match=True,
    decode=decode_update,
    errors=(409,),
)
def save_workflow(call: Call, id: UUID, body: Submitted[WorkflowUpdate]) -> Reply:
    """Save a workflow; content that is the same makes no version."""
    base = etag.require_version(call.request)
    saved = call.services.workflows.save(call.uow, call.actor, id, body, base=base)
    return _saved(call, saved, changed=sorted(given(body.fields)))


@endpoint(
    "PATCH",
    "/workflows/{id}",
    scope=_WRITE,
    answer=WorkflowItem,
    audit=AuditTag.WORKFLOW_CHANGED,
    errors=(409, 412),
)
def patch_workflow(call: Call, id: UUID, body: SavedPatch) -> Reply:
    """Rename, describe, tag, move or pin a workflow; no new version."""
    base = etag.if_match_version(call.request)
    saved = call.services.workflows.saved.patch(call.uow, call.actor, id, body, base=base)
    return _saved(call, saved, changed=sorted(given(body)))


@endpoint(
    "DELETE",
    "/workflows/{id}",
    scope=_WRITE,
    status=204,
    audit=AuditTag.WORKFLOW_DELETED,
    errors=(412,),
)
def delete_workflow(call: Call, id: UUID, query: DeleteQuery) -> None:
    """Delete a workflow: for 30 days it can be brought back, with ?permanent=true it cannot."""
    base = etag.if_match_version(call.request)
    lifecycle = call.services.workflows.lifecycle
    if query.permanent:
        lifecycle.destroy(call.uow, call.actor, id, base=base)
        call.audit_tag = AuditTag.WORKFLOW_PURGED
    else:
        lifecycle.delete(call.uow, call.actor, id, base=base)
    call.audit_subject = id


@endpoint(
    "POST",
    "/workflows/{id}/undelete",
    scope=_WRITE,
    answer=WorkflowItem,
    audit=AuditTag.WORKFLOW_UNDELETED,
    errors=(409,),
)
def undelete_workflow(call: Call, id: UUID, body: UndeleteRequest) -> Reply:
    """Bring a deleted workflow back, under a new name if the old one is taken."""
    item = call.services.workflows.lifecycle.undelete(call.uow, call.actor, id, name=body.name)
    call.audit_subject = id
    return Reply(item, etag=etag.version_tag(item.version))


@endpoint(
    "POST",
    "/workflows/{id}/duplicate",
    scope=_WRITE,
    answer=WorkflowItem,
    status=201,
    audit=AuditTag.WORKFLOW_DUPLICATED,
    idempotent=True,
    errors=(409,),
)
def duplicate_workflow(call: Call, id: UUID, body: DuplicateRequest) -> Reply:
    """Copy a workflow into the own library."""
    item = call.services.workflows.lifecycle.duplicate(call.uow, call.actor, id, body)
    call.audit_subject = item.id
    call.audit_detail = {"original": str(id)}
    return Reply(item, etag=etag.version_tag(1))


@endpoint("GET", "/workflows/{id}/draft", scope=_READ, answer=Draft)
def get_draft(call: Call, id: UUID) -> Reply:
    """Get the own draft of a workflow."""
    view = call.services.workflows.drafts.get(call.uow, call.actor, id)
    return Reply(raw=view.pieces(), etag=etag.draft_tag(view.values["revision"]))


@endpoint(
    "PUT",
    "/workflows/{id}/draft",
    scope=_WRITE,
    answer=Draft,
    bucket="drafts",
    max_body=_BODY,
    decode=decode_draft,
    errors=(412, 428),
)
def put_draft(call: Call, id: UUID, body: Submitted[DraftPut]) -> Reply:
    """Write the own draft; If-Match or If-None-Match says which one it follows."""
    draft = call.services.workflows.drafts.put(
        call.uow,
        call.actor,
        id,
        after=etag.require_revision(call.request),
        base=body.fields.base_version,
        content=body.require_content(),
    )
    return Reply(draft, etag=etag.draft_tag(draft.revision))


@endpoint(
    "DELETE", "/workflows/{id}/draft", scope=_WRITE, bucket="drafts", status=204, errors=(412,)
)
def discard_draft(call: Call, id: UUID) -> None:
    """Throw the own draft away; with If-Match only that very draft."""
    revision = etag.require_revision(call.request) if "If-Match" in call.request.headers else None
    call.services.workflows.drafts.discard(call.uow, call.actor, id, revision=revision)


@endpoint("GET", "/workflows/{id}/versions", scope=_READ, answer=Page[VersionInfo])
def list_versions(call: Call, id: UUID, query: PageQuery) -> Page[VersionInfo]:
    """List the versions of a workflow, newest first."""
    before = None
    if query.cursor is not None:
        before = _version_cursor(query.cursor)
    items, after = call.services.workflows.history.page(
        call.uow, call.actor, id, before=before, limit=query.limit
    )
    page = Page[VersionInfo].model_construct(items=items, next_cursor=None, total=None)
    if after is not None:
        page.next_cursor = encode_cursor([after])
    if query.count:
        page.total = call.services.workflows.saved.require(call.uow, call.actor, id).version
    return page


@endpoint(
    "POST",
    "/workflows/{id}/versions",
    scope=_WRITE,
    answer=WorkflowItem,
    status=201,
    audit=AuditTag.WORKFLOW_SAVED,
    needs_if_match=True,
)
def create_version(call: Call, id: UUID, body: VersionFromDraft) -> Reply:
    """Turn the own draft into a version."""
    base = etag.require_version(call.request)
    saved = call.services.workflows.drafts.to_version(
        call.uow, call.actor, id, revision=body.revision, base=base
    )
    reply = _saved(call, saved, source="draft")
    reply.status = 201 if saved.new_version else 200
    return reply


@endpoint("GET", "/workflows/{id}/versions/{n}", scope=_READ, answer=WorkflowVersion)
def get_version(call: Call, id: UUID, n: int) -> Reply:
    """Get a version of a workflow with its content."""
    view = call.services.workflows.history.get(call.uow, call.actor, id, n)
    return Reply(raw=view.pieces(), etag=etag.version_tag(n))


@endpoint("GET", "/workflows/{id}/versions/{n}/diff", scope=_READ, answer=VersionDiff)
async def diff_versions(call: Call, id: UUID, n: int, query: DiffQuery) -> Reply:
    """Compare two versions of a workflow."""
    history = call.services.workflows.history
    pair = await call.transaction(
        lambda uow: history.load_pair(uow, call.actor, id, n, query.to), writes=False
    )
    answer = await call.services.workers.run_in_process(compare_stored, pair)
    return Reply(raw=[answer])


@endpoint(
    "POST",
    "/workflows/{id}/versions/{n}/restore",
    scope=_WRITE,
    answer=Workflow,
    audit=AuditTag.WORKFLOW_RESTORED,
    needs_if_match=True,
)
def restore_version(call: Call, id: UUID, n: int) -> Reply:
    """Make an old version the current one; that is a version too, so it can be undone."""
    base = etag.require_version(call.request)
    saved = call.services.workflows.history.restore(call.uow, call.actor, id, n, base=base)
    reply = _saved(call, saved, restored_from=n)
    return Reply(raw=get_workflow(call, id).raw, etag=reply.etag)


@endpoint(
    "POST",
    "/workflows/{id}/merge",
    scope=_READ,
    answer=MergeResult,
    max_body=_BODY,
    decode=decode_merge,
    errors=(409,),
)
async def merge_workflow(call: Call, id: UUID, body: Submitted[MergeRequest]) -> Reply:
    """Merge the caller's content with the current version; nothing is saved."""
    local, base = body.require_content(), body.fields.base_version
    history = call.services.workflows.history
    merge = await call.transaction(
        lambda uow: history.load_merge(uow, call.actor, id, base, local), writes=False
    )
    answer = await call.services.workers.run_in_process(merge_stored, merge)
    return Reply(raw=[answer])


@endpoint(
    "PUT",
    "/workflows/{id}/trust",
    scope=_WRITE,
    answer=Trust,
    interactive=True,
    audit=AuditTag.WORKFLOW_TRUSTED,
)
def put_trust(call: Call, id: UUID, body: TrustPut) -> Trust:
    """Say that the caller ran or trusts a version."""
    trust = call.services.workflows.history.trust(call.uow, call.actor, id, body)
    call.audit_subject = id
    call.audit_detail = {"version": body.version, "act": body.act}
    return trust


def _version_cursor(cursor: str) -> int:
    (version,) = decode_cursor(cursor, 1)
    if type(version) is not int or not 0 < version < 2**31:
        message = "Start again from the first page."
        raise Invalid(fields=[refused("cursor", "invalid_cursor", message)])
    return version


def _saved(call: Call, saved: Saved, **detail: object) -> Reply:
    """The answer of a save, and its audit row if anything changed."""
    call.audit_subject = saved.item.id
    call.audit_detail = {"version": saved.item.version, **detail}
    if not saved.changed:
        call.audit_tag = None
    return Reply(saved.item, etag=etag.version_tag(saved.item.version))
