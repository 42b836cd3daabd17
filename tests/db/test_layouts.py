"""Chart layouts on both databases: limits, what a purge clears, what an editor's save does, old documents."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest

from quantlab_ext.schemas.saved import SavedItem
from quantlab_server.accounts import repository as accounts
from quantlab_server.config import Settings
from quantlab_server.db.base import now
from quantlab_server.db.engine import Database
from quantlab_server.errors import QuotaExceeded, VersionConflict
from quantlab_server.layouts.codec import LayoutCodec
from quantlab_server.layouts.resource import LAYOUTS, decode_create, decode_draft, decode_update
from quantlab_server.transfer.writer import to_files
from quantlab_server.versioning import views
from quantlab_server.versioning.content import Submitted, by_kind, canonical_json
from quantlab_server.versioning.history import compare_stored, merge_stored
from quantlab_server.versioning.library import SavedService
from quantlab_server.versioning.lifecycle import purge_expired
from quantlab_server.versioning.names import like_pattern
from quantlab_server.versioning.repository.lists import Shape
from tests.support.database import People
from tests.support.layouts import chart, layout
from tests.support.library import Desk, make_desk


@dataclass(frozen=True)
class Charts:
    """A person's layouts: short forms of what the endpoints do."""

    desk: Desk
    service: SavedService

    def create(self, name: str, document: Any) -> SavedItem:
        body = decode_create(json.dumps({"name": name, "document": document}).encode())
        return self.desk.run(lambda uow: self.service.create(uow, self.desk.actor, body))

    def save(self, id: UUID, base: int, document: Any, **more: Any) -> int:
        body = decode_update(json.dumps({"document": document, **more}).encode())
        saved = self.desk.run(
            lambda uow: self.service.save(uow, self.desk.actor, id, body, base=base)
        )
        return saved.item.version

    def delete(self, id: UUID, *, permanent: bool = False) -> None:
        lifecycle = self.service.lifecycle
        act = lifecycle.destroy if permanent else lifecycle.delete
        self.desk.run(lambda uow: act(uow, self.desk.actor, id, base=None))

    def found(self, q: str, **shape: Any) -> list[str]:
        """Names of layouts that a search finds."""
        values = {"q": like_pattern(q, anywhere=True)}
        items, _ = self.desk.run(
            lambda uow: self.service.saved.page(
                uow, self.desk.actor, Shape(q=True, **shape), values, limit=9
            ),
            writes=False,
        )
        return [item.name for item in items]

    def default(self) -> UUID | None:
        """The default layout in the person's profile."""
        actor = self.desk.actor
        account = self.desk.run(
            lambda uow: accounts.get_account(uow, actor.tenant_id, actor.user_id), writes=False
        )
        assert account is not None
        return account.default_layout_id

    def make_default(self, id: UUID) -> None:
        actor, values = self.desk.actor, {"default_layout_id": id}
        self.desk.run(lambda uow: accounts.update_user(uow, actor.tenant_id, actor.user_id, values))


@pytest.fixture
def ann(settings: Settings, database: Database, people: People) -> Charts:
    desk = make_desk(settings, database, people.ann, "ann")
    return Charts(desk, SavedService(LAYOUTS, settings, desk.projects))


@pytest.fixture
def amy(settings: Settings, database: Database, people: People) -> Charts:
    desk = make_desk(settings, database, people.amy, "amy")
    return Charts(desk, SavedService(LAYOUTS, settings, desk.projects))


