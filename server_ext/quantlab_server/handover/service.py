"""Handing what somebody has saved over to another person of the tenant: between whom, and what the log says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from quantlab_ext.schemas.admin import AdminRenamed, AdminTransfer, AdminTransferred
from quantlab_server.accounts.account import Account
from quantlab_server.admin.service import Acting, AdminService
from quantlab_server.audit.tags import AuditTag
from quantlab_server.auth.actor import Actor
from quantlab_server.config import QuotaSettings
from quantlab_server.errors import Invalid, NotFound
from quantlab_server.versioning.content import refused
from quantlab_server.versioning.handover import HandedOver, hand_over
from quantlab_server.versioning.quotas import Quotas

# Ids in one event of the log.
_EVENT_ITEMS = 100


class HandoverService:
    """What administrators hand over from person to person of one tenant."""

    def __init__(self, admin: AdminService, quotas: QuotaSettings) -> None:
        self._admin = admin
        self._quotas = Quotas(quotas)

    def hand_over(self, act: Acting, giver_id: UUID, body: AdminTransfer) -> HandedOver:
        """Make another person of the tenant the owner of all or some of what a person has saved.

        Raises:
            NotFound: nobody of this tenant, or a chosen object is not that person's.
            Invalid: ``to`` is nobody who could own it.
            AboveYou: giver or receiver is above the actor.
            ReceiverFull, NameTaken, Conflict: as ``versioning.handover`` says.
        """
        # First, so that who is nobody here answers as an unknown path whatever the body says.
        giver, giving = self._admin.enter_person(act, giver_id)
        receiver, receiving = self._enter_receiver(act, giver_id, body.to)
        done = hand_over(
            act.uow, self._quotas, (giving, receiving), body.items, by=act.actor.user_id
        )
        self._record(act, giver, receiver, done.rows)
        return done

    def _enter_receiver(self, act: Acting, giver_id: UUID, user_id: UUID) -> tuple[Account, Actor]:
        if user_id == giver_id:
            raise _no_receiver("same_person", "This person has it already.")
        try:
            account, actor = self._admin.enter_person(act, user_id)
        except NotFound:
            message = "There is no such person in this tenant."
            raise _no_receiver("unknown_person", message) from None
        if not account.is_active or account.deleted_at is not None:
            raise _no_receiver("inactive_person", "This person's account is disabled or deleted.")
        return account, actor

    def _record(self, act: Acting, giver: Account, receiver: Account, rows: Sequence[Any]) -> None:
        # Of one object: what is looked up by its id finds it.
        subject = rows[0].id if len(rows) == 1 else None
        for start in range(0, len(rows), _EVENT_ITEMS):
            part = [str(row.id) for row in rows[start : start + _EVENT_ITEMS]]
            for tag, whom, other in (
                (AuditTag.ITEMS_GIVEN, giver, receiver),
                (AuditTag.ITEMS_RECEIVED, receiver, giver),
            ):
                detail = {"person": other.user_id, "username": other.username, "items": part}
                self._admin.record(act, whom.user_id, tag, detail, subject_id=subject)


def to_wire(done: HandedOver) -> AdminTransferred:
    """What is told of it."""
    renamed = [
        AdminRenamed(id=row.id, resource=row.resource, before=row.name, name=thing.name)
        for row, thing in zip(done.rows, done.things, strict=True)
        if row.name != thing.name
    ]
    return AdminTransferred(moved=len(done.rows), renamed=renamed)


def _no_receiver(code: str, message: str) -> Invalid:
    return Invalid(fields=[refused("to", code, message)])
