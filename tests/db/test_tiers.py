"""Tiers: given for ever or for a time, they fall back by themselves, wherever they are asked for."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from quantlab_server.accounts import repository
from quantlab_server.accounts.account import Account
from quantlab_server.accounts.tiers import set_tier, tier_names
from quantlab_server.config import Settings
from quantlab_server.db.base import now
from quantlab_server.db.engine import Database
from quantlab_server.errors import Invalid, QuotaExceeded
from quantlab_server.versioning.repository import people as repository_of_people
from tests.support.database import People, Person
from tests.support.library import make_desk


def account_of(database: Database, person: Person) -> Account:
    with database.transaction(writes=False, **person.context) as uow:
        found = repository.get_account(uow, person.tenant_id, person.user_id)
    assert found is not None
    return found


def write_tier(database: Database, person: Person, tier: str, until: datetime | None) -> None:
    """As it is stored, also where no service would take it any more."""
    with database.transaction(**person.context) as uow:
        values = {"tier": tier, "tier_expires_at": until}
        repository.update_user(uow, person.tenant_id, person.user_id, values)


def test_it_holds_until_its_end(database: Database, people: People) -> None:
    later, past = now() + timedelta(days=1), now() - timedelta(seconds=1)
    for until, tier, shown in ((None, "pro", None), (later, "pro", later), (past, "free", None)):
        write_tier(database, people.ann, "pro", until)
        account = account_of(database, people.ann)
        assert (account.tier, account.tier_until) == (tier, shown)


def test_an_editor_is_held_by_what_the_owners_tier_is_now(
    settings: Settings, database: Database, people: People
) -> None:
    ann = make_desk(settings, database, people.ann, "ann")
    amy = make_desk(settings, database, people.amy, "amy")
    item = ann.create("shared")
    ann.share(item.id, amy, "edit")

    def seen() -> str | None:
        return amy.run(
            lambda uow: repository_of_people.tier_of(uow, people.amy.tenant_id, people.ann.user_id),
            writes=False,
        )

    settings.quotas.tiers = {"free": {"storage": ann.used("storage")}}
    write_tier(database, people.ann, "pro", now() + timedelta(days=1))
    assert seen() == "pro"
    amy.save(item.id, 1, "more than the free tier has room for")
    write_tier(database, people.ann, "pro", now() - timedelta(seconds=1))
    assert seen() == "free"
    with pytest.raises(QuotaExceeded):
        amy.save(item.id, 2, "and still more")


def test_only_tiers_that_there_are_are_given(
    settings: Settings, database: Database, people: People
) -> None:
    settings.quotas.tiers = {"desk": {"layouts": 7}}
    assert tier_names(settings.quotas) == ["desk", "free", "pro", "team"]
    account = account_of(database, people.ann)

    def give(tier: str, until: datetime | None = None) -> None:
        with database.transaction(**people.ann.context) as uow:
            set_tier(uow, account, tier, until, settings.quotas)

    for tier, until, fields in (
        ("gold", None, ["tier"]),
        ("local", None, ["tier"]),
        ("pro", now(), ["tier_expires_at"]),
        ("", now(), ["tier", "tier_expires_at"]),
    ):
        with pytest.raises(Invalid) as refused:
            give(tier, until)
        assert [field["path"] for field in refused.value.fields or []] == fields
    assert account_of(database, people.ann).tier == "free"
    give("desk")
    assert account_of(database, people.ann).tier == "desk"
    assert settings.quotas.limits_of("desk")["layouts"] == 7
    assert settings.quotas.limits_of("desk")["workflows"] == 1_000


def test_changing_one_limit_of_a_tier_keeps_its_others(settings: Settings) -> None:
    before = settings.quotas.limits_of("pro")
    settings.quotas.tiers = {"pro": {"layouts": 9}}
    assert settings.quotas.limits_of("pro") == {**before, "layouts": 9}
