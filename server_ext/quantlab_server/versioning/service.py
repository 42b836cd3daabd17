"""The rules of saved objects: one mechanism for every resource."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from quantlab_ext.schemas.saved import SavedItem, SavedPatch, VersionSource
from quantlab_server.auth.actor import Actor
from quantlab_server.config import Settings
from quantlab_server.db.base import new_id, now
from quantlab_server.db.session import UnitOfWork
from quantlab_server.errors import Forbidden, Invalid, NotFound, TooLarge, VersionConflict
from quantlab_server.models.saved import NO_PROJECT
from quantlab_server.versioning import names, views
from quantlab_server.versioning.content import Codec, Encoded, load, refused
from quantlab_server.versioning.quotas import STORAGE, Quotas
from quantlab_server.versioning.repository import contents, lists, objects, people, saving, versions
from quantlab_server.versioning.resource import Resource
from quantlab_server.versioning.trust import trust_of
from quantlab_server.versioning.values import NewObject, Opened, Row, Saved, given
from quantlab_server.versioning.views import View

if TYPE_CHECKING:
    from quantlab_server.projects.service import ProjectService

# The owner's own order of things. A name too: that one is taken tells what else the owner has.
_OWNERS_OWN = frozenset({"name", "project_id", "pinned"})


class SavedObjects:
    """Objects of one resource: create, open, list, save, change, delete.

    Another person's object answers as an id that does not exist, unless it is shared with the actor.
    """

    def __init__(self, resource: Resource, settings: Settings, projects: ProjectService) -> None:
        self.resource = resource
        self.quotas = Quotas(settings.quotas)
        self._settings = settings
        self._projects = projects

    def open(self, uow: UnitOfWork, actor: Actor, id: UUID) -> Opened:
        """The current version with its content.

        Raises:
            NotFound: there is none, it is deleted, or it is not the actor's to see.
        """
        row = objects.open_current(uow, **self.where(actor, id))
        if row is None:
            raise NotFound
        item = self._items(uow, actor, [row])[0]
        return Opened(item, row.data, trust_of(row, actor.user_id))

    def require(self, uow: UnitOfWork, actor: Actor, id: UUID) -> Any:
        """The row of an object that the actor may see.

        Raises:
            NotFound: there is none, it is deleted, or it is not the actor's to see.
        """
        row = objects.get(uow, **self.where(actor, id))
        if row is None or row.deleted_at is not None:
            raise NotFound
        return row

    def page(
        self,
        uow: UnitOfWork,
        actor: Actor,
        shape: lists.Shape,
        values: Mapping[str, Any],
        *,
        limit: int,
    ) -> tuple[list[Any], tuple[Any, UUID] | None]:
        """One page, in the resource's item model, and the position after which the next one starts.

        The position is (sort value, id); None: that was all.
        """
        rows = lists.page(uow, shape, **self._list_values(actor, values), limit=limit + 1)
        more = len(rows) > limit
        rows = rows[:limit]
        items = self._items(uow, actor, rows)
        if not more:
            return items, None
        last = rows[-1]
        value = last.name_key if shape.sort == "name" else getattr(last, shape.sort)
        return items, (value, last.id)

    def _items(self, uow: UnitOfWork, actor: Actor, rows: list[Any]) -> list[SavedItem]:
        me = actor.user_id
        others = {row.user_id for row in rows if row.user_id != me}
        owners = people.names(uow, actor.tenant_id, others) if others else {}
        return [views.item_of(self.resource, row, me, owners.get(row.user_id)) for row in rows]

    def count(
        self, uow: UnitOfWork, actor: Actor, shape: lists.Shape, values: Mapping[str, Any]
    ) -> int:
        """How many objects a list has over all its pages; for all of one's own, the quota's counter knows."""
        if shape.everything:
            return self.quotas.used(uow, actor, self.resource.noun)
        return lists.count(uow, shape, **self._list_values(actor, values))

    def _list_values(self, actor: Actor, values: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "tenant_id": actor.tenant_id,
            "me": actor.user_id,
            "resource": self.resource.noun,
            **values,
        }

    def create(self, uow: UnitOfWork, actor: Actor, new: NewObject) -> SavedItem:
        """Keep a new object.

        Raises:
            NameTaken, QuotaExceeded, TooLarge: the limits of the actor.
            Invalid: the project is not the actor's.
        """
        self.check_size(new.content)
        at, id = now(), new_id()
        project = self._project_key(uow, actor, new.project_id)
        row = {
            "id": id,
            "tenant_id": actor.tenant_id,
            "user_id": actor.user_id,
            "resource": self.resource.noun,
            "kind": new.content.kind,
            **names.columns(new.name, new.description, new.tags, self._words(new.content)),
            "project_key": project,
            "pinned": new.pinned,
            "version": 1,
            "content_hash": new.content.hash,
            "size": new.content.size,
            "thumbnail_version": None,
            "created_at": at,
            "updated_at": at,
            "deleted_at": None,
        }
        objects.create(uow, **row)
        versions.add_first(
            uow,
            tenant_id=actor.tenant_id,
            object_id=id,
            version=1,
            user_id=actor.user_id,
            author_id=actor.user_id,
            source=new.source,
            in_person=new.in_person,
            own_since=1,
            restored_from=None,
            content_hash=new.content.hash,
            size=new.content.size,
            created_at=at,
        )
        objects.add_tags(uow, actor.tenant_id, actor.user_id, id, new.tags)
        self._keep(uow, actor, actor.user_id, new.content, at, freed=0)
        self.quotas.add(uow, actor, actor.user_id, self.resource.noun, 1)
        return views.item_of(self.resource, Row(row), actor.user_id)

    def save(
        self,
        uow: UnitOfWork,
        actor: Actor,
        id: UUID,
        *,
        base: int,
        content: Encoded | None,
        metadata: Mapping[str, Any],
        source: VersionSource = "save",
        in_person: bool = True,
        restored_from: int | None = None,
        draft_revision: int | None = None,
    ) -> Saved:
        """Save content and metadata that started from version ``base``.

        Content that equals the current version makes no new one, also when ``base`` is older: then an answer got
        lost and this is the same save again. The actor's draft is settled if it is the one at ``draft_revision``, or
        holds the same; any other one is another tab's unsaved work and stays.

        Raises:
            VersionConflict: someone saved since; with both sides.
            NotFound, Forbidden, Invalid, NameTaken, QuotaExceeded, TooLarge.
        """
        if content is None:
            return self._save_metadata(uow, actor, id, base, metadata)
        self.check_size(content)
        row = self._write(
            uow,
            actor,
            content,
            **self.where(actor, id),
            kind=content.kind,
            base=base,
            hash=content.hash,
            size=content.size,
            now=now(),
            source=source,
            in_person=in_person,
            restored_from=restored_from,
            draft_revision=draft_revision,
        )
        if row is None:
            return self._unsaved(uow, actor, id, base, content, metadata, draft_revision)
        words = self._words(content)
        changed = self._change(uow, actor, row, metadata, words) if metadata else None
        if changed is None and self.resource.words is not None:
            tags = row.tags.split("\n") if row.tags else []
            text = names.search_text(row.name, row.description, tags, words)
            objects.set_search_text(uow, **self.where(actor, id), search_text=text)
        item = views.item_of(self.resource, changed or row, actor.user_id)
        return Saved(item, changed=True, new_version=True)

    def _words(self, content: Encoded) -> str:
        """What a search finds in the content."""
        find = self.resource.words
        if find is None:
            return ""
        return "\n".join(find(load(self.codec(content.kind), content.data)))

    def _write(self, uow: UnitOfWork, actor: Actor, content: Encoded, **values: Any) -> Any:
        """A new version with all that follows; the object's row, or None when nothing was to be written."""
        if uow.is_postgresql:
            limit = self.quotas.limit(actor.tier, STORAGE)
            row = saving.save_own(uow, **values, data=content.data, what=STORAGE, limit=limit)
            if row is not None:
                if not row.counted:
                    self.quotas.add(uow, actor, actor.user_id, STORAGE, row.delta)
                return row
        row = objects.save(uow, **values)
        if row is not None:
            versions.add_next(uow, **values, author_id=actor.user_id)
            freed = versions.settle_draft(uow, **values)
            self._keep(uow, actor, row.user_id, content, values["now"], freed=freed)
        return row

    def _save_metadata(
        self, uow: UnitOfWork, actor: Actor, id: UUID, base: int, metadata: Mapping[str, Any]
    ) -> Saved:
        row = self.lock(uow, actor, id)
        if row.version != base:
            raise self.conflict(uow, actor, row, base)
        changed = self._change(uow, actor, row, metadata)
        item = views.item_of(self.resource, changed or row, actor.user_id)
        return Saved(item, changed=changed is not None)

    def _unsaved(
        self,
        uow: UnitOfWork,
        actor: Actor,
        id: UUID,
        base: int,
        content: Encoded,
        metadata: Mapping[str, Any],
        draft_revision: int | None,
    ) -> Saved:
        """Why no row was changed: nothing to change, or an error."""
        row = self.lock(uow, actor, id)
        self.check_kind(row, content)
        same = row.content_hash == content.hash
        if not same or (row.version != base and self._differing(row, metadata)):
            raise self.conflict(uow, actor, row, base)
        where = self.where(actor, id)
        freed = versions.settle_draft(
            uow, **where, hash=content.hash, draft_revision=draft_revision
        )
        self.quotas.add(uow, actor, row.user_id, STORAGE, -freed)
        changed = self._change(uow, actor, row, metadata)
        item = views.item_of(self.resource, changed or row, actor.user_id)
        return Saved(item, changed=changed is not None)

    def _keep(
        self,
        uow: UnitOfWork,
        actor: Actor,
        owner_id: UUID,
        content: Encoded,
        at: datetime,
        *,
        freed: int,
    ) -> None:
        new = contents.put(uow, actor.tenant_id, owner_id, content.hash, content.data, at)
        delta = (len(content.data) if new else 0) - freed
        self.quotas.add(uow, actor, owner_id, STORAGE, delta)

    def patch(
        self, uow: UnitOfWork, actor: Actor, id: UUID, patch: SavedPatch, *, base: int | None
    ) -> Saved:
        """Change metadata; no new version.

        Raises:
            VersionConflict: ``base`` is given and not current.
            NotFound, Forbidden, Invalid, NameTaken.
        """
        row = self.lock(uow, actor, id)
        if base is not None and base != row.version:
            raise self.conflict(uow, actor, row, base)
        changed = self._change(uow, actor, row, given(patch))
        item = views.item_of(self.resource, changed or row, actor.user_id)
        return Saved(item, changed=changed is not None)

    def _change(
        self,
        uow: UnitOfWork,
        actor: Actor,
        row: Any,
        metadata: Mapping[str, Any],
        words: str | None = None,
    ) -> Any:
        """Apply metadata to a locked row; the new row, or None when nothing differs. ``words``: of new content."""
        differs = self._differing(row, metadata)
        if not differs:
            return None
        if row.user_id != actor.user_id and _OWNERS_OWN & differs:
            raise Forbidden("Only the owner can rename, move or pin this.")
        tags = metadata.get("tags", row.tags.split("\n") if row.tags else [])
        project = row.project_key
        if "project_id" in metadata:
            project = self._project_key(uow, actor, metadata["project_id"])
        named = names.columns(
            metadata.get("name", row.name),
            metadata.get("description", row.description),
            tags,
            names.words_of(row.search_text) if words is None else words,
        )
        changed = objects.change(
            uow,
            **self.where(actor, row.id),
            **named,
            base=row.version,
            project_key=project,
            pinned=metadata.get("pinned", row.pinned),
            now=now(),
        )
        if changed is None:
            raise NotFound
        if "tags" in metadata:
            objects.set_tags(uow, actor.tenant_id, row.user_id, row.id, tags)
        return changed

    def _differing(self, row: Any, metadata: Mapping[str, Any]) -> set[str]:
        stored = {
            "name": row.name,
            "description": row.description,
            "tags": row.tags.split("\n") if row.tags else [],
            "project_id": None if row.project_key == NO_PROJECT else row.project_key,
            "pinned": row.pinned,
        }
        return {member for member, value in metadata.items() if stored[member] != value}

    def _project_key(self, uow: UnitOfWork, actor: Actor, project_id: UUID | None) -> UUID:
        if project_id is None:
            return NO_PROJECT
        if not self._projects.hold(uow, actor, project_id):
            raise Invalid(
                fields=[refused("project_id", "unknown_project", "You have no such project.")]
            )
        return project_id

    def where(self, actor: Actor, id: UUID) -> dict[str, Any]:
        """Parameters that every query on one object takes."""
        return {
            "tenant_id": actor.tenant_id,
            "id": id,
            "resource": self.resource.noun,
            "me": actor.user_id,
        }

    def lock(self, uow: UnitOfWork, actor: Actor, id: UUID) -> Any:
        """The row of an object that the actor may change; nobody else changes it before the transaction ends.

        Raises:
            NotFound: there is none, it is deleted, or it is not the actor's to see.
            Forbidden: the actor may only read it.
        """
        row = objects.lock(uow, **self.where(actor, id))
        if row is None:
            row = self.require(uow, actor, id)
        if row.deleted_at is not None:
            raise NotFound
        if row.user_id != actor.user_id and row.shared_access != "edit":
            raise Forbidden("You may read this, but not change it. Save a copy instead.")
        return row

    def check_size(self, content: Encoded) -> None:
        """Refuse what is too large.

        Raises:
            TooLarge: 413.
        """
        limit = self.resource.max_bytes(self._settings)
        if content.size > limit:
            raise TooLarge(limit)

    def check_kind(self, row: Any, content: Encoded) -> None:
        """Refuse content of another kind than the object's.

        Raises:
            Invalid: 422.
        """
        if content.kind != row.kind:
            codec = self.codec(content.kind)
            message = f"This is a {row.kind}; it cannot become a {content.kind}."
            raise Invalid(fields=[refused(codec.member, "other_kind", message)])

    def codec(self, kind: str) -> Codec:
        """What is particular to content of this kind."""
        return self.resource.codecs[kind]

    def conflict(self, uow: UnitOfWork, actor: Actor, row: Any, base: int) -> VersionConflict:
        """The error of a stale save, with both sides: what is stored, and what the caller started from."""
        current = versions.get(uow, actor.tenant_id, row.id, row.version)
        item = views.item_of(self.resource, row, actor.user_id)
        older = versions.get(uow, actor.tenant_id, row.id, base) if base != row.version else None
        return VersionConflict(
            current=views.with_content(self.resource, item, current.data).as_json(),
            base=None if older is None else self.version_view(row, older, actor).as_json(),
        )

    def version_view(self, row: Any, version: Any, actor: Actor) -> View:
        """A kept version with its content; its metadata is that of the object today."""
        item = views.item_of(
            self.resource, row, actor.user_id, version=version.version, size=version.size
        )
        return views.with_content(self.resource, item, version.data)
