"""The queue of outgoing mail: rows are inserted in the transaction of the act, and sent by ``sender.py``.

A row says what the mail is about. Its text is made, and the token of its link drawn, only when it is sent: so the
queue and its backups never hold a live token, not even encrypted under a key that lies beside them, and the time that
a link is good begins when it leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from quantlab_server.config import Settings
from quantlab_server.db.base import new_id, now
from quantlab_server.db.session import UnitOfWork
from quantlab_server.mail import repository
from quantlab_server.mail.kinds import MailKind


class MailService:
    """Puts mails into the queue."""

    def __init__(self, settings: Settings) -> None:
        self.ready = settings.sends_mail
        # Set by the sender of this process: called when there is something to send.
        self.wake: Callable[[], None] = lambda: None

    def send(
        self,
        uow: UnitOfWork,
        kind: MailKind,
        tenant_id: UUID,
        user_id: UUID,
        recipient: str | None,
        *,
        language: str = "",
        data: dict[str, Any] | None = None,
    ) -> None:
        """Queue a mail about a person, in whose context the transaction is; sent once that is committed.

        Without a mail server, or an address, nothing is done.

        Args:
            data: what the text names; never a secret.
        """
        if not self.ready or not recipient:
            return
        moment = now()
        values = {
            "tenant_id": tenant_id,
            "id": new_id(),
            "user_id": user_id,
            "kind": kind.value,
            "recipient": recipient,
            "language": language[:35],
            "data": data or {},
            "due_at": moment,
            "created_at": moment,
        }
        repository.insert_mail(uow, values)
        uow.after_commit(lambda: self.wake())

    @staticmethod
    def drop(uow: UnitOfWork, tenant_id: UUID, user_id: UUID, kinds: Iterable[MailKind]) -> None:
        """Forget a person's mails of some kinds that were not sent yet: what they offer is over."""
        repository.delete_waiting(uow, tenant_id, user_id, kinds)


def purge_failed(uow: UnitOfWork, before: datetime) -> int:
    """Forget mails of the context's person that were given up before an instant; how many."""
    assert uow.tenant_id is not None
    assert uow.user_id is not None
    return repository.delete_failed(uow, uow.tenant_id, uow.user_id, before)
