"""Refresh tokens: many tabs, lost answers, sleeping laptops and moved clocks do no harm; old tokens end it all."""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quantlab_server.auth.refresh_tokens import (
    new_refresh_token,
    open_successor,
    parse_refresh_token,
    seal_successor,
)
from quantlab_server.sessions.repository import refreshing
from quantlab_server.sessions.tasks import purge
from tests.unit.auth.world import Answer, World

DAY = 86_400.0


@pytest.fixture
def first(world: World) -> str:
    """A fresh session's refresh token."""
    return begin(world)


def begin(world: World) -> str:
    token: str = fresh(world)["refresh_token"]
    return token


def fresh(world: World) -> Any:
    """A new person; names differ from test to test, as the PostgreSQL database is one for all."""
    world.clock.move(3601)  # out of the window for registrations of one address
    return world.register(f"r{secrets.token_hex(6)}")


def use(world: World, token: str) -> str:
    answer = world.refresh(token)
    assert answer.status == 200, answer.json
    successor: str = answer.json["refresh_token"]
    assert world.is_signed_in(answer.json["access_token"])
    return successor


def assert_reused(world: World, answer: Answer, *family: str) -> None:
    assert (answer.status, answer.code) == (401, "token_reused")
    for token in family:
        assert world.refresh(token).status == 401


def test_a_token_leads_to_another_one(world: World, first: str) -> None:
    second = use(world, first)
    third = use(world, second)
    assert len({first, second, third}) == 3


def test_the_direct_parent_leads_to_the_same_successor_until_that_is_used(
    world: World, first: str
) -> None:
    second = use(world, first)
    for seconds in (0, 11, 3600, 5 * DAY):
        world.clock.move(seconds)
        assert use(world, first) == second


def test_ten_seconds_after_the_successor_was_used_its_parent_is_stolen(
    world: World, first: str
) -> None:
    second = use(world, first)
    third = use(world, second)
    world.clock.move(10)
    assert use(world, first) == second
    world.clock.move(0.1)
    assert_reused(world, world.refresh(first), second, third)


def test_a_grandparent_ends_the_session_and_is_recorded(world: World) -> None:
    tokens = fresh(world)
    chain = [tokens["refresh_token"]]
    for _ in range(3):
        chain.append(use(world, chain[-1]))
        world.clock.move(60)
    assert_reused(world, world.refresh(chain[0]), *chain)
    assert not world.is_signed_in(tokens["access_token"])
    event = world.events(tokens["user"])[0]
    assert event["tag"] == "account:session:token_reused"
    assert event["address"] == "192.0.2.1"


def test_reuse_ends_one_session_and_no_other(world: World) -> None:
    tokens = fresh(world)
    other = world.log_in(tokens["user"]["username"]).json
    second = use(world, tokens["refresh_token"])
    third = use(world, second)
    world.clock.move(60)
    assert_reused(world, world.refresh(tokens["refresh_token"]), third)
    use(world, other["refresh_token"])


def test_twelve_tabs_refreshing_at_once_stay_signed_in(world: World, first: str) -> None:
    async def tabs() -> list[Answer]:
        body = {"refresh_token": first}
        return await asyncio.gather(*(world.send("POST", "/auth/refresh", body) for _ in range(12)))

    answers = world.run(tabs())
    assert [answer.status for answer in answers] == [200] * 12
    assert len({answer.json["refresh_token"] for answer in answers}) == 1
    assert len({answer.json["access_token"] for answer in answers}) == 12
    use(world, answers[0].json["refresh_token"])


def test_two_processes_agree_on_the_successor(make: Callable[..., World]) -> None:
    one, two = make(), make()
    first = begin(one)
    two.clock.now = one.clock.now

    async def both() -> list[Answer]:
        body = {"refresh_token": first}
        sends = [world.send("POST", "/auth/refresh", body) for world in (one, two) * 6]
        return await asyncio.gather(*sends)

    answers = one.run(both())
    assert {answer.status for answer in answers} == {200}
    assert len({answer.json["refresh_token"] for answer in answers}) == 1


def test_a_laptop_that_wakes_with_an_old_tab(world: World, first: str) -> None:
    """The answer to the last refresh was lost when the lid closed; days later the tab sends the same token."""
    second = use(world, first)
    world.clock.move(6 * DAY)
    assert use(world, first) == second
    use(world, second)


def test_a_laptop_asleep_for_longer_than_the_idle_time_signs_in_again(
    world: World, first: str
) -> None:
    second = use(world, first)
    world.clock.move(7 * DAY + 1)
    for token in (first, second):
        answer = world.refresh(token)
        assert (answer.status, answer.code) == (401, "session_ended")


def test_a_lost_answer_is_kept_as_long_as_what_it_led_to(world: World, first: str) -> None:
    """The answer is lost on the last day of a token, and the laptop sleeps longer than cleaning up takes."""
    world.clock.move(6.9 * DAY)
    second = use(world, first)
    world.clock.move(3 * DAY)
    parsed = parse_refresh_token(first)
    assert parsed is not None
    with world.services.database.transaction(
        tenant_id=parsed.tenant_id, user_id=parsed.user_id
    ) as uow:
        purge(uow, datetime.fromtimestamp(world.clock.now, UTC) - timedelta(days=1))
    assert use(world, first) == second


def test_thirty_days_are_the_end_however_often_it_is_used(world: World, first: str) -> None:
    token = first
    for _ in range(29):
        world.clock.move(DAY)
        token = use(world, token)
    world.clock.move(DAY - 1)
    token = use(world, token)
    world.clock.move(2)
    assert world.refresh(token).code == "session_ended"


