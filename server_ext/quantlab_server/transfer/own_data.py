"""What is known of a person beside its library: files of an export of all of one's data. No secret, no hash of one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import orjson
from pydantic import BaseModel

from quantlab_server.db.identities import user_names
from quantlab_server.db.session import UnitOfWork
from quantlab_server.http.endpoint import Call
from quantlab_server.sessions.second_step import rp_of
from quantlab_server.transfer import repository
from quantlab_server.transfer.exporting import export_drafts, export_resource
from quantlab_server.transfer.package import ACCOUNT, README
from quantlab_server.transfer.writer import ExportWriter

# Events that are in memory at once.
_EVENTS = 1000

_README = """\
Your data in QuantLab

manifest.json          what the files of the library are: names, tags, projects, versions
workflows/, layouts/   the current version of everything that you have saved
versions/              every kept version of it
account/profile.json         who you are here, your preferences and quotas
account/sessions.json        where you are signed in
account/api-tokens.json      your API tokens, without what would let anybody in
account/sign-in.json         your second factors, passkeys and linked log-ins, likewise
account/shares.json          what you share with others, and others with you
account/deleted.json         what you have deleted and can still bring back, with the files in account/deleted/
account/drafts.json          what you have not saved yet, with the files in account/drafts/
account/events.jsonl         your activity, newest first, one event a line

An import into QuantLab takes the library in and leaves the folder account/ alone.
"""


async def add_own_data(call: Call, writer: ExportWriter) -> None:
    """Add them to a zip, a bounded part at a time."""
    workers = call.services.workers
    files = await call.transaction(lambda uow: _files(call, uow), writes=False)
    for name, value in files.items():
        data = orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        await workers.run(lambda: writer.add_file(f"{ACCOUNT}{name}", data))  # noqa: B023  # awaited before the loop goes on
    await workers.run(lambda: writer.add_file(README, _README.encode()))
    for noun in call.services.transfer.nouns:
        await export_resource(call, writer, noun, history=True, deleted=True)
        await export_drafts(call, writer, noun)
    await workers.run(writer.finish_own_data)
    await _add_events(call, writer)


async def _add_events(call: Call, writer: ExportWriter) -> None:
    audit, workers = call.services.audit, call.services.workers
    file = writer.begin_file(f"{ACCOUNT}events.jsonl")
    before: UUID | None = None
    try:
        while True:
            last = before
            events = await call.transaction(
                lambda uow: audit.list_own(uow, call.actor, limit=_EVENTS, before=last),  # noqa: B023  # as above
                writes=False,
            )
            lines = b"".join(orjson.dumps(_plain(event)) + b"\n" for event in events)
            await workers.run(lambda: file.write(lines))  # noqa: B023  # as above
            if len(events) < _EVENTS:
                return
            before = events[-1].id
    finally:
        file.close()


def _files(call: Call, uow: UnitOfWork) -> dict[str, Any]:
    services, actor = call.services, call.actor
    account = services.accounts.require(uow, actor.tenant_id, actor.user_id)
    return {
        "profile.json": _plain(services.accounts.profile(uow, actor)),
        "sessions.json": _plain_all(services.sessions.list_own(uow, actor)),
        "api-tokens.json": _plain_all(services.api_tokens.list_own(uow, actor)),
        "sign-in.json": {
            "factors": _plain(services.factors.overview(uow, account, rp_of(call))),
            "linked": _plain_all(services.oidc.list_own(uow, actor)),
        },
        "shares.json": _shares(uow, actor.tenant_id, actor.user_id),
    }


def _shares(uow: UnitOfWork, tenant_id: UUID, user_id: UUID) -> dict[str, Any]:
    given = repository.shares_given(uow, tenant_id, user_id)
    taken = repository.shares_taken(uow, tenant_id, user_id)
    people = {row.grantee_id for row in given} | {row.user_id for row in taken}
    names = user_names(uow, people)

    def told(row: Any, person: UUID) -> dict[str, Any]:
        return {
            "resource": row.resource,
            "id": row.object_id,
            "name": row.name,
            "person": names.get(person),
            "access": row.access,
            "since": row.created_at,
        }

    return {
        "given": [told(row, row.grantee_id) for row in given],
        "taken": [told(row, row.user_id) for row in taken],
    }


def _plain(model: BaseModel) -> Any:
    return model.model_dump(mode="json")


def _plain_all(models: Iterable[BaseModel]) -> list[Any]:
    return [_plain(model) for model in models]
