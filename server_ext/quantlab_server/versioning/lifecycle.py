"""Deleting, bringing back, copying, and what is left to the purge."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from quantlab_ext.schemas.saved import DuplicateRequest, SavedItem
from quantlab_server.accounts.service import forget_object
from quantlab_server.auth.actor import Actor
from quantlab_server.db.base import now
from quantlab_server.db.session import UnitOfWork
from quantlab_server.errors import Forbidden, NotFound
from quantlab_server.models.saved import NO_PROJECT
from quantlab_server.versioning import names, views
from quantlab_server.versioning.content import Encoded
from quantlab_server.versioning.quotas import STORAGE
from quantlab_server.versioning.repository import contents, objects, purge, thumbnails, versions
from quantlab_server.versioning.service import SavedObjects
from quantlab_server.versioning.trust import is_own_work
from quantlab_server.versioning.values import NewObject

_NO_LIMIT = 0  # counters that shrink ask for none


class Lifecycle:
    """Acts on whole objects of one resource. Only owners delete."""

    def __init__(self, saved: SavedObjects) -> None:
        self._saved = saved

    def delete(self, uow: UnitOfWork, actor: Actor, id: UUID, *, base: int | None) -> None:
        """Delete for now: the name and the count are free, the storage is not.

        Raises:
            VersionConflict: ``base`` is given and not current.
            NotFound, Forbidden.
        """
        row = self._saved.lock(uow, actor, id)
        if row.user_id != actor.user_id:
            raise Forbidden("Only the owner can delete this.")
        if base is not None and base != row.version:
            raise self._saved.conflict(uow, actor, row, base)
        where = self._saved.where(actor, id)
        if not objects.soft_delete(uow, **where, base=row.version, now=now()):
            raise NotFound
        self._saved.quotas.add(uow, actor, actor.user_id, self._saved.resource.noun, -1)

    def undelete(self, uow: UnitOfWork, actor: Actor, id: UUID, *, name: str | None) -> SavedItem:
        """Bring a deleted object back, under another name if one is given.

        Raises:
            NotFound: the actor has no such deleted object.
            NameTaken, QuotaExceeded.
        """
        where = self._saved.where(actor, id)
        row = objects.lock(uow, **where)
        if row is None or row.user_id != actor.user_id or row.deleted_at is None:
            raise NotFound
        name = name or row.name
        tags = row.tags.split("\n") if row.tags else []
        back = objects.undelete(
            uow,
            **where,
            name=name,
            name_key=names.name_key(name),
            search_text=names.search_text(
                name, row.description, tags, names.words_of(row.search_text)
            ),
            now=now(),
        )
        if back is None:
            raise NotFound
        self._saved.quotas.add(uow, actor, actor.user_id, self._saved.resource.noun, 1)
        return views.item_of(self._saved.resource, back, actor.user_id)

    def destroy(self, uow: UnitOfWork, actor: Actor, id: UUID, *, base: int | None) -> None:
        """Remove an object, deleted before or not, with all its versions. Cannot be undone.

        Raises:
            VersionConflict: ``base`` is given and not current.
            NotFound, Forbidden.
        """
        where = self._saved.where(actor, id)
        row = objects.lock(uow, **where)
        if row is None or row.user_id != actor.user_id:
            self._saved.require(uow, actor, id)
            raise Forbidden("Only the owner can delete this.")
        if base is not None and base != row.version:
            raise self._saved.conflict(uow, actor, row, base)
        hashes = versions.hashes(uow, actor.tenant_id, id)
        kept = _bytes_beside_versions(uow, actor.tenant_id, id)
        there, deleted_before = objects.destroy(uow, **where)
        if not there:
            raise NotFound
        forget_object(uow, actor.tenant_id, actor.user_id, id)
        freed = contents.collect(uow, actor.tenant_id, actor.user_id, hashes)
        quotas = self._saved.quotas
        quotas.add(uow, actor, actor.user_id, STORAGE, -freed - kept)
        if not deleted_before:
            quotas.add(uow, actor, actor.user_id, self._saved.resource.noun, -1)

    def duplicate(
        self, uow: UnitOfWork, actor: Actor, id: UUID, request: DuplicateRequest
    ) -> SavedItem:
        """Copy the current version of an object, own or shared, into the actor's library.

        Without a name the copy gets a free "… copy". Without a project it lies beside an own original.

        Raises:
            NotFound, NameTaken, QuotaExceeded, Invalid.
        """
        row = self._saved.require(uow, actor, id)
        version = versions.get(uow, actor.tenant_id, id, row.version)
        hand = versions.hand(uow, actor.tenant_id, id, actor.user_id)
        project = request.project_id
        if "project_id" not in request.model_fields_set and row.user_id == actor.user_id:
            project = None if row.project_key == NO_PROJECT else row.project_key
        name = request.name or self._free_copy_name(uow, actor, row.kind, row.name, project)
        new = NewObject(
            name=name,
            content=Encoded(row.kind, version.content_hash, version.data, version.size),
            source="duplicate",
            in_person=actor.is_interactive and is_own_work(version, hand, actor.user_id),
            description=row.description,
            tags=row.tags.split("\n") if row.tags else [],
            project_id=project,
        )
        copy = self._saved.create(uow, actor, new)
        return self._copy_thumbnail(uow, actor, row, copy)

    def _copy_thumbnail(
        self, uow: UnitOfWork, actor: Actor, row: Any, copy: SavedItem
    ) -> SavedItem:
        if row.thumbnail_version is None:
            return copy
        size = thumbnails.copy(
            uow, tenant_id=actor.tenant_id, me=actor.user_id, id=row.id, to=copy.id, now=now()
        )
        thumbnails.mark(uow, **self._saved.where(actor, copy.id), version=copy.version)
        self._saved.quotas.add(uow, actor, actor.user_id, STORAGE, size)
        return copy.model_copy(update={"thumbnail_version": copy.version})

    def _free_copy_name(
        self, uow: UnitOfWork, actor: Actor, kind: str, name: str, project: UUID | None
    ) -> str:
        return names.free_name(name, " copy", self.taken(uow, actor, kind, name, project))

    def taken(
        self, uow: UnitOfWork, actor: Actor, kind: str, name: str, project: UUID | None
    ) -> set[str]:
        """Folded names of the actor's objects there that begin as ``name`` does (cut, so that a suffix fits)."""
        stem = names.with_suffix(name, " " * 20).rstrip()
        return objects.names_like(
            uow,
            tenant_id=actor.tenant_id,
            me=actor.user_id,
            resource=self._saved.resource.noun,
            kind=kind,
            project_key=project or NO_PROJECT,
            pattern=names.like_pattern(stem, anywhere=False),
        )


