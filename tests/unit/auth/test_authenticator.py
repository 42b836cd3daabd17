"""Who a request comes from: doors, headers, the cache, and how fast a revocation counts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from tornado.httputil import HTTPHeaders

from quantlab_server.adapters.redis_bus import RedisBus
from quantlab_server.auth.actor import ActorKind
from quantlab_server.auth.authenticator import Authenticator
from quantlab_server.auth.keys import KEYS, generate_keyring, load_keyring
from quantlab_server.auth.revocation import TOPIC, Revocations, Revoked
from quantlab_server.auth.tokens import TokenService
from quantlab_server.config import Settings
from quantlab_server.db.engine import Database
from quantlab_server.errors import NotSignedIn
from quantlab_server.http.endpoint import Body, Request
from tests.support.valkey import EmbeddedValkey
from tests.support.waiting import wait_until
from tests.unit.auth.world import Answer, MovingClock, World, unique


@pytest.fixture
def anna(world: World) -> Any:
    return world.register(unique())


@pytest.fixture
def kernel(world: World, anna: Any) -> str:
    answer = world.call("POST", "/auth/kernel-token", {}, token=anna["access_token"])
    token: str = answer.json["token"]
    return token


@pytest.fixture
def central(make: Callable[..., World], monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv(KEYS, json.dumps(generate_keyring("EdDSA")))
    world = make(mode="central", local_account=False)
    # Without a mail server people come by invitation; here they just come.
    world.services.settings.service.registration = "open"
    return world


def whoami(world: World, **options: Any) -> str | int:
    """The username, or the status of the refusal."""
    answer = world.call("GET", "/auth/profile", **options)
    return str(answer.json["username"]) if answer.status == 200 else answer.status


# --- embedded: Jupyter's door first ----------------------------------------------------------------------------------


def test_without_a_header_it_is_the_local_account(world: World, anna: Any) -> None:
    local = world.call("GET", "/auth/profile").json
    assert local["user"]["is_local"] is True
    assert (local["role"], local["tier"]) == ("operator", "local")
    assert whoami(world, token=anna["access_token"]) == anna["user"]["username"]


@pytest.mark.parametrize("value", ["", " ", "garbage", "a.b.c", "Bearer x", "qlp_0000", "\t"])
def test_a_false_header_is_never_the_local_account(world: World, value: str) -> None:
    assert whoami(world) != 401
    assert whoami(world, token=value) == 401


def test_an_expired_header_is_never_the_local_account(world: World, anna: Any) -> None:
    assert whoami(world, token=anna["access_token"]) == anna["user"]["username"]
    world.clock.move(901)
    assert whoami(world, token=anna["access_token"]) == 401
    assert whoami(world) != 401


def test_jupyters_own_authorization_header_is_left_to_jupyter(world: World, anna: Any) -> None:
    for scheme in ("token 0123456789abcdef", "Bearer 0123456789abcdef", "Basic YTpi", "Bearer"):
        headers = {"Authorization": scheme}
        assert world.call("GET", "/auth/profile", headers=headers).json["user"]["is_local"]
        answer = world.call("GET", "/auth/profile", token=anna["access_token"], headers=headers)
        assert answer.json["username"] == anna["user"]["username"]


def test_a_person_does_not_come_in_by_the_bearer_header_of_a_jupyter_server(
    world: World, anna: Any
) -> None:
    token = anna["access_token"]
    for _ in range(2):
        assert world.call("GET", "/auth/profile", bearer=token).json["user"]["is_local"]
        assert whoami(world, token=token) == anna["user"]["username"]


def test_only_kernels_come_in_without_jupyters_door(world: World, anna: Any, kernel: str) -> None:
    name = anna["user"]["username"]
    assert whoami(world, host_user=None) == 401
    for _ in range(2):
        assert whoami(world, token=anna["access_token"], host_user=None) == 401
        assert whoami(world, token=anna["access_token"]) == name
        assert whoami(world, token=kernel, host_user=None) == name
        assert whoami(world, bearer=kernel, host_user=None) == name


def test_a_kernels_pass_does_not_let_somebody_else_in_behind_it(
    world: World, anna: Any, kernel: str
) -> None:
    answer = world.call(
        "GET", "/auth/profile", token=anna["access_token"], bearer=kernel, host_user=None
    )
    assert answer.status == 401


def test_what_may_come_alone_is_told_by_its_form(world: World, anna: Any, kernel: str) -> None:
    test = world.services.authenticator.is_own_token
    assert test(kernel)
    for other in (anna["access_token"], anna["refresh_token"], "", "a.b.c", "x" * 10_000, "é"):
        assert not test(other)


def test_forged_kernel_tokens_pass_no_door(world: World, kernel: str) -> None:
    head, body, _ = kernel.split(".")
    forged = f"{head}.{body}.{'A' * 43}"
    assert world.services.authenticator.is_own_token(forged)
    assert whoami(world, bearer=forged, host_user=None) == 401
    assert whoami(world, bearer=forged) == 401


# --- central ---------------------------------------------------------------------------------------------------------


def test_centrally_there_is_no_local_account(central: World) -> None:
    world = central
    assert whoami(world) == 401
    assert whoami(world, host_user=None) == 401
    answer = world.call("POST", "/auth/local", {})
    assert (answer.status, answer.code) == (403, "no_local_account")
    config = world.call("GET", "/auth/config", host_user=None).json
    assert (config["mode"], config["local_account"]) == ("central", False)


def test_centrally_both_headers_carry_the_token(central: World) -> None:
    world = central
    anna = world.register(unique(), host_user=None)
    name, token = anna["user"]["username"], anna["access_token"]
    assert whoami(world, bearer=token, host_user=None) == name
    assert whoami(world, token=token, host_user=None) == name
    for header in (f"bearer {token}", f"BEARER  {token}"):
        assert whoami(world, headers={"Authorization": header}, host_user=None) == name
    for header in ("", "Bearer", "Bearer ", f"Token {token}", token, f"Basic {token}"):
        assert whoami(world, headers={"Authorization": header}, host_user=None) == 401


def test_switched_off_there_is_no_local_account(make: Callable[..., World]) -> None:
    world = make(local_account=False)
    assert whoami(world) == 401
    assert world.call("POST", "/auth/local", {}).status == 403


# --- the cache -------------------------------------------------------------------------------------------------------


def ask(token: str, host_user: str | None = "somebody") -> Request:
    headers = HTTPHeaders({"X-QuantLab-Session": token})
    return Request("GET", "/x", {}, headers, {}, Body(), "192.0.2.1", False, "r", "/api", host_user)


class Rig:
    """An authenticator with both clocks in hand, beside a world on the same database."""

    def __init__(self, settings: Settings, database: Database, world: World) -> None:
        self.monotonic = MovingClock(1000.0)
        self.revocations = Revocations()
        keyring = load_keyring(settings.data_dir, embedded=True, environ={})
        tokens = TokenService(
            keyring, issuer="quantlab", access_lifetime=900, kernel_lifetime=600, clock=world.clock
        )
        self.authenticator = Authenticator(
            settings,
            database,
            tokens,
            world.services.sessions,
            world.services.api_tokens,
            self.revocations,
            clock=world.clock,
            monotonic=self.monotonic,
        )

    def seen(self, token: str) -> bool:
        """Whether the cache alone knows the token."""
        return self.authenticator.cached(ask(token)) is not None

    def accepts(self, token: str) -> bool:
        """Whether the token is accepted, as the dispatcher would ask."""
        if self.seen(token):
            return True
        try:
            self.authenticator.resolve(ask(token))
        except NotSignedIn:
            return False
        return True


@pytest.fixture
def rig(settings: Settings, world: World) -> Iterator[Rig]:
    """As if it were another process: its own connections, no bus to the world's."""
    database = Database(settings)
    yield Rig(settings, database, world)
    database.close()


