"""Thumbnails and openings on both databases: what a share opens, what is counted, what a purge takes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from quantlab_server.config import Settings
from quantlab_server.db.base import now
from quantlab_server.db.engine import Database
from quantlab_server.errors import Forbidden, NotFound, QuotaExceeded
from quantlab_server.layouts.resource import LAYOUTS, decode_create
from quantlab_server.versioning.library import SavedService
from quantlab_server.versioning.lifecycle import purge_expired
from quantlab_server.versioning.repository.lists import Shape
from tests.support.database import TABLES, People
from tests.support.layouts import LAYOUT, PICTURE, png
from tests.support.library import Desk, make_desk


@dataclass(frozen=True)
class Looks:
    """A person's layouts: short forms of what the endpoints do."""

    desk: Desk
    service: SavedService

    def create(self, name: str = "a") -> UUID:
        body = decode_create(json.dumps({"name": name, "document": LAYOUT}).encode())
        return self.desk.run(lambda uow: self.service.create(uow, self.desk.actor, body)).id

    def put(self, id: UUID, data: bytes = PICTURE) -> None:
        self.desk.run(
            lambda uow: self.service.thumbnails.put(uow, self.desk.actor, id, data, base=1)
        )

    def picture(self, id: UUID) -> bytes:
        return self.desk.run(
            lambda uow: self.service.thumbnails.get(uow, self.desk.actor, id), writes=False
        )

    def open(self, id: UUID) -> None:
        self.desk.run(lambda uow: self.service.openings.note(uow, self.desk.actor, id))

    def page(self, **shape: Any) -> list[Any]:
        saved = self.service.saved
        items, _ = self.desk.run(
            lambda uow: saved.page(uow, self.desk.actor, Shape(**shape), {}, limit=10),
            writes=False,
        )
        return items

    def rows(self, table: str) -> int:
        return self.desk.run(
            lambda uow: len(uow.execute(select(TABLES[table])).all()), writes=False
        )


def looks(settings: Settings, desk: Desk) -> Looks:
    return Looks(desk, SavedService(LAYOUTS, settings, desk.projects))


@pytest.fixture
def ann(settings: Settings, database: Database, people: People) -> Looks:
    return looks(settings, make_desk(settings, database, people.ann, "ann"))


@pytest.fixture
def amy(settings: Settings, database: Database, people: People) -> Looks:
    """Of Ann's tenant."""
    return looks(settings, make_desk(settings, database, people.amy, "amy"))


def test_who_sees_the_layout_sees_its_thumbnail(ann: Looks, amy: Looks) -> None:
    id = ann.create()
    ann.put(id)
    with pytest.raises(NotFound):
        amy.picture(id)
    ann.desk.share(id, amy.desk, "view")
    assert amy.picture(id) == PICTURE
    assert [item.thumbnail_version for item in amy.page(scope="shared")] == [1]
    with pytest.raises(Forbidden):
        amy.put(id, png(3, 3))
    assert ann.picture(id) == PICTURE


def test_an_editors_thumbnail_counts_for_the_owner(ann: Looks, amy: Looks) -> None:
    id = ann.create()
    ann.desk.share(id, amy.desk, "edit")
    amy.put(id, png(30, 30))
    assert ann.picture(id) == amy.picture(id) == png(30, 30)
    assert ann.desk.used("storage") == ann.desk.stored()
    assert amy.desk.used("storage") == 0


def test_a_full_storage_takes_none(settings: Settings, ann: Looks) -> None:
    id = ann.create()
    full = settings.quotas.tiers["free"]
    settings.quotas.tiers = {"free": {**full, "storage": ann.desk.used("storage") + 10}}
    with pytest.raises(QuotaExceeded):
        looks(settings, ann.desk).put(id)
    assert ann.rows("object_thumbnails") == 0
    assert ann.page()[0].thumbnail_version is None


@pytest.mark.parametrize("end", ["purge", "destroy"])
def test_they_go_with_the_layout(ann: Looks, amy: Looks, end: str) -> None:
    id = ann.create()
    ann.put(id)
    ann.open(id)
    ann.desk.share(id, amy.desk, "view")
    amy.open(id)
    lifecycle, actor = ann.service.lifecycle, ann.desk.actor
    if end == "purge":
        ann.desk.run(lambda uow: lifecycle.delete(uow, actor, id, base=None))
        ann.desk.run(lambda uow: purge_expired(uow, now() + timedelta(seconds=1)))
    else:
        ann.desk.run(lambda uow: lifecycle.destroy(uow, actor, id, base=None))
    for one in (ann, amy):
        assert one.rows("object_thumbnails") == one.rows("object_openings") == 0
    assert ann.desk.used("storage") == ann.desk.stored() == 0


def test_when_it_was_opened_is_each_persons_own(ann: Looks, amy: Looks) -> None:
    first, second = ann.create("a"), ann.create("b")
    ann.open(first)
    assert [item.id for item in ann.page(sort="used_at")] == [first, second]
    for id in (first, second):
        ann.desk.share(id, amy.desk, "view")
    amy.open(second)
    shared = amy.page(scope="shared", sort="used_at")
    assert [(item.id, item.opened_at is not None) for item in shared] == [
        (second, True),
        (first, False),
    ]
    own = {item.id: item.opened_at for item in ann.page()}
    assert own[first] is not None
    assert own[second] is None
