"""Personal API tokens: their form, what they may do, and everything that ends them."""

from __future__ import annotations

import asyncio
import string
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from quantlab_server.auth import scopes
from quantlab_server.auth.actor import Actor, ActorKind
from quantlab_server.auth.api_token_text import LENGTH, hint_of, is_api_token, new_api_token
from quantlab_server.auth.authenticator import Authenticator
from quantlab_server.auth.revocation import Revoked
from quantlab_server.auth.scopes import Scope
from quantlab_server.config import LimitSettings
from quantlab_server.errors import NotFound
from quantlab_server.http.dispatch import Dispatcher
from quantlab_server.http.endpoint import Endpoint
from quantlab_server.models.account import ApiToken
from quantlab_server.routes import build_table
from quantlab_server.sessions import tasks
from tests.unit.auth.world import PASSWORD, Answer, World, unique

READ = [Scope.WORKFLOWS_READ.value, Scope.PROFILE_READ.value]


@pytest.fixture
def anna(world: World) -> Any:
    return world.register(unique())


def make_token(world: World, person: Any, wanted: list[str] | None = None, **more: Any) -> Any:
    body = {"name": "nightly", "scopes": wanted or READ, **more}
    answer = world.call("POST", "/auth/api-tokens", body, token=person["access_token"])
    assert answer.status == 201, answer.json
    return answer.json


def works(world: World, token: str, path: str = "/workflows") -> bool:
    return world.call("GET", path, bearer=token, host_user=None).status == 200


def test_a_token_has_the_documented_form() -> None:
    token = new_api_token()
    assert token.startswith("qlp_")
    assert set(token[4:]) <= set(string.ascii_letters + string.digits)
    assert is_api_token(token)
    assert token.startswith(hint_of(token))
    assert len(hint_of(token)) == 8
    assert len({new_api_token() for _ in range(1000)}) == 1000


@given(st.integers(4, LENGTH - 1), st.sampled_from(string.ascii_letters + string.digits))
def test_one_wrong_character_is_told_by_the_checksum(place: int, char: str) -> None:
    token = new_api_token()
    changed = token[:place] + char + token[place + 1 :]
    assert is_api_token(changed) is (changed == token)


@given(st.text())
def test_no_text_is_a_token_or_an_error(text: str) -> None:
    assert not is_api_token(text)
    assert not is_api_token("qlp_" + text)


@given(st.integers(0, LENGTH - 1), st.text(min_size=1, max_size=3))
def test_truncated_and_lengthened_tokens_are_none(length: int, more: str) -> None:
    token = new_api_token()
    assert not is_api_token(token[:length])
    assert not is_api_token(token + more)
    assert not is_api_token(more + token)
    assert not is_api_token(token.swapcase())


def test_a_token_is_shown_once_and_kept_as_a_hash(world: World, anna: Any) -> None:
    made = make_token(world, anna)
    assert is_api_token(made["token"])
    shown = world.call("GET", "/auth/api-tokens", token=anna["access_token"]).json
    assert shown["items"] == [made["api_token"]]
    assert made["token"] not in str(shown)
    assert made["api_token"]["scopes"] == sorted(READ)
    (event,) = [e for e in world.events(anna["user"]) if "api_token" in e["tag"]]
    assert event["detail"] == {"name": "nightly", "scopes": sorted(READ)}
    assert made["token"] not in str(world.events(anna["user"]))


def test_it_does_what_its_scopes_say_by_either_header(world: World, anna: Any) -> None:
    token = make_token(world, anna)["token"]
    for how in ({"bearer": token}, {"token": token}):
        for host_user in (None, "somebody"):
            options = {**how, "host_user": host_user}
            assert world.call("GET", "/workflows", **options).status == 200
            assert world.call("GET", "/auth/profile", **options).json["user"] == anna["user"]
            refused = world.call("GET", "/layouts", **options)
            assert (refused.status, refused.code) == (403, "insufficient_scope")
            body = {"name": "x", "code": "x = 1"}
            assert world.call("POST", "/workflows", body, **options).status == 403


