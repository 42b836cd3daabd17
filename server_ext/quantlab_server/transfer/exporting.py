"""Reading a person's library into a zip, a bounded part at a time, for as long as somebody waits for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import UUID

from quantlab_ext.schemas.transfer import ExportedItem
from quantlab_server.errors import Unavailable
from quantlab_server.http.endpoint import Call
from quantlab_server.transfer.writer import ExportWriter, to_files
from quantlab_server.versioning.content import Codec

if TYPE_CHECKING:
    from quantlab_server.db.session import UnitOfWork


async def export_resource(
    call: Call, writer: ExportWriter, noun: str, *, history: bool, deleted: bool = False
) -> None:
    """Add the caller's objects of a resource; ``deleted``: those that can still be brought back.

    Raises:
        Unavailable: the client has hung up.
    """
    transfer, workers = call.services.transfer, call.services.workers
    after = UUID(int=0)
    while page := await _read(
        call,
        lambda uow: transfer.page(uow, call.actor, noun, after=after, deleted=deleted),  # noqa: B023  # awaited before the loop goes on
    ):
        for row in page:
            codec = transfer.codecs[noun][row.kind]
            (file,) = await workers.run_in_process(to_files, codec, [row.data])
            item = await workers.run(lambda: writer.add(noun, codec, row, file))  # noqa: B023  # as above
            if history:
                await _export_versions(call, writer, codec, row.id, item)
        after = page[-1].id


async def _export_versions(
    call: Call, writer: ExportWriter, codec: Codec, id: UUID, item: ExportedItem
) -> None:
    transfer, workers = call.services.transfer, call.services.workers
    after = 0
    while page := await _read(
        call,
        lambda uow: transfer.versions(uow, call.actor, id, after=after),  # noqa: B023  # as above
    ):
        files = await workers.run_in_process(to_files, codec, [row.data for row in page])
        await workers.run(lambda: writer.add_versions(item, codec, page, files))  # noqa: B023  # as above
        after = page[-1].version


async def export_drafts(call: Call, writer: ExportWriter, noun: str) -> None:
    """Add what the caller has not saved yet of a resource's objects, also of those that others share.

    Raises:
        Unavailable: the client has hung up.
    """
    transfer, workers = call.services.transfer, call.services.workers
    after = UUID(int=0)
    while page := await _read(
        call,
        lambda uow: transfer.drafts(uow, call.actor, noun, after=after),  # noqa: B023  # as above
    ):
        for row in page:
            codec = transfer.codecs[noun][row.kind]
            (file,) = await workers.run_in_process(to_files, codec, [row.data])
            await workers.run(lambda: writer.add_draft(noun, codec, row, file))  # noqa: B023  # as above
        after = page[-1].id


async def _read(call: Call, query: Callable[[UnitOfWork], list[Any]]) -> list[Any]:
    if call.request.is_gone():
        raise Unavailable("Nobody waits for this any more.")
    return await call.transaction(query, writes=False)
