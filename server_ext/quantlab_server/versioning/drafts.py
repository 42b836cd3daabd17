"""Drafts: one autosave buffer per person and object, with revisions that never start again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from quantlab_ext.schemas.saved import Draft
from quantlab_server.auth.actor import Actor
from quantlab_server.db.base import now
from quantlab_server.db.session import UnitOfWork
from quantlab_server.errors import DraftConflict, Forbidden, Invalid, NotFound
from quantlab_server.versioning import views
from quantlab_server.versioning.content import Encoded, refused
from quantlab_server.versioning.quotas import STORAGE
from quantlab_server.versioning.repository import versions
from quantlab_server.versioning.service import SavedObjects
from quantlab_server.versioning.values import Saved
from quantlab_server.versioning.views import View


class Drafts:
    """Drafts of one resource's objects. Who may not save has no draft."""

    def __init__(self, saved: SavedObjects) -> None:
        self._saved = saved

    def get(self, uow: UnitOfWork, actor: Actor, id: UUID) -> View:
        """The actor's draft with its content.

        Raises:
            NotFound: no such object, or no draft of it.
        """
        row = versions.get_draft(uow, **self._saved.where(actor, id))
        if row is None or not _is_live(row):
            raise NotFound
        return views.draft_view(self._saved.codec(row.kind), row)

    def put(
        self,
        uow: UnitOfWork,
        actor: Actor,
        id: UUID,
        *,
        after: int | None,
        base: int,
        content: Encoded,
    ) -> Draft:
        """Write the draft that follows revision ``after``; None: the caller knows of none.

        The same content again answers with the stored revision: then an answer got lost.

        Raises:
            DraftConflict: another tab wrote since; with the stored draft.
            VersionConflict: ``base`` is not the current version any more.
            NotFound, Forbidden, Invalid, TooLarge, QuotaExceeded.
        """
        row = self._lock(uow, actor, id)
        self._saved.check_size(content)
        self._saved.check_kind(row, content)
        if base > row.version:
            raise Invalid(
                fields=[refused("base_version", "too_large", "There is no such version.")]
            )
        if base < row.version:
            raise self._saved.conflict(uow, actor, row, base)
        live = _is_live(row)
        if live and row.draft_hash == content.hash and row.base_version == base:
            return _draft(row.revision, base, row.draft_updated_at)
        if after != (row.revision if live else None):
            raise self._conflict(uow, actor, id)
        at = now()
        in_person = actor.is_interactive and (not live or row.draft_in_person)
        revision = self._write(uow, actor, row, base, content, in_person, at)
        if revision is None:
            raise self._conflict(uow, actor, id)
        delta = _counted(actor, row, content) - (row.stored_bytes if live else 0)
        self._saved.quotas.add(uow, actor, row.user_id, STORAGE, delta)
        return _draft(revision, base, at)

    def _write(
        self,
        uow: UnitOfWork,
        actor: Actor,
        row: Any,
        base: int,
        content: Encoded,
        in_person: bool,
        at: Any,
    ) -> int | None:
        size, stored = content.size, _counted(actor, row, content)
        if row.revision is None:
            added = versions.add_draft(
                uow,
                tenant_id=actor.tenant_id,
                object_id=row.id,
                drafter_id=actor.user_id,
                user_id=row.user_id,
                revision=1,
                base_version=base,
                in_person=in_person,
                content_hash=content.hash,
                size=size,
                data=content.data,
                stored_bytes=stored,
                updated_at=at,
                discarded=False,
            )
            return 1 if added else None
        return versions.replace_draft(
            uow,
            tenant_id=actor.tenant_id,
            id=row.id,
            me=actor.user_id,
            after=row.revision,
            was_discarded=row.discarded,
            base=base,
            in_person=in_person,
            hash=content.hash,
            size=size,
            data=content.data,
            stored_bytes=stored,
            now=at,
        )

    def discard(self, uow: UnitOfWork, actor: Actor, id: UUID, *, revision: int | None) -> None:
        """Throw the draft away; none is fine. With ``revision`` only that very draft.

        Raises:
            DraftConflict: the stored draft is another one.
            NotFound, Forbidden.
        """
        row = self._lock(uow, actor, id)
        if not _is_live(row):
            return
        if revision is not None and revision != row.revision:
            raise self._conflict(uow, actor, id)
        freed = versions.discard_draft(
            uow, actor.tenant_id, id, actor.user_id, revision=row.revision
        )
        if freed is None:
            # Another tab wrote since the look at it.
            raise self._conflict(uow, actor, id)
        self._saved.quotas.add(uow, actor, row.user_id, STORAGE, -freed)

    def to_version(
        self, uow: UnitOfWork, actor: Actor, id: UUID, *, revision: int, base: int
    ) -> Saved:
        """Save the draft at exactly this revision as the version after ``base``.

        Raises:
            DraftConflict: the stored draft is another one, or there is none.
            VersionConflict: someone saved since the draft's base.
            NotFound, Forbidden, QuotaExceeded.
        """
        self._saved.lock(uow, actor, id)
        row = versions.get_draft(uow, **self._saved.where(actor, id))
        if row is None:
            raise NotFound
        if not _is_live(row) or row.revision != revision:
            raise self._conflict(uow, actor, id)
        if row.version != base or row.base_version != base:
            raise self._saved.conflict(uow, actor, row, min(base, row.base_version))
        return self._saved.save(
            uow,
            actor,
            id,
            base=base,
            content=Encoded(row.kind, row.draft_hash, row.data, row.draft_size),
            metadata={},
            source="draft",
            in_person=actor.is_interactive and row.draft_in_person,
            draft_revision=revision,
        )

    def _lock(self, uow: UnitOfWork, actor: Actor, id: UUID) -> Any:
        row = versions.before_draft(uow, **self._saved.where(actor, id))
        if row is None:
            row = self._saved.require(uow, actor, id)
            if row.user_id == actor.user_id:
                raise NotFound  # deleted in between
        if row.user_id != actor.user_id and row.shared_access != "edit":
            raise Forbidden("You may read this, but not change it. Save a copy instead.")
        return row

    def _conflict(self, uow: UnitOfWork, actor: Actor, id: UUID) -> DraftConflict:
        row = versions.get_draft(uow, **self._saved.where(actor, id))
        if row is None or not _is_live(row):
            return DraftConflict(current=None)
        return DraftConflict(current=views.draft_view(self._saved.codec(row.kind), row).as_json())


def _is_live(row: Any) -> bool:
    return row.revision is not None and not row.discarded


def _counted(actor: Actor, row: Any, content: Encoded) -> int:
    """Bytes that a draft counts against the owner's storage.

    Others' drafts count for nobody: the owner, who may delete the object, must not see them, not even their size.
    """
    return len(content.data) if row.user_id == actor.user_id else 0


def _draft(revision: int, base: int, at: Any) -> Draft:
    return Draft.model_construct(
        base_version=base, revision=revision, updated_at=at, stale=False, content=None
    )