UNDER_AUTH = [
    e
    for e in build_table().endpoints
    if e.path.startswith("/auth/")
    and e.scope is not Scope.PUBLIC
    and (e.method, e.path) != ("GET", "/auth/profile")
]


@pytest.mark.parametrize("endpoint", UNDER_AUTH, ids=lambda e: f"{e.method} {e.path}")
def test_it_opens_nothing_under_auth_but_the_profile(endpoint: Endpoint) -> None:
    if endpoint.path == "/auth/kernel-token":
        assert endpoint.scope not in scopes.API_TOKEN
        return
    assert endpoint.interactive
    assert endpoint.scope not in scopes.API_TOKEN


def test_it_makes_no_tokens_of_any_kind(world: World, anna: Any) -> None:
    token = make_token(world, anna, sorted(scopes.API_TOKEN))["token"]
    for path, body in (
        ("/auth/api-tokens", {"name": "more", "scopes": READ}),
        ("/auth/kernel-token", {}),
        ("/auth/step-up", {"password": PASSWORD}),
    ):
        refused = world.call("POST", path, body, bearer=token)
        assert (refused.status, refused.code) == (403, "interactive_required") or (
            path == "/auth/kernel-token" and refused.code == "insufficient_scope"
        )


@pytest.mark.parametrize("wanted", ["sessions", "api-tokens", "profile:write", "public", "*", "?"])
def test_scopes_beyond_an_api_tokens_are_refused(world: World, anna: Any, wanted: str) -> None:
    body = {"name": "x", "scopes": ["profile:read", wanted]}
    refused = world.call("POST", "/auth/api-tokens", body, token=anna["access_token"])
    assert refused.status == 422
    assert refused.codes == {("scopes.1", "scope_not_allowed")}


def test_scopes_are_cut_to_what_a_token_may_have_now(world: World, anna: Any) -> None:
    """A row of an older or newer version, or one that somebody wrote, gives nothing more."""
    token = make_token(world, anna)["token"]
    user = anna["user"]
    context = {"tenant_id": UUID(user["tenant_id"]), "user_id": UUID(user["id"])}
    with world.services.database.transaction(**context) as uow:
        uow.execute(update(ApiToken).values(scopes="profile:read sessions api-tokens orders:all"))
    for path in ("/auth/sessions", "/auth/api-tokens", "/workflows"):
        assert world.call("GET", path, bearer=token).status == 403
    assert works(world, token, "/auth/profile")


def test_making_and_revoking_need_step_up(world: World, anna: Any) -> None:
    made = make_token(world, anna)["api_token"]
    world.clock.move(301)
    options = {"token": anna["access_token"]}
    body = {"name": "x", "scopes": READ}
    for answer in (
        world.call("POST", "/auth/api-tokens", body, **options),
        world.call("DELETE", f"/auth/api-tokens/{made['id']}", **options),
    ):
        assert (answer.status, answer.code) == (403, "step_up_required")
    assert world.call("GET", "/auth/api-tokens", **options).json["total"] == 1


def test_a_token_ends_with_its_day(world: World, anna: Any) -> None:
    token = make_token(world, anna, expires_in_days=2)["token"]
    world.clock.move(2 * 86400 - 1)
    assert works(world, token)
    world.clock.move(1)
    assert not works(world, token)


@pytest.mark.parametrize("days", [0, -1, 367, 10**9, None, "ten"])
def test_every_token_ends(world: World, anna: Any, days: Any) -> None:
    body = {"name": "x", "scopes": READ, "expires_in_days": days}
    assert world.call("POST", "/auth/api-tokens", body, token=anna["access_token"]).status == 422


def test_revoking_counts_at_once_and_for_the_owner_only(world: World, anna: Any) -> None:
    made, kept = make_token(world, anna), make_token(world, anna)
    boris = world.register(unique())
    address = f"/auth/api-tokens/{made['api_token']['id']}"
    assert works(world, made["token"])
    theirs = world.call("DELETE", address, token=boris["access_token"])
    absent = world.call("DELETE", f"/auth/api-tokens/{uuid4()}", token=boris["access_token"])
    assert (theirs.status, theirs.json) == (absent.status, absent.json)
    assert works(world, made["token"])
    assert world.call("DELETE", address, token=anna["access_token"]).status == 204
    assert not works(world, made["token"])
    assert works(world, kept["token"])
    assert world.call("DELETE", address, token=anna["access_token"]).status == 404


