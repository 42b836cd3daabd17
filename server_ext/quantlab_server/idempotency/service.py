"""``Idempotency-Key``: a repeated creating POST answers as the first did and creates nothing."""

from __future__ import annotations

from quantlab_server.auth.actor import Actor
from quantlab_server.db.session import UnitOfWork
from quantlab_server.errors import Conflict, Invalid, Malformed
from quantlab_server.idempotency import repository
from quantlab_server.idempotency.repository import Kept

MAX_KEY = 200


def check_key(key: str) -> str:
    """The key, if it is one.

    Raises:
        Malformed: empty, longer than 200 characters, or not printable ASCII.
    """
    if not 0 < len(key) <= MAX_KEY or not key.isascii() or not key.isprintable():
        raise Malformed(f"An Idempotency-Key has 1 to {MAX_KEY} printable ASCII characters.")
    return key


def begin(
    uow: UnitOfWork, actor: Actor, method: str, path: str, key: str, body_hash: str
) -> Kept | None:
    """Claim the key, or give back the answer kept under it.

    Raises:
        Invalid: ``idempotency_mismatch``, the key was used with another body.
        Conflict: the first request ended without an answer while this one waited; try again.
    """
    kept = repository.get_kept(uow, actor, method, path, key)
    if kept is None:
        if repository.claim(uow, actor, method, path, key, body_hash):
            return None
        kept = repository.get_kept(uow, actor, method, path, key)
        if kept is None:
            raise Conflict("The same request is under way. Try again shortly.", code="in_progress")
    if kept.body_hash != body_hash:
        raise Invalid(
            "This Idempotency-Key was used with another body. Use a new key.",
            code="idempotency_mismatch",
        )
    return kept


keep = repository.keep
purge = repository.purge
