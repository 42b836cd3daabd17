"""Routes of export and import."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING
from uuid import UUID

from pydantic import BaseModel

from quantlab_ext.schemas.stream import LibraryEvent
from quantlab_ext.schemas.transfer import ImportItem, ImportReport
from quantlab_server.audit.tags import AuditTag
from quantlab_server.auth.actor import ActorKind
from quantlab_server.auth.scopes import Scope
from quantlab_server.errors import ApiError
from quantlab_server.http.endpoint import MB, Call, News, Reply, endpoint
from quantlab_server.transfer.exporting import export_resource
from quantlab_server.transfer.own_data import add_own_data
from quantlab_server.transfer.package import (
    MAX_EXPANSION,
    Incoming,
    Refusal,
    Source,
    read_files,
    read_index,
)
from quantlab_server.transfer.service import refused, refused_by
from quantlab_server.transfer.writer import ExportWriter

if TYPE_CHECKING:
    from quantlab_server.db.session import UnitOfWork
    from quantlab_server.versioning.content import Encoded

_IMPORT_MAX = 200 * MB
# Files that one job of the worker process unpacks.
_BATCH_FILES = 200
_BATCH_BYTES = 32 * MB
_ZIP = "application/zip"
_CREATED = {"workflows": AuditTag.WORKFLOW_CREATED, "layouts": AuditTag.LAYOUT_CREATED}
# Exports of all of one's own data, and in how many seconds.
_EXPORTS, _EXPORTS_IN = 10, 3600


class ExportQuery(BaseModel):
    """``?versions=true``: with every kept version."""

    versions: bool = False


@endpoint("GET", "/export", scope=Scope.TRANSFER)
async def export(call: Call, query: ExportQuery) -> Reply:
    """Export everything of one's own as plain files in a zip."""
    return await _send(call, AuditTag.EXPORTED, history=query.versions)


@endpoint("GET", "/auth/export", scope=Scope.AUDIT_READ, step_up=True, errors=(429,))
async def export_own_data(call: Call) -> Reply:
    """Export all of one's own data: the library with every version, and what is known of the account."""
    actor = call.actor
    if actor.kind is not ActorKind.LOCAL:
        limit = call.services.rate_limiter.spend
        await limit("export", str(actor.user_id), _EXPORTS, seconds=_EXPORTS_IN)
    return await _send(call, AuditTag.OWN_DATA_EXPORTED, history=True, beside=add_own_data)


async def _send(
    call: Call,
    tag: AuditTag,
    *,
    history: bool,
    beside: Callable[[Call, ExportWriter], Awaitable[None]] | None = None,
) -> Reply:
    """The zip of the caller's library; ``beside`` adds what else there is."""
    transfer, workers = call.services.transfer, call.services.workers
    projects = await call.transaction(lambda uow: transfer.projects(uow, call.actor), writes=False)
    writer = await workers.run(lambda: ExportWriter(projects))
    try:
        for noun in transfer.nouns:
            await export_resource(call, writer, noun, history=history)
        if beside is not None:
            await beside(call, writer)
        body, count = await workers.run(writer.finish)
    except BaseException:
        writer.abandon()
        raise
    await call.transaction(lambda uow: _record(call, uow, tag, {"items": count}))
    headers = {"Content-Disposition": f'attachment; filename="{writer.name}"'}
    # The mapping is read piece by piece while it is sent.
    return Reply(raw=[body], headers=headers, content_type=_ZIP)  # type: ignore[list-item]  # bytes-like is all that senders need


@endpoint(
    "POST",
    "/import",
    scope=Scope.TRANSFER,
    answer=ImportReport,
    body_type=_ZIP,
    max_body=_IMPORT_MAX,
    errors=(413, 415),
)
async def import_archive(call: Call) -> ImportReport:
    """Take in a zip of an export, or of plain .ipynb and .py files; the report says what became of each."""
    transfer, workers = call.services.transfer, call.services.workers
    body = call.request.body
    source: Source = body.path if body.path is not None else body.read()
    limit = transfer.settings.library.import_max_bytes
    index = await workers.run_in_process(read_index, source, transfer.codecs, limit * MAX_EXPANSION)
    items = [refused(file, why.code, why.message) for file, why in index.refused.items()]
    for batch in _batches(index.incoming):
        contents = await workers.run_in_process(
            read_files, source, batch, transfer.codecs, transfer.max_file_bytes
        )
        for incoming, content in zip(batch, contents, strict=True):
            if isinstance(content, Refusal):
                items.append(refused(incoming.file, content.code, content.message))
                continue
            try:
                items.append(
                    await call.transaction(
                        lambda uow: _take(call, uow, incoming, content)  # noqa: B023  # awaited before the loop goes on
                    )
                )
            except ApiError as error:
                items.append(refused_by(incoming.file, error))
    report = _report(items)
    detail = report.model_dump(exclude={"items"})
    await call.transaction(lambda uow: _record(call, uow, AuditTag.IMPORTED, detail))
    for noun in (*transfer.nouns, "projects"):
        # Each file was a transaction of its own; one event for all that came.
        event = LibraryEvent(resource=noun, act="imported")
        call.services.library_events.tell(News(event, frozenset({call.actor.user_id})))
    return report


def _take(call: Call, uow: UnitOfWork, incoming: Incoming, content: Encoded) -> ImportItem:
    """Take one file in, with its event: each file is an act of its own."""
    item = call.services.transfer.take(uow, call.actor, incoming, content)
    if item.status != "unchanged":
        detail = {"source": "import"}
        _record(call, uow, _CREATED[incoming.resource], detail, subject_id=item.id)
    return item


def _batches(incoming: list[Incoming]) -> list[list[Incoming]]:
    batches: list[list[Incoming]] = []
    weight = 0
    for one in incoming:
        if not batches or len(batches[-1]) >= _BATCH_FILES or weight + one.size > _BATCH_BYTES:
            batches.append([])
            weight = 0
        batches[-1].append(one)
        weight += one.size
    return batches


def _report(items: list[ImportItem]) -> ImportReport:
    count = Counter(item.status for item in items)
    return ImportReport.model_construct(
        created=count["created"],
        renamed=count["renamed"],
        unchanged=count["unchanged"],
        refused=count["refused"],
        items=items,
    )


def _record(
    call: Call,
    uow: UnitOfWork,
    tag: AuditTag,
    detail: Mapping[str, object],
    *,
    subject_id: UUID | None = None,
) -> None:
    call.services.audit.record(
        uow,
        call.actor,
        tag,
        subject_id=subject_id,
        request_id=call.request_id,
        address=call.request.address,
        detail=dict(detail),
    )