def test_what_ends_sessions_leaves_it_alone(world: World, anna: Any) -> None:
    token = make_token(world, anna)["token"]
    body = {"current_password": PASSWORD, "new_password": "eight grey wolves 92"}
    assert (
        world.call("POST", "/auth/change-password", body, token=anna["access_token"]).status == 200
    )
    assert works(world, token)
    again = world.log_in(anna["user"]["username"], "eight grey wolves 92").json
    world.call("POST", "/auth/logout", {"scope": "all"}, token=again["access_token"])
    assert works(world, token)


def test_a_disabled_persons_tokens_open_nothing(world: World, anna: Any) -> None:
    token = make_token(world, anna)["token"]
    assert works(world, token)
    world.change_user(anna["user"], is_active=False)
    assert not works(world, token)


def test_all_tokens_of_a_person_end_together(world: World, anna: Any) -> None:
    boris = world.register(unique())
    mine, theirs = (
        [make_token(world, anna)["token"] for _ in range(2)],
        make_token(world, boris)["token"],
    )
    assert all(works(world, token) for token in (*mine, theirs))
    context = {
        "tenant_id": UUID(anna["user"]["tenant_id"]),
        "user_id": UUID(anna["user"]["id"]),
    }
    with world.services.database.transaction(**context) as uow:
        assert world.services.api_tokens.end_all(uow, *context.values()) == 2
    assert not any(works(world, token) for token in mine)
    assert works(world, theirs)


def test_last_use_is_kept_coarsely(world: World, anna: Any) -> None:
    token = make_token(world, anna)["token"]

    def shown() -> Any:
        (item,) = world.call("GET", "/auth/api-tokens", token=fresh()).json["items"]
        return item["last_used_at"], item["last_used_address"]

    def fresh() -> str:
        return str(world.log_in(anna["user"]["username"]).json["access_token"])

    assert shown() == (None, None)
    world.call("GET", "/workflows", bearer=token, address="192.0.2.7")
    first = shown()
    assert first[1] == "192.0.2.7"
    for seconds, moved in ((600, False), (601, True)):
        world.clock.move(seconds)
        world.services.authenticator.forget_all()
        assert works(world, token)
        assert (shown()[0] != first[0]) is moved


def test_a_person_has_fifty_at_most(world: World, anna: Any) -> None:
    for _ in range(50):
        make_token(world, anna)
    body = {"name": "x", "scopes": READ}
    refused = world.call("POST", "/auth/api-tokens", body, token=anna["access_token"])
    assert (refused.status, refused.code) == (403, "quota_exceeded")


class Counting:
    """Where tokens are looked up, counted."""

    def __init__(self, source: Any) -> None:
        self.source, self.looked = source, 0

    def live_token(self, text: str, address: str) -> Any:
        self.looked += 1
        return self.source.live_token(text, address)


@dataclass
class CountingWorld(World):
    """A world that counts how often tokens are looked up."""

    source: Any = None


@pytest.fixture
def counting(world: World) -> CountingWorld:
    services, source = world.services, Counting(world.services.api_tokens)
    authenticator = Authenticator(
        services.settings,
        services.database,
        services.identity.tokens,
        services.sessions,
        source,
        services.identity.revocations,
        clock=world.clock,
    )
    counted = replace(services, authenticator=authenticator)
    dispatcher = Dispatcher(counted, build_table())
    return CountingWorld(counted, world.clock, dispatcher, world.runner, source)


def test_what_is_mistyped_is_refused_without_a_question(anna: Any, counting: CountingWorld) -> None:
    token = make_token(counting, anna)["token"]
    wrong = token[:-1] + ("A" if token[-1] != "A" else "B")
    for text in (wrong, token[:-1], token + "A", "qlp_", "qlp_" + "A" * 1_000_000):
        for host_user in (None, "somebody"):
            options = {"token": text, "host_user": host_user}
            assert counting.call("GET", "/workflows", **options).status == 401
    assert counting.source.looked == 0
    assert not works(counting, new_api_token())
    assert counting.source.looked == 1