def test_the_limit_is_exact(settings: Settings, ann: Charts) -> None:
    settings.quotas.tiers = {"free": {"layouts": 5}}
    refused: list[int] = []
    ready = threading.Barrier(8)

    def create(number: int) -> None:
        ready.wait()
        try:
            ann.create(f"n{number}", layout())
        except QuotaExceeded as error:
            refused.append(error.extra["limit"])

    threads = [threading.Thread(target=create, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == [5, 5, 5]
    assert (ann.desk.used("layouts"), ann.desk.used("workflows")) == (5, 0)
    assert ann.desk.used("storage") == ann.desk.stored()
    # What the configuration does not name is limited as without it.
    assert settings.quotas.limits_of("free")["workflows"] == 1000
    assert settings.quotas.limits_of("unheard of")["layouts"] == 5


def test_a_purge_clears_the_default_layout(ann: Charts) -> None:
    first, second = ann.create("a", layout()), ann.create("b", layout())
    ann.make_default(first.id)
    ann.delete(first.id)
    ann.delete(second.id)
    assert ann.default() == first.id
    assert ann.desk.run(lambda uow: purge_expired(uow, now() + timedelta(seconds=1))) == 2
    assert ann.default() is None


def test_a_purge_of_another_layout_does_not(ann: Charts) -> None:
    first, second = ann.create("a", layout()), ann.create("b", layout())
    ann.make_default(first.id)
    ann.delete(second.id, permanent=True)
    assert ann.default() == first.id


def test_an_editors_save_is_found_by_its_symbols(ann: Charts, amy: Charts) -> None:
    item = ann.create("Shared", layout(chart("SAMPLE:AAPL")))
    ann.desk.share(item.id, amy.desk, "edit")
    assert amy.found("aapl", scope="shared") == ["Shared"]
    assert amy.save(item.id, 1, layout(chart("SAMPLE:MSFT"))) == 2
    assert (ann.found("aapl"), ann.found("msft")) == ([], ["Shared"])
    assert amy.save(item.id, 2, layout(chart("SAMPLE:KO")), description="hers") == 3
    assert (ann.found("msft"), ann.found("ko"), ann.found("hers")) == ([], ["Shared"], ["Shared"])
    with pytest.raises(VersionConflict):
        ann.save(item.id, 2, layout())
    assert ann.desk.used("storage") == ann.desk.stored()


class Later(LayoutCodec):
    """The codec of a later release, which calls time frames otherwise."""

    def upgrade(self, canonical: bytes) -> bytes:
        value = orjson.loads(canonical)
        for one in value["charts"]:
            one["timeframe"] = {"1D": "1 day"}.get(one["timeframe"], one["timeframe"])
        return canonical_json(value)

    def clean(self, value: Any, path: str) -> dict[str, Any]:
        cleaned: dict[str, Any] = value
        return cleaned


def test_what_an_older_release_wrote_is_read_in_todays_form(
    settings: Settings, ann: Charts
) -> None:
    """Wherever content leaves the store: opening, versions, drafts, conflicts, differences, merges, export."""
    item = ann.create("a", layout(chart(timeframe="1D")))
    ann.save(item.id, 1, layout(chart(timeframe="1D", volume=False)))
    draft = _draft(2, layout(chart(timeframe="1D", style="line")))
    actor, run = ann.desk.actor, ann.desk.run
    put = {"after": None, "base": 2, "content": draft.require_content()}
    run(lambda uow: ann.service.drafts.put(uow, actor, item.id, **put))
    resource = replace(LAYOUTS, codecs=by_kind((Later(),)))
    later = SavedService(resource, settings, ann.desk.projects)
    codec = resource.codecs["layout"]

    def frame(content: bytes) -> str:
        found: str = orjson.loads(content)["charts"][0]["timeframe"]
        return found

    opened = run(lambda uow: later.saved.open(uow, actor, item.id), writes=False)
    whole = views.with_content(resource, opened.item, opened.data)
    assert frame(whole.content) == "1 day"
    old = run(lambda uow: later.history.get(uow, actor, item.id, 1), writes=False)
    kept = run(lambda uow: later.drafts.get(uow, actor, item.id), writes=False)
    assert {frame(old.content), frame(kept.content)} == {"1 day"}
    assert b'"1 day"' in to_files(codec, [opened.data])[0]
    pair = run(lambda uow: later.history.load_pair(uow, actor, item.id, 1, 2), writes=False)
    assert orjson.loads(compare_stored(pair))["words"] == "volume hidden"
    mine = _draft(1, layout(chart(timeframe="1D", style="area"))).require_content()
    merge = run(lambda uow: later.history.load_merge(uow, actor, item.id, 1, mine), writes=False)
    merged = orjson.loads(merge_stored(merge))
    assert merged["content"]["charts"][0]["timeframe"] == "1 day"
    body: Submitted[Any] = decode_update(json.dumps({"document": layout(chart("X"))}).encode())
    with pytest.raises(VersionConflict) as caught:
        run(lambda uow: later.save(uow, actor, item.id, body, base=1))
    for side in ("current", "base"):
        stored = orjson.dumps(caught.value.extra[side]["document"])
        assert frame(stored) == "1 day"


def _draft(base: int, document: Any) -> Submitted[Any]:
    return decode_draft(json.dumps({"base_version": base, "content": document}).encode())