def test_a_token_is_verified_once_and_known_afterwards(rig: Rig, anna: Any) -> None:
    token = anna["access_token"]
    assert not rig.seen(token)
    actor = rig.authenticator.resolve(ask(token))
    assert actor.kind is ActorKind.SESSION
    assert rig.authenticator.cached(ask(token)) is actor


def test_the_cache_does_not_outlive_the_token(rig: Rig, world: World, anna: Any) -> None:
    token = anna["access_token"]
    assert rig.accepts(token)
    world.clock.move(901)
    assert not rig.seen(token)
    assert not rig.accepts(token)


def test_the_cache_does_not_open_the_door(rig: Rig, anna: Any) -> None:
    token = anna["access_token"]
    assert rig.accepts(token)
    assert rig.authenticator.cached(ask(token, host_user=None)) is None


def test_another_process_learns_of_a_sign_out_in_time(
    rig: Rig, world: World, anna: Any, settings: Settings
) -> None:
    """Within a second on SQLite, where the file tells; within five on PostgreSQL without a bus."""
    token = anna["access_token"]
    assert rig.accepts(token)
    world.call("POST", "/auth/logout", {}, token=token)
    limit = 1.0 if settings.database_url.startswith("sqlite") else 5.0
    rig.monotonic.move(limit)
    assert not rig.accepts(token)


