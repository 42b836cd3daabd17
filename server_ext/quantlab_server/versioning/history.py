"""Versions: list, read, compare, bring back, merge; and what a person trusts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from quantlab_ext.schemas.saved import Trust, TrustPut, VersionInfo
from quantlab_server.auth.actor import Actor
from quantlab_server.db.base import now
from quantlab_server.db.session import UnitOfWork
from quantlab_server.errors import Invalid, NotFound
from quantlab_server.versioning import views
from quantlab_server.versioning.content import Codec, Encoded, Merged, canonical_json, load, refused
from quantlab_server.versioning.repository import people, versions
from quantlab_server.versioning.service import SavedObjects
from quantlab_server.versioning.trust import is_own_work
from quantlab_server.versioning.values import Saved
from quantlab_server.versioning.views import View

_NEWEST = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two contents to compare in a worker process: :func:`compare_stored`."""

    codec: Codec
    left: bytes
    right: bytes
    from_version: int
    to_version: int


@dataclass(frozen=True, slots=True)
class Merge:
    """Three contents to merge in a worker process: :func:`merge_stored`."""

    codec: Codec
    base: bytes
    local: bytes
    remote: bytes
    base_version: int
    current_version: int


class History:
    """Versions of one resource's objects."""

    def __init__(self, saved: SavedObjects) -> None:
        self._saved = saved

    def page(
        self, uow: UnitOfWork, actor: Actor, id: UUID, *, before: int | None, limit: int
    ) -> tuple[list[VersionInfo], int | None]:
        """Versions below ``before``, newest first, and where the next page starts, if there is more.

        Raises:
            NotFound.
        """
        current = self._saved.require(uow, actor, id).version
        rows = versions.page(uow, actor.tenant_id, id, before=before or _NEWEST, limit=limit + 1)
        authors = people.names(uow, actor.tenant_id, {row.author_id for row in rows[:limit]})
        infos = [
            views.version_info(row, current, authors.get(row.author_id)) for row in rows[:limit]
        ]
        return infos, rows[limit - 1].version if len(rows) > limit else None

    def get(self, uow: UnitOfWork, actor: Actor, id: UUID, version: int) -> View:
        """One version with its content.

        Raises:
            NotFound.
        """
        row = self._saved.require(uow, actor, id)
        return self._saved.version_view(row, self._require(uow, actor, id, version), actor)

    def load_pair(
        self, uow: UnitOfWork, actor: Actor, id: UUID, left: int, right: int | None
    ) -> Comparison:
        """Two versions, to be compared; None on the right: the current one.

        Raises:
            NotFound.
        """
        row = self._saved.require(uow, actor, id)
        right = right or row.version
        older = self._require(uow, actor, id, left)
        newer = self._require(uow, actor, id, right)
        return Comparison(self._saved.codec(row.kind), older.data, newer.data, left, right)

    def load_merge(
        self, uow: UnitOfWork, actor: Actor, id: UUID, base: int, local: Encoded
    ) -> Merge:
        """A caller's content with the version it started from and the current one, to be merged.

        Raises:
            NotFound, Invalid.
        """
        row = self._saved.require(uow, actor, id)
        self._saved.check_kind(row, local)
        start = versions.get(uow, actor.tenant_id, id, base)
        current = versions.get(uow, actor.tenant_id, id, row.version)
        if start is None or current is None:
            message = "This version is not kept."
            raise Invalid(fields=[refused("base_version", "unknown_version", message)])
        codec = self._saved.codec(row.kind)
        return Merge(codec, start.data, local.data, current.data, base, row.version)

    def restore(self, uow: UnitOfWork, actor: Actor, id: UUID, version: int, *, base: int) -> Saved:
        """Make an old version's content the current one, as a new version; so this can be undone too.

        Raises:
            VersionConflict: someone saved since ``base``.
            NotFound, Forbidden.
        """
        row = self._saved.lock(uow, actor, id)
        old = self._require(uow, actor, id, version)
        hand = versions.hand(uow, actor.tenant_id, id, actor.user_id)
        return self._saved.save(
            uow,
            actor,
            id,
            base=base,
            content=Encoded(row.kind, old.content_hash, old.data, old.size),
            metadata={},
            source="restore",
            in_person=actor.is_interactive and is_own_work(old, hand, actor.user_id),
            restored_from=version,
        )

    def trust(self, uow: UnitOfWork, actor: Actor, id: UUID, put: TrustPut) -> Trust:
        """Remember that the actor ran or trusts a version; what follows for the current one.

        Raises:
            NotFound.
        """
        row = self._saved.require(uow, actor, id)
        version = self._require(uow, actor, id, put.version)
        versions.set_trust(
            uow,
            tenant_id=actor.tenant_id,
            object_id=id,
            person_id=actor.user_id,
            user_id=row.user_id,
            trusted_hash=version.content_hash,
            run_version=put.version if put.act == "ran" else None,
            updated_at=now(),
        )
        return self._saved.open(uow, actor, id).trust

    def _require(self, uow: UnitOfWork, actor: Actor, id: UUID, version: int) -> Any:
        row = versions.get(uow, actor.tenant_id, id, version)
        if row is None:
            raise NotFound
        return row


def compare_stored(pair: Comparison) -> bytes:
    """The answer of a diff: a ``VersionDiff`` in JSON. Runs in a worker process."""
    codec = pair.codec
    what = codec.compare(load(codec, pair.left), load(codec, pair.right))
    return orjson.dumps({"from_version": pair.from_version, "to_version": pair.to_version, **what})


def merge_stored(merge: Merge) -> bytes:
    """The answer of a merge: a ``MergeResult`` in JSON. Runs in a worker process.

    Raises:
        Conflict: too large to merge in the time there is.
    """
    codec = merge.codec
    local = load(codec, merge.local)
    merged = Merged(local, 0)
    if merge.base != merge.remote:
        merged = codec.merge(load(codec, merge.base), local, load(codec, merge.remote))
        local = codec.clean(merged.value, "content")
    return orjson.dumps(
        {
            "base_version": merge.base_version,
            "current_version": merge.current_version,
            "conflicts": merged.conflicts,
            "content": orjson.Fragment(canonical_json(local)),
            "places": list(merged.places),
        }
    )