def test_a_token_seen_before_is_not_looked_up_until_it_is_revoked(
    anna: Any, counting: CountingWorld
) -> None:
    token = make_token(counting, anna)["token"]
    assert [works(counting, token) for _ in range(3)] == [True] * 3
    assert counting.source.looked == 1
    counting.services.identity.revocations.publish(Revoked())
    assert works(counting, token)
    assert counting.source.looked == 2


def test_revoking_while_it_is_used_leaves_no_way_in(world: World, anna: Any) -> None:
    """A look-up that began before the end must not be remembered after it."""
    for _ in range(5):
        made = make_token(world, anna)
        token, id = made["token"], made["api_token"]["id"]

        async def both(token: str = token, id: str = id) -> None:
            used = [world.send("GET", "/workflows", bearer=token) for _ in range(4)]
            ended = world.send("DELETE", f"/auth/api-tokens/{id}", token=anna["access_token"])
            answers = await asyncio.gather(*used[:2], ended, *used[2:])
            assert answers[2].status == 204
            assert {answer.status for answer in answers} <= {200, 204, 401}

        world.run(both())
        assert not works(world, token)


def test_revoking_twice_at_once_counts_once(world: World, anna: Any) -> None:
    id = make_token(world, anna)["api_token"]["id"]
    user = anna["user"]
    context = {"tenant_id": UUID(user["tenant_id"]), "user_id": UUID(user["id"])}
    actor = _actor(anna)

    def revoke() -> bool:
        try:
            with world.services.database.transaction(**context) as uow:
                world.services.api_tokens.revoke(uow, actor, UUID(id))
        except NotFound:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        done = [future.result() for future in [pool.submit(revoke), pool.submit(revoke)]]
    assert sorted(done) == [False, True]


def _actor(person: Any) -> Actor:
    user = person["user"]
    return Actor(
        UUID(user["tenant_id"]), UUID(user["id"]), "", "user", "free", uuid4(), ActorKind.SESSION
    )


def test_expired_tokens_are_forgotten(world: World, anna: Any) -> None:
    make_token(world, anna, expires_in_days=1)
    user = anna["user"]
    context = {"tenant_id": UUID(user["tenant_id"]), "user_id": UUID(user["id"])}
    before = datetime.fromtimestamp(world.clock.now + 2 * 86400, UTC)
    with world.services.database.transaction(**context) as uow:
        tasks.purge(uow, before)
        assert world.services.api_tokens.list_own(uow, _actor(anna)) == []


def test_made_up_tokens_of_one_address_are_not_looked_up_without_end(
    make: Callable[..., World],
) -> None:
    limits = LimitSettings(anonymous="5/minute")
    world = make(limits=limits)
    anna = world.register(unique(), address="198.51.100.1")
    known, later = make_token(world, anna)["token"], make_token(world, anna)["token"]
    assert works(world, known)

    def made_up(**options: Any) -> Answer:
        options = {"bearer": new_api_token(), "host_user": None, **options}
        return world.call("GET", "/workflows", **options)

    assert [made_up().status for _ in range(6)] == [401] * 5 + [429]
    refused = made_up()
    assert (refused.code, refused.headers["Retry-After"]) == ("too_many_requests", "60")
    # Who was seen before, who is signed in, and who comes from elsewhere are none the worse.
    assert works(world, known)
    world.services.authenticator.forget_all()
    assert works(world, known)
    assert world.is_signed_in(anna["access_token"])
    assert made_up(address="198.51.100.2").status == 401
    assert not works(world, later)
    # What is signed costs no look-up; an ended session is told to sign in, not to wait.
    stale = world.call("GET", "/workflows", token="x.y.z", host_user="somebody")
    assert stale.status == 401
    world.clock.move(60)
    assert works(world, later)
    assert made_up().status == 401