def _bytes_beside_versions(uow: UnitOfWork, tenant_id: UUID, id: UUID) -> int:
    """What an object counts against its owner's storage beside its versions: drafts and the thumbnail."""
    drafts = versions.bytes_of_drafts(uow, tenant_id, id)
    return drafts + thumbnails.size(uow, tenant_id=tenant_id, id=id)


def purge_expired(uow: UnitOfWork, before: datetime, *, limit: int = 100) -> int:
    """Remove what was deleted before an instant, of every resource, and content that nothing names any more.

    Under row-level security this reaches what the context's person owns; on SQLite, everything. Returns how many
    objects went: ``limit`` of them means that there may be more.
    """
    gone = 0
    for row in purge.expired(uow, before, limit):
        hashes = versions.hashes(uow, row.tenant_id, row.id)
        kept = _bytes_beside_versions(uow, row.tenant_id, row.id)
        if not purge.remove(uow, tenant_id=row.tenant_id, id=row.id, before=before):
            continue
        gone += 1
        forget_object(uow, row.tenant_id, row.user_id, row.id)
        freed = contents.collect(uow, row.tenant_id, row.user_id, hashes) + kept
        if freed:
            contents.add(uow, row.tenant_id, row.user_id, STORAGE, -freed, _NO_LIMIT)
    return gone
