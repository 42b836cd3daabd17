"""Saved objects on both databases: what is counted, what is shared, what is purged, what may run."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from quantlab_ext.schemas.projects import ProjectCreate
from quantlab_ext.schemas.saved import DuplicateRequest, SavedPatch, TrustPut
from quantlab_server.config import Settings
from quantlab_server.db.base import now
from quantlab_server.db.engine import Database
from quantlab_server.errors import (
    DraftConflict,
    Forbidden,
    NameTaken,
    NotFound,
    QuotaExceeded,
    TooLarge,
    VersionConflict,
)
from quantlab_server.versioning.lifecycle import purge_expired
from quantlab_server.versioning.repository.lists import Shape
from tests.support.database import TABLES, People
from tests.support.library import Desk, make_desk


@pytest.fixture
def desks(settings: Settings, database: Database, people: People) -> tuple[Desk, Desk, Desk]:
    """Ann and Amy of one tenant, Bob of another."""
    return (
        make_desk(settings, database, people.ann, "ann"),
        make_desk(settings, database, people.amy, "amy"),
        make_desk(settings, database, people.bob, "bob"),
    )


@pytest.fixture
def ann(desks: tuple[Desk, Desk, Desk]) -> Desk:
    return desks[0]


@pytest.fixture
def amy(desks: tuple[Desk, Desk, Desk]) -> Desk:
    return desks[1]


@pytest.fixture
def bob(desks: tuple[Desk, Desk, Desk]) -> Desk:
    return desks[2]


def limited(settings: Settings, desk: Desk, **limits: int) -> Desk:
    """The same person with other limits."""
    full = settings.quotas.tiers["free"]
    settings.quotas.tiers = {"free": {**full, **limits}}
    return replace(desk, actor=replace(desk.actor, tier="free"))


class TestCounting:
    def test_storage_is_what_is_stored(self, ann: Desk) -> None:
        item = ann.create("a", "x" * 1000)
        assert ann.used("storage") == ann.stored() > 0
        ann.save(item.id, 1, "y" * 3000)
        one = ann.used("storage")
        assert one == ann.stored()
        # The same content again, in another object and as a later version, is stored once.
        other = ann.create("b", "y" * 3000)
        ann.save(item.id, 2, "x" * 1000)
        assert ann.used("storage") == one
        ann.draft(item.id, "draft" * 500, base=3, after=None)
        assert ann.used("storage") == ann.stored() > one
        ann.draft(item.id, "d", base=3, after=1)
        assert ann.used("storage") == ann.stored()
        ann.save(item.id, 3, "z" * 10)  # does not name the draft, which stays
        assert ann.used("storage") == ann.stored()
        with_draft = ann.used("storage")
        ann.save(item.id, 4, "z" * 10, draft_revision=2)
        assert ann.used("storage") == ann.stored() < with_draft
        ann.draft(item.id, "left open", base=4, after=None)
        ann.delete(item.id)
        assert ann.used("storage") == ann.stored()
        ann.delete(item.id, permanent=True)
        assert ann.used("storage") == ann.stored()
        assert ann.code(other.id) == "y" * 3000
        ann.delete(other.id, permanent=True)
        assert ann.used("storage") == ann.stored() == 0
        assert ann.used("workflows") == 0

    def test_limits_refuse_and_change_nothing(self, settings: Settings, ann: Desk) -> None:
        ann = limited(settings, ann, workflows=2, storage=400)
        one = ann.create("one")
        ann.create("two")
        with pytest.raises(QuotaExceeded) as caught:
            ann.create("three")
        assert caught.value.extra["limit"] == 2
        assert caught.value.extra["used"] == 2
        noise = secrets.token_hex(1000)
        with pytest.raises(QuotaExceeded):
            ann.save(one.id, 1, noise)
        with pytest.raises(QuotaExceeded):
            ann.draft(one.id, noise, base=1, after=None)
        assert ann.code(one.id) == "1"
        assert ann.used("storage") == ann.stored()
        ann.delete(one.id)
        ann.create("three")
        with pytest.raises(QuotaExceeded):
            ann.run(lambda u: ann.workflows.lifecycle.undelete(u, ann.actor, one.id, name=None))
        with pytest.raises(QuotaExceeded):
            _duplicate(ann, _only(ann, "two"))

    def test_being_over_the_limit_keeps_nobody_from_deleting(
        self, settings: Settings, ann: Desk
    ) -> None:
        made = [ann.create(name) for name in "abc"]
        ann = limited(settings, ann, workflows=1, storage=1)
        for item in made:
            ann.delete(item.id, permanent=True)
        assert ann.used("workflows") == ann.used("storage") == 0

    def test_projects_have_a_limit(self, settings: Settings, ann: Desk) -> None:
        settings.quotas.tiers = {"free": {**settings.quotas.tiers["free"], "projects": 1}}
        body = ProjectCreate(name="a")
        project = ann.run(lambda uow: ann.projects.create(uow, ann.actor, body))
        with pytest.raises(QuotaExceeded):
            ann.run(lambda uow: ann.projects.create(uow, ann.actor, ProjectCreate(name="b")))
        ann.run(lambda uow: ann.projects.delete(uow, ann.actor, project.id))
        ann.run(lambda uow: ann.projects.create(uow, ann.actor, ProjectCreate(name="b")))

    def test_the_setting_bounds_content(self, settings: Settings, ann: Desk) -> None:
        settings.library.workflow_max_bytes = 10
        with pytest.raises(TooLarge):
            ann.create("a", "x" * 11)
        item = ann.create("a", "x" * 10)
        with pytest.raises(TooLarge):
            ann.save(item.id, 1, "y" * 11)
        with pytest.raises(TooLarge):
            ann.draft(item.id, "y" * 11, base=1, after=None)


class TestSharing:
    def test_who_was_given_nothing_sees_nothing(self, ann: Desk, amy: Desk, bob: Desk) -> None:
        item = ann.create("a")
        for stranger in (amy, bob):
            for act in (
                lambda desk=stranger: desk.code(item.id),
                lambda desk=stranger: desk.save(item.id, 1, "2"),
                lambda desk=stranger: desk.delete(item.id),
                lambda desk=stranger: desk.draft(item.id, "x", base=1, after=None),
                lambda desk=stranger: _duplicate(desk, item.id),
            ):
                with pytest.raises(NotFound):
                    act()

    def test_view(self, ann: Desk, amy: Desk) -> None:
        item = ann.create("a", "secret sauce")
        ann.share(item.id, amy, "view")
        assert amy.code(item.id) == "secret sauce"
        (listed,) = _list(amy, Shape(scope="shared"))
        assert (listed.access, listed.owner_name, listed.owner_id) == (
            "view",
            "ann",
            ann.actor.user_id,
        )
        assert _list(amy, Shape()) == []
        for act in (
            lambda: amy.save(item.id, 1, "mine now"),
            lambda: amy.delete(item.id),
            lambda: amy.delete(item.id, permanent=True),
            lambda: amy.draft(item.id, "x", base=1, after=None),
            lambda: _patch(amy, item.id, description="x"),
            lambda: _restore(amy, item.id, 1, base=1),
        ):
            with pytest.raises(Forbidden):
                act()
        copy = _duplicate(amy, item.id)
        assert amy.code(copy) == "secret sauce"
        assert ann.used("workflows") == amy.used("workflows") == 1

    def test_edit(self, ann: Desk, amy: Desk) -> None:
        item = ann.create("a", "one")
        ann.share(item.id, amy, "edit")
        saved = amy.save(item.id, 1, "two" * 100)
        assert (saved.item.version, saved.item.access) == (2, "edit")
        assert ann.code(item.id) == "two" * 100
        assert ann.used("storage") == ann.stored()
        assert amy.used("storage") == 0
        # The same content that the owner has stored already.
        amy.save(item.id, 2, "one")
        assert ann.used("storage") == ann.stored()
        with pytest.raises(VersionConflict) as caught:
            ann.save(item.id, 2, "three")
        assert caught.value.extra["current"]["version"] == 3
        infos = ann.run(
            lambda uow: ann.workflows.history.page(uow, ann.actor, item.id, before=None, limit=5)
        )[0]
        assert [info.author_name for info in infos] == ["amy", "amy", "ann"]
        _patch(amy, item.id, description="by amy", tags=["t"])
        with pytest.raises(Forbidden):
            _patch(amy, item.id, pinned=True)
        assert amy.draft(item.id, "amy's draft", base=3, after=None) == 1
        assert ann.draft(item.id, "ann's draft", base=3, after=None) == 1
        assert ann.used("storage") == ann.stored()
        _restore(amy, item.id, 2, base=3)
        with pytest.raises(Forbidden):
            amy.delete(item.id)
        ann.delete(item.id)
        with pytest.raises(NotFound):
            amy.code(item.id)
        ann.delete(item.id, permanent=True)
        assert ann.used("storage") == ann.stored() == 0

    def test_an_editor_is_held_by_the_owners_limit(
        self, settings: Settings, ann: Desk, amy: Desk
    ) -> None:
        item = ann.create("a")
        ann.share(item.id, amy, "edit")
        limited(settings, ann, storage=100)
        with pytest.raises(QuotaExceeded):
            amy.save(item.id, 1, secrets.token_hex(1000))


class TestTrust:
    def test_nobodys_code_runs_by_anothers_hand(self, ann: Desk, amy: Desk) -> None:
        item = ann.create("a", "ann's")
        ann.share(item.id, amy, "edit")
        assert ann.trust(item.id).auto_run
        assert (amy.trust(item.id).auto_run, amy.trust(item.id).reason) == (False, "never_run")
        amy.save(item.id, 1, "amy's")
        assert (ann.trust(item.id).auto_run, ann.trust(item.id).reason) == (
            False,
            "edited_by_other",
        )
        # Saving over it without having run it does not make it one's own.
        ann.save(item.id, 2, "ann's again")
        assert ann.trust(item.id).reason == "edited_by_other"
        _trust(ann, item.id, 3, "ran")
        assert ann.trust(item.id).auto_run
        ann.save(item.id, 3, "more of ann's")
        assert ann.trust(item.id).auto_run
        assert not ann.trust(item.id).trusted

    def test_bringing_anothers_version_back(self, ann: Desk, amy: Desk) -> None:
        item = ann.create("a", "ann's")
        ann.share(item.id, amy, "edit")
        amy.save(item.id, 1, "amy's")
        ann.save(item.id, 2, "clean")
        _trust(ann, item.id, 3, "ran")
        _restore(ann, item.id, 2, base=3)
        assert not ann.trust(item.id).auto_run
        assert ann.trust(item.id).reason == "edited_by_other"

    def test_bringing_back_what_came_from_another_through_ones_own_save(
        self, ann: Desk, amy: Desk
    ) -> None:
        item = ann.create("a", "ann's")
        ann.share(item.id, amy, "edit")
        amy.save(item.id, 1, "amy's")
        ann.save(item.id, 2, "amy's, saved by ann unrun")
        ann.save(item.id, 3, "clean")
        _trust(ann, item.id, 4, "ran")
        _restore(ann, item.id, 3, base=4)
        assert not ann.trust(item.id).auto_run

    def test_bringing_back_ones_own(self, ann: Desk) -> None:
        item = ann.create("a", "one")
        ann.save(item.id, 1, "two")
        _restore(ann, item.id, 1, base=2)
        assert ann.trust(item.id).auto_run

    def test_a_copy_is_no_better_than_its_original(self, ann: Desk, amy: Desk) -> None:
        item = ann.create("a", "ann's")
        ann.share(item.id, amy, "edit")
        assert not amy.trust(_duplicate(amy, item.id)).auto_run
        _trust(amy, item.id, 1, "ran")
        assert amy.trust(_duplicate(amy, item.id)).auto_run
        assert ann.trust(_duplicate(ann, item.id)).auto_run

    def test_what_a_token_wrote_waits(self, ann: Desk) -> None:
        by_token = ann.as_token().create("t")
        assert ann.trust(by_token.id).reason == "token_written"
        item = ann.create("a", "one")
        ann.as_token().save(item.id, 1, "two")
        assert not ann.trust(item.id).auto_run
        ann.save(item.id, 2, "three")
        assert (ann.trust(item.id).auto_run, ann.trust(item.id).reason) == (
            False,
            "token_written",
        )
        _trust(ann, item.id, 3, "ran")
        assert ann.trust(item.id).auto_run

    def test_a_tokens_draft_stays_a_tokens(self, ann: Desk) -> None:
        item = ann.create("a", "one")
        ann.as_token().draft(item.id, "from a kernel", base=1, after=None)
        ann.draft(item.id, "from a kernel, and more", base=1, after=1)
        ann.run(
            lambda uow: ann.workflows.drafts.to_version(uow, ann.actor, item.id, revision=2, base=1)
        )
        assert ann.trust(item.id).reason == "token_written"

    def test_what_was_saved_before_an_account_was_taken_back_is_anothers(self, ann: Desk) -> None:
        item, copied = ann.create("a", "theirs"), ann.create("b", "theirs too")
        ann.save(item.id, 1, "theirs still")
        _take_back(ann)
        assert (ann.trust(item.id).auto_run, ann.trust(item.id).reason) == (
            False,
            "edited_by_other",
        )
        assert not ann.trust(_duplicate(ann, copied.id)).auto_run
        ann.save(item.id, 2, "theirs, saved by ann unrun")
        assert ann.trust(item.id).reason == "edited_by_other"
        _trust(ann, item.id, 3, "ran")
        ann.save(item.id, 3, "ann's")
        assert ann.trust(item.id).auto_run
        _restore(ann, item.id, 2, base=4)
        assert not ann.trust(item.id).auto_run
        own = ann.create("c", "ann's")
        ann.save(own.id, 1, "ann's too")
        assert ann.trust(own.id).auto_run
        assert ann.trust(_duplicate(ann, own.id)).auto_run

    def test_a_run_long_ago_covers_what_came_before_it(self, ann: Desk) -> None:
        item = ann.create("a", "one", origin="imported")
        _trust(ann, item.id, 1, "ran")
        for version in range(1, 6):
            ann.save(item.id, version, f"own {version}")
        assert ann.trust(item.id).auto_run
        # Looking at an older version again takes nothing back.
        _trust(ann, item.id, 1, "ran")
        assert ann.trust(item.id).auto_run


class TestPurge:
    def test_only_what_was_deleted_long_enough_ago(self, ann: Desk) -> None:
        kept, gone = ann.create("kept", "same"), ann.create("gone", "same")
        ann.save(gone.id, 1, "its own")
        ann.draft(gone.id, "draft", base=2, after=None)
        ann.delete(gone.id)
        assert ann.run(lambda uow: purge_expired(uow, now() - timedelta(days=30))) == 0
        assert ann.run(lambda uow: purge_expired(uow, now() + timedelta(seconds=1))) == 1
        assert ann.code(kept.id) == "same"
        assert ann.used("storage") == ann.stored() > 0
        assert ann.used("workflows") == 1
        assert _list(ann, Shape(scope="deleted")) == []

    def test_in_steps(self, ann: Desk) -> None:
        for number in range(5):
            ann.delete(ann.create(f"n{number}", str(number)).id)
        later = now() + timedelta(seconds=1)
        steps = [ann.run(lambda uow: purge_expired(uow, later, limit=2)) for _ in range(4)]
        assert steps == [2, 2, 1, 0]
        assert ann.used("storage") == ann.stored() == 0


class TestDrafts:
    def test_each_person_has_their_own(self, ann: Desk, amy: Desk) -> None:
        item = ann.create("a")
        ann.share(item.id, amy, "edit")
        ann.draft(item.id, "ann's", base=1, after=None)
        amy.draft(item.id, "amy's", base=1, after=None)
        with pytest.raises(DraftConflict) as caught:
            ann.draft(item.id, "old tab", base=1, after=None)
        assert caught.value.extra["current"]["revision"] == 1
        ann.save(item.id, 1, "saved")
        view = amy.run(lambda uow: amy.workflows.drafts.get(uow, amy.actor, item.id))
        assert (view.values["stale"], view.values["base_version"]) == (True, 1)


class TestNames:
    def test_a_projects_objects_have_names_of_their_own(self, ann: Desk) -> None:
        project = ann.run(lambda uow: ann.projects.create(uow, ann.actor, ProjectCreate(name="P")))
        inside = ann.create("A", project_id=str(project.id))
        outside = ann.create("a")
        with pytest.raises(NameTaken):
            _patch(ann, outside.id, project_id=project.id)
        with pytest.raises(NameTaken):
            _patch(ann, inside.id, project_id=None)
        _patch(ann, inside.id, project_id=None, name="b")

    def test_anothers_project_is_unknown(self, ann: Desk, amy: Desk) -> None:
        project = ann.run(lambda uow: ann.projects.create(uow, ann.actor, ProjectCreate(name="P")))
        with pytest.raises(Exception, match="refused"):
            amy.create("a", project_id=str(project.id))


def _only(desk: Desk, name: str) -> UUID:
    (item,) = _list(desk, Shape(name=True), name=name)
    id: UUID = item.id
    return id


def _list(desk: Desk, shape: Shape, **values: Any) -> list[Any]:
    return desk.run(
        lambda uow: desk.workflows.saved.page(uow, desk.actor, shape, values, limit=200),
        writes=False,
    )[0]


def _patch(desk: Desk, id: UUID, **members: Any) -> None:
    patch = SavedPatch(**members)
    desk.run(lambda uow: desk.workflows.saved.patch(uow, desk.actor, id, patch, base=None))


def _restore(desk: Desk, id: UUID, version: int, base: int) -> None:
    desk.run(lambda uow: desk.workflows.history.restore(uow, desk.actor, id, version, base=base))


def _take_back(desk: Desk) -> None:
    """Whoever had the account until now was somebody else."""
    users, person = TABLES["users"].c, desk.actor
    desk.run(
        lambda uow: uow.execute(
            update(TABLES["users"])
            .where(users.tenant_id == person.tenant_id, users.id == person.user_id)
            .values(taken_back_at=now())
        )
    )


def _duplicate(desk: Desk, id: UUID) -> UUID:
    return desk.run(
        lambda uow: desk.workflows.lifecycle.duplicate(uow, desk.actor, id, DuplicateRequest())
    ).id


def _trust(desk: Desk, id: UUID, version: int, act: Any) -> None:
    put = TrustPut(version=version, act=act)
    desk.run(lambda uow: desk.workflows.history.trust(uow, desk.actor, id, put))
