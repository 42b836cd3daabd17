"""Several writers at once, on both databases: nothing acknowledged is lost, numbers have no gaps, limits are exact."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from quantlab_ext.schemas.saved import SavedItem, SavedPatch
from quantlab_server.config import Settings
from quantlab_server.db.base import now
from quantlab_server.db.engine import Database
from quantlab_server.errors import (
    DraftConflict,
    NameTaken,
    NotFound,
    QuotaExceeded,
    VersionConflict,
)
from quantlab_server.versioning.content import decode
from quantlab_server.versioning.lifecycle import purge_expired
from quantlab_server.versioning.repository import versions
from tests.support.database import People
from tests.support.library import Desk, make_desk

WRITERS = 4


@pytest.fixture(params=["one service", "two services", "one connection"])
def desks(
    request: pytest.FixtureRequest,
    settings: Settings,
    database: Database,
    people: People,
    open_database: Callable[[Settings], Database],
) -> list[Desk]:
    """Ann at several desks: threads of one service, or services of their own, or all on one connection."""
    if request.param == "one service":
        found = [database] * WRITERS
    elif request.param == "two services":
        second = open_database(settings)
        found = [database, second] * (WRITERS // 2)
    else:
        settings.database.pool_size = 1
        settings.database.pool_timeout = 30
        found = [open_database(settings)] * WRITERS
    return [make_desk(settings, one, people.ann, "ann") for one in found]


def together(desks: list[Desk], work: Callable[[Desk, int], Any]) -> list[Any]:
    """Run ``work`` at every desk at the same time; its results. Errors come out."""
    barrier = threading.Barrier(len(desks))

    def one(desk: Desk, number: int) -> Any:
        barrier.wait(30)
        return work(desk, number)

    with ThreadPoolExecutor(len(desks)) as pool:
        return list(pool.map(one, desks, range(len(desks))))


def test_acknowledged_saves_are_never_lost(desks: list[Desk]) -> None:
    item = desks[0].create("contended", "start")

    def work(desk: Desk, number: int) -> dict[int, str]:
        acknowledged: dict[int, str] = {}
        base = 1
        while len(acknowledged) < 10:
            code = f"writer {number}, save {len(acknowledged)}"
            try:
                saved = desk.save(item.id, base, code)
            except VersionConflict as conflict:
                base = conflict.extra["current"]["version"]
                continue
            base = saved.item.version
            acknowledged[base] = code
        return acknowledged

    results = together(desks, work)
    acknowledged = {version: code for result in results for version, code in result.items()}
    assert sorted(acknowledged) == list(range(2, 2 + 10 * WRITERS))
    desk = desks[0]
    for version, code in acknowledged.items():
        row = desk.run(
            lambda uow, n=version: versions.get(uow, desk.actor.tenant_id, item.id, n),
            writes=False,
        )
        assert decode(row.data) == code
    assert desk.used("storage") == desk.stored()


def test_limits_are_exact(settings: Settings, desks: list[Desk]) -> None:
    settings.quotas.tiers = {"free": {**settings.quotas.tiers["free"], "workflows": 10}}

    def work(desk: Desk, number: int) -> int:
        made = 0
        for attempt in range(8):
            try:
                desk.create(f"{number}-{attempt}", f"{number} {attempt}")
                made += 1
            except QuotaExceeded:
                continue
        return made

    assert sum(together(desks, work)) == 10
    assert desks[0].used("workflows") == 10
    assert desks[0].used("storage") == desks[0].stored()


def test_one_of_them_gets_the_name(desks: list[Desk]) -> None:
    def work(desk: Desk, number: int) -> int:
        made = 0
        for attempt in range(6):
            try:
                desk.create(f"name {attempt}", f"{number}")
                made += 1
            except NameTaken:
                continue
        return made

    assert sum(together(desks, work)) == 6
    assert desks[0].used("workflows") == 6
    assert desks[0].used("storage") == desks[0].stored()


def test_one_tab_wins_each_revision_of_a_draft(desks: list[Desk]) -> None:
    item = desks[0].create("drafted", "start")

    def work(desk: Desk, number: int) -> list[int]:
        won: list[int] = []
        after: int | None = None
        for attempt in range(12):
            try:
                after = desk.draft(item.id, f"tab {number}.{attempt}", base=1, after=after)
                won.append(after)
            except DraftConflict as conflict:
                after = conflict.extra["current"]["revision"]
        return won

    won = sorted(revision for result in together(desks, work) for revision in result)
    assert won == list(range(1, len(won) + 1))
    assert desks[0].used("storage") == desks[0].stored()


def test_throwing_a_draft_away_never_takes_a_newer_one(desks: list[Desk]) -> None:
    item = desks[0].create("draft")
    for turn in range(30):
        revision = desks[0].draft(item.id, f"{turn} old", base=1, after=None)
        written: list[int] = []

        def work(
            desk: Desk,
            number: int,
            turn: int = turn,
            revision: int = revision,
            written: list[int] = written,
        ) -> None:
            try:
                if number == 0:
                    drafts = desk.workflows.drafts
                    desk.run(
                        lambda uow: drafts.discard(uow, desk.actor, item.id, revision=revision)
                    )
                else:
                    written.append(desk.draft(item.id, f"{turn} new", base=1, after=revision))
            except DraftConflict:
                pass

        together(desks[:2], work)
        kept = draft_of(desks[0], item.id)
        # Either the old one went, or the new one was acknowledged and is there.
        assert kept == (f"{turn} new" if written else None)
        if written:
            desks[0].run(
                lambda uow: desks[0].workflows.drafts.discard(
                    uow, desks[0].actor, item.id, revision=None
                )
            )


def draft_of(desk: Desk, id: UUID) -> str | None:
    """What the stored draft says."""
    try:
        view = desk.run(lambda uow: desk.workflows.drafts.get(uow, desk.actor, id), writes=False)
    except NotFound:
        return None
    content: str = json.loads(b"".join(view.pieces()))["content"]
    return content


def test_changes_of_different_members_all_stay(desks: list[Desk]) -> None:
    item = desks[0].create("patched")
    members: list[dict[str, Any]] = [
        {"description": "d"},
        {"tags": ["t"]},
        {"pinned": True},
        {"name": "renamed"},
    ]

    def work(desk: Desk, number: int) -> None:
        patch = SavedPatch(**members[number])
        desk.run(lambda uow: desk.workflows.saved.patch(uow, desk.actor, item.id, patch, base=None))

    together(desks, work)
    desk = desks[0]
    opened = desk.run(lambda uow: desk.workflows.saved.open(uow, desk.actor, item.id)).item
    assert (opened.description, opened.tags, opened.pinned, opened.name) == (
        "d",
        ["t"],
        True,
        "renamed",
    )


def test_everything_at_once_adds_up(desks: list[Desk]) -> None:
    """Saves, drafts, deletions, purges and new objects that share contents; then the books are checked."""
    shared = [f"shared content {number}" for number in range(3)]
    items = [desks[0].create(f"object {number}", shared[0]) for number in range(4)]
    alive: set[Any] = {item.id for item in items}
    lock = threading.Lock()

    def step(desk: Desk, dice: random.Random, item: SavedItem) -> None:
        act = dice.randrange(6)
        if act == 0:
            desk.save(item.id, dice.randrange(1, 6), dice.choice(shared))
        elif act == 1:
            desk.draft(item.id, dice.choice(shared), base=1, after=dice.choice([None, 1, 2]))
        elif act == 2:
            made = desk.create(f"new {dice.random()}", dice.choice(shared))
            with lock:
                alive.add(made.id)
        elif act == 3:
            desk.delete(item.id, permanent=dice.random() < 0.5)
            with lock:
                alive.discard(item.id)
        elif act == 4:
            desk.run(lambda uow: purge_expired(uow, now() + timedelta(seconds=1), limit=2))
        else:
            desk.code(item.id)

    def work(desk: Desk, number: int) -> None:
        dice = random.Random(number)
        for _ in range(25):
            try:
                step(desk, dice, dice.choice(items))
            except (VersionConflict, DraftConflict, NotFound):
                continue

    together(desks, work)
    desk = desks[0]
    assert desk.used("storage") == desk.stored()
    assert desk.used("workflows") == len(alive)
    for id in alive:
        assert desk.code(id) in shared


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    """Every writer came back."""
    before = threading.active_count()
    yield
    assert threading.active_count() <= before + 1
