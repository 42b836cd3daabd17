"""Moving saved objects from one person of a tenant to another: all of it or nothing.

Versions with their authors, thumbnails and shares stay with the object. It lies in no project of the new owner, under
its name or, where that is taken, with the giver's name added. Nothing of it runs by itself for the new owner, who has
written none of it; unsaved edits of the giver end, as after a share.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from quantlab_server.accounts.service import forget_object
from quantlab_server.auth.actor import Actor
from quantlab_server.db.base import now
from quantlab_server.db.session import UnitOfWork
from quantlab_server.errors import Conflict, Forbidden, NotFound, QuotaExceeded
from quantlab_server.versioning import names
from quantlab_server.versioning.quotas import STORAGE, Quotas
from quantlab_server.versioning.repository import handover
from quantlab_server.versioning.repository.handover import Moved, Named


class ReceiverFull(Forbidden):
    """403: the receiver's limit would be passed; ``quota``, ``limit``, ``used`` and ``needed`` are in the answer."""

    code = "quota_exceeded"

    def __init__(self, receiver: str, error: QuotaExceeded, needed: int) -> None:
        super().__init__(
            f"{receiver} cannot take this: the limit for {error.extra['quota']} would be passed."
            " Nothing was moved. Choose less, or give this person a larger tier.",
            **error.extra,
            needed=needed,
        )


@dataclass(frozen=True, slots=True)
class HandedOver:
    """What moved (rows as they were), under which names, and with whom it is shared, by object."""

    rows: Sequence[Any]
    things: Sequence[Named]
    grantees: dict[UUID, set[UUID]]


def hand_over(
    uow: UnitOfWork,
    quotas: Quotas,
    people: tuple[Actor, Actor],
    ids: Sequence[UUID] | None,
    *,
    by: UUID,
) -> HandedOver:
    """Make the second of two people the owner of what the first has saved.

    Args:
        ids: of what; None: of everything that is not deleted.
        by: who administers the tenant, and whose context this ends in.

    Raises:
        NotFound: one of the ids is not of an object of the giver.
        ReceiverFull: a limit of the receiver would be passed.
        NameTaken: the receiver saves something of such a name at this moment.
        Conflict: who may do this, or receive it, changed at this moment.
    """
    giver, receiver = people
    tenant_id, me = giver.tenant_id, giver.user_id
    uow.become(tenant_id, me)
    rows = handover.lock(uow, tenant_id, me, ids)
    moving = {row.id for row in rows}
    if ids is not None and moving != set(ids):
        raise NotFound
    sizes = handover.pictures(uow, tenant_id, me)
    grantees = handover.grantees(uow, tenant_id, me)
    for row in rows:
        if row.resource == "layouts":
            forget_object(uow, tenant_id, me, row.id)
    uow.become(tenant_id, receiver.user_id)
    taken = handover.top_names(uow, tenant_id, receiver.user_id)
    things = list(_named(rows, f" ({giver.username[:60].rstrip()})", taken))
    uow.become(tenant_id, by)
    moved = handover.move(uow, me, receiver.user_id, things, now())
    if moved.objects != len(rows):
        raise Conflict("Somebody changed this at the same moment. Try again.")
    pictures = sum(size for id, size in sizes.items() if id in moving)
    _count(uow, quotas, people, rows, moved, pictures)
    uow.become(tenant_id, by)
    return HandedOver(rows, things, grantees)


def _count(
    uow: UnitOfWork,
    quotas: Quotas,
    people: tuple[Actor, Actor],
    rows: Sequence[Any],
    moved: Moved,
    pictures: int,
) -> None:
    giver, receiver = people
    counts = sorted(Counter(row.resource for row in rows).items())
    uow.become(receiver.tenant_id, receiver.user_id)
    for what, needed in [(STORAGE, moved.added + moved.drafts + pictures), *counts]:
        try:
            quotas.add(uow, receiver, receiver.user_id, what, needed)
        except QuotaExceeded as error:
            raise ReceiverFull(receiver.username, error, needed) from None
    uow.become(giver.tenant_id, giver.user_id)
    freed = handover.collect(uow, giver.tenant_id, giver.user_id)
    beside = moved.drafts + moved.dropped + pictures
    for what, gone in [(STORAGE, freed + beside), *counts]:
        quotas.add(uow, giver, giver.user_id, what, -gone)


def _named(
    rows: Sequence[Any], suffix: str, taken: dict[tuple[str, str], set[str]]
) -> Iterator[Named]:
    """Each object under a name that is free in its new library, outside projects."""
    for row in rows:
        used = taken.setdefault((row.resource, row.kind), set())
        name = row.name
        if names.name_key(name) in used:
            name = names.free_name(name, suffix, used)
        key = names.name_key(name)
        used.add(key)
        tags = row.tags.split("\n") if row.tags else []
        words = names.words_of(row.search_text)
        yield Named(row.id, name, key, names.search_text(name, row.description, tags, words))