def test_a_clock_set_back_signs_nobody_out(world: World, first: str) -> None:
    second = use(world, first)
    world.clock.move(-3600)
    third = use(world, second)
    assert use(world, second) == third
    world.clock.move(5)
    use(world, third)


def test_a_clock_set_back_opens_no_window_for_old_tokens(world: World, first: str) -> None:
    chain = [first]
    for _ in range(4):
        chain.append(use(world, chain[-1]))
        world.clock.move(60)
    world.clock.move(-3600)
    assert_reused(world, world.refresh(chain[0]), *chain)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "qlr_",
        "qlr_" + "A" * 86,
        "qlr_" + "é" * 86,
        "qlr_" + "A" * 85 + "=",
        "A" * 512,
        "eyJhbGciOiJIUzI1NiJ9.e30.x",
    ],
)
def test_what_is_no_token_is_refused_alike(world: World, text: str) -> None:
    answer = world.refresh(text)
    assert answer.status == 401
    assert answer.cookies == {}


def test_a_token_with_another_tenant_or_user_in_it_finds_nothing(world: World, first: str) -> None:
    mine, other = parse_refresh_token(first), parse_refresh_token(begin(world))
    assert mine is not None
    assert other is not None
    secret = parse_secret(first)
    for tenant_id, user_id in (
        (other.tenant_id, mine.user_id),
        (mine.tenant_id, other.user_id),
        (other.tenant_id, other.user_id),
        (UUID(int=0), UUID(int=0)),
    ):
        answer = world.refresh(build(tenant_id, user_id, secret))
        assert (answer.status, answer.code) == (401, "session_ended")
    use(world, first)


def test_access_and_refresh_tokens_are_not_taken_for_each_other(world: World) -> None:
    tokens = fresh(world)
    assert not world.is_signed_in(tokens["refresh_token"])
    assert world.refresh(tokens["access_token"]).status in (401, 422)


def test_nothing_stored_can_be_used(world: World) -> None:
    """The database holds hashes, and successors that only their parents open."""
    first = begin(world)
    second = use(world, first)
    parsed, other = parse_refresh_token(first), parse_refresh_token(second)
    assert parsed is not None
    assert other is not None
    with world.services.database.transaction(
        tenant_id=parsed.tenant_id, user_id=parsed.user_id, writes=False
    ) as uow:
        row = refreshing.get_token(uow, parsed.tenant_id, parsed.hash)
        assert row is not None
        assert row.successor_cipher is not None
        assert second.encode() not in row.successor_cipher
        assert open_successor(parsed, row.successor_cipher) == other
        assert open_successor(other, row.successor_cipher) is None
    third = use(world, second)
    world.clock.move(60)
    use(world, third)
    with world.services.database.transaction(
        tenant_id=parsed.tenant_id, user_id=parsed.user_id, writes=False
    ) as uow:
        row = refreshing.get_token(uow, parsed.tenant_id, parsed.hash)
        assert row is not None
        assert row.successor_cipher is None


def test_the_envelope_is_bound_to_its_parent() -> None:
    tenant, user = UUID(int=1), UUID(int=2)
    parent, successor, other = (new_refresh_token(tenant, user) for _ in range(3))
    sealed = seal_successor(parent, successor)
    assert open_successor(parent, sealed) == successor
    assert open_successor(other, sealed) is None
    for place in range(len(sealed)):
        changed = sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
        assert open_successor(parent, changed) is None
    assert open_successor(parent, b"") is None


# What a browser with several tabs and a bad connection does: (tab, seconds that pass, is the answer lost).
STEPS = st.lists(
    st.tuples(st.integers(0, 5), st.sampled_from([0.0, 0.5, 3.0, 9.0]), st.booleans()),
    min_size=1,
    max_size=25,
)


@given(STEPS, st.sampled_from([0.0, 60.0, -600.0]))
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_honest_tabs_are_never_signed_out(
    world: World, steps: list[tuple[int, float, bool]], jump: float
) -> None:
    """Tabs share one cookie jar; an answer may be lost, and a request may have left with the previous cookie."""
    jar = previous = begin(world)
    changed_at = world.clock.now
    for number, (tab, seconds, lost) in enumerate(steps):
        world.clock.move(seconds)
        if number == len(steps) // 2:
            world.clock.move(jump)
            previous = jar
        # Odd tabs sent their request just before the jar changed; no request travels longer than nine seconds.
        late = tab % 2 == 1 and world.clock.now - changed_at <= 9.0
        sent = previous if late else jar
        answer = world.refresh(sent)
        assert answer.status == 200, (number, answer.json)
        if not lost and answer.json["refresh_token"] != jar:
            previous, jar, changed_at = jar, answer.json["refresh_token"], world.clock.now


@given(st.integers(2, 6), st.data())
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_every_older_ancestor_ends_the_session(
    world: World, length: int, data: st.DataObject
) -> None:
    chain = [begin(world)]
    for _ in range(length):
        chain.append(use(world, chain[-1]))
        world.clock.move(30)
    stolen = data.draw(st.integers(0, length - 2))
    assert_reused(world, world.refresh(chain[stolen]), *chain)


def parse_secret(text: str) -> bytes:
    return base64.urlsafe_b64decode(text[4:] + "==")[32:]


def build(tenant_id: UUID, user_id: UUID, secret: bytes) -> str:
    raw = tenant_id.bytes + user_id.bytes + secret
    return "qlr_" + base64.urlsafe_b64encode(raw).decode().rstrip("=")