def test_nobody_else_is_looked_up_again_for_long(rig: Rig, anna: Any) -> None:
    token = anna["access_token"]
    assert rig.accepts(token)
    rig.monotonic.move(0.9)
    assert rig.seen(token)
    rig.monotonic.move(4.0)
    assert not rig.seen(token)
    assert rig.accepts(token)
    assert rig.seen(token)


def test_a_revocation_makes_this_process_look_at_once(rig: Rig, world: World, anna: Any) -> None:
    other = world.register(unique())
    tokens = [anna["access_token"], other["access_token"]]
    assert [rig.accepts(token) for token in tokens] == [True, True]
    user_id = rig.authenticator.resolve(ask(tokens[0])).user_id
    rig.authenticator.forget_user(user_id)
    assert [rig.seen(token) for token in tokens] == [False, True]
    session_id = rig.authenticator.resolve(ask(tokens[1])).session_id
    rig.authenticator.forget_session(session_id)
    assert not rig.seen(tokens[1])
    assert [rig.accepts(token) for token in tokens] == [True, True]
    rig.authenticator.forget_all()
    assert [rig.seen(token) for token in tokens] == [False, False]


def test_what_was_looked_up_before_a_revocation_is_not_kept_after_it(
    rig: Rig, world: World, anna: Any
) -> None:
    """The race: a session is read as alive, ends, and only then would the answer be remembered."""
    sessions = world.services.sessions

    class Slow:
        def live(self, *args: Any) -> Any:
            found = sessions.live(*args)
            rig.revocations.publish(Revoked(session_id=found.session_id if found else None))
            return found

        local = sessions.local

    rig.authenticator._sessions = Slow()
    token = anna["access_token"]
    rig.authenticator.resolve(ask(token))
    assert not rig.seen(token)


def test_the_cache_is_bounded(rig: Rig, world: World, anna: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("quantlab_server.auth.authenticator._MAX_ENTRIES", 20)
    token = anna["refresh_token"]
    for _ in range(30):
        renewed = world.refresh(token).json
        token = renewed["refresh_token"]
        assert rig.accepts(renewed["access_token"])
    assert len(rig.authenticator._entries) <= 20


# --- the bus ---------------------------------------------------------------------------------------------------------


def test_over_the_bus_a_revocation_reaches_other_processes(redis_url: str) -> None:
    one, two = RedisBus(redis_url), RedisBus(redis_url)
    heard: list[Revoked] = []
    sender = Revocations(one)
    Revocations(two).listen(heard.append)
    try:
        wait_until(lambda: one.connected.is_set() and two.connected.is_set(), what="the bus")
        heard.clear()
        session, user = uuid4(), uuid4()
        sender.publish(Revoked(session_id=session))
        sender.publish(Revoked(user_id=user))
        wait_until(lambda: len(heard) >= 2, what="both messages", timeout=5)
        assert heard == [Revoked(session_id=session), Revoked(user_id=user)]
        two.publish(TOPIC, "rubbish")
        one.publish(TOPIC, "rubbish")
        wait_until(lambda: Revoked() in heard, what="the unreadable message", timeout=5)
    finally:
        one.close()
        two.close()


def test_after_an_interruption_everything_is_looked_up_again() -> None:
    with EmbeddedValkey() as server:
        bus = RedisBus(server.url)
        heard: list[Revoked] = []
        revocations = Revocations(bus)
        revocations.listen(heard.append)
        try:
            wait_until(bus.connected.is_set, what="the bus", timeout=10)
            server.stop()
            wait_until(lambda: not bus.connected.is_set(), what="the interruption", timeout=10)
            heard.clear()
            # Publishing into nothing neither fails nor waits.
            revocations.publish(Revoked())
            assert heard == [Revoked()]
            server.start()
            wait_until(bus.connected.is_set, what="the bus again", timeout=20)
            wait_until(lambda: len(heard) == 2, what="a look at everything", timeout=5)
        finally:
            bus.close()


def test_two_services_on_one_bus_end_a_session_at_once(
    make: Callable[..., World], redis_url: str
) -> None:
    one, two = make(redis_url=redis_url), make(redis_url=redis_url)
    two.clock.now = one.clock.now
    for world in (one, two):
        bus = world.services.identity.bus
        assert isinstance(bus, RedisBus)
        wait_until(bus.connected.is_set, what="the bus")
    anna = one.register(unique())
    token = anna["access_token"]

    def known() -> bool:
        return two.services.authenticator.cached(ask(token)) is not None

    def answer() -> Answer:
        return two.call("GET", "/auth/profile", token=token)

    assert answer().status == 200
    one.call("POST", "/auth/logout", {}, token=token)
    wait_until(lambda: not known(), what="the revocation", timeout=1.0)
    assert answer().status == 401
