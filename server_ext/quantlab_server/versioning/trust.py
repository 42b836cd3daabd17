"""What may happen by itself when a person opens an object: nobody's code runs by another's hand."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from quantlab_ext.schemas.saved import Trust

Reason = Literal["own", "never_run", "edited_by_other", "imported", "token_written"]


def trust_of(row: Any, me: UUID) -> Trust:
    """Trust of person ``me`` in the current version of an opened object (a row of ``objects.open_current``).

    It may run when it was run by this person before, or when every version since their last run was written by
    this person in an interactive session.
    """
    run = row.run_version or 0
    mine = row.author_id == me and _is_since(row.written_at, row.taken_back_at)
    own = mine and row.in_person and row.own_since <= run + 1
    auto_run = run >= row.version or own
    return Trust.model_construct(
        trusted=row.trusted_hash == row.content_hash,
        auto_run=auto_run,
        reason="own" if auto_run else _reason(row, me),
    )


def _reason(row: Any, me: UUID) -> Reason:
    if row.author_id != me:
        known = row.run_version is not None or row.user_id == me
        return "edited_by_other" if known else "never_run"
    if not _is_since(row.written_at, row.taken_back_at):
        return "edited_by_other"
    if not row.in_person:
        return _reason_of_source(row.source)
    # One's own, in person, and yet the run ended there: it is from before the account was taken back.
    if row.broken_author_id != me or row.broken_in_person:
        return "edited_by_other"
    return _reason_of_source(row.broken_source)


def _reason_of_source(source: str | None) -> Reason:
    if source == "import":
        return "imported"
    if source in ("restore", "duplicate"):
        return "edited_by_other"
    return "token_written"


def is_own_work(version: Any, hand: Any, me: UUID) -> bool:
    """Whether person ``me`` may have this version run by itself when it is brought back or copied.

    ``version`` is a row of ``versions.get``, ``hand`` one of ``versions.hand``: every version up to it is the person's
    own, or the person ran exactly it.
    """
    mine = version.author_id == me and _is_since(version.created_at, hand.taken_back_at)
    all_own: bool = mine and version.in_person and version.own_since == 1
    return all_own or bool(hand.run_version == version.version)


def _is_since(written_at: datetime, taken_back_at: datetime | None) -> bool:
    """Whether the person wrote it, not somebody who had the account before it was taken back.

    Saving ends a run of own versions at that moment, so that the last one speaks for all of its run.
    """
    return taken_back_at is None or written_at > taken_back_at
