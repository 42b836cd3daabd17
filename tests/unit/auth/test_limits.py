"""Rate limits: windows, what counts, who is never locked out, and Redis that comes and goes."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
import redis
from traitlets import TraitError

from quantlab_server.auth.actor import Actor, ActorKind
from quantlab_server.auth.limit_storage import ClockedMemoryStorage
from quantlab_server.auth.login_limits import LoginLimits
from quantlab_server.auth.ratelimit import RateLimiter, network_of
from quantlab_server.auth.shared_storage import SharedStorage
from quantlab_server.config import LimitSettings
from quantlab_server.errors import TooManyRequests
from tests.support.valkey import EmbeddedValkey
from tests.unit.auth.world import MovingClock


def actor(kind: ActorKind = ActorKind.SESSION) -> Actor:
    return Actor(uuid4(), uuid4(), "anna", "user", "free", uuid4(), kind)


class Sleeps(list[float]):
    """Stands in for waiting: notes how long."""

    async def __call__(self, seconds: float) -> None:
        self.append(seconds)


def login_limits(clock: MovingClock, sleeps: Sleeps, **values: str) -> LoginLimits:
    return LoginLimits(LimitSettings(**values), SharedStorage("", clock), clock=clock, sleep=sleeps)


async def fail(limits: LoginLimits, account: str, network: str, known: bool = False) -> list[str]:
    async with limits.attempt(account, network, known_device=known) as attempt:
        return await attempt.failed()


async def succeed(limits: LoginLimits, account: str, network: str, known: bool = False) -> None:
    async with limits.attempt(account, network, known_device=known):
        pass


@pytest.fixture
def clock() -> MovingClock:
    return MovingClock()


@pytest.fixture
def sleeps() -> Sleeps:
    return Sleeps()


def test_a_person_has_a_hundred_requests_a_minute(clock: MovingClock) -> None:
    async def check() -> None:
        limiter, who = RateLimiter(LimitSettings(), clock=clock), actor()
        clock.now = 1_800_000_000
        states = [await limiter.hit("general", str(who.user_id), who) for _ in range(100)]
        assert states[0] == (100, 99, 60)
        assert states[-1] == (100, 0, 60)
        with pytest.raises(TooManyRequests) as error:
            await limiter.hit("general", str(who.user_id), who)
        assert error.value.headers["Retry-After"] == "60"
        assert error.value.headers["RateLimit-Remaining"] == "0"
        other = actor()
        assert await limiter.hit("general", str(other.user_id), other) == (100, 99, 60)
        assert await limiter.hit("drafts", str(who.user_id), who) == (300, 299, 60)
        clock.move(60)
        assert await limiter.hit("general", str(who.user_id), who) == (100, 99, 60)

    asyncio.run(check())


def test_the_edge_of_a_window_does_not_double_the_limit(clock: MovingClock) -> None:
    async def check() -> None:
        limiter, who = RateLimiter(LimitSettings(), clock=clock), actor()
        admitted: list[float] = []
        # A request every half second for five minutes, from just before a full minute on.
        clock.now = 1_800_000_000 - 1
        for _ in range(600):
            with suppress(TooManyRequests):
                await limiter.hit("general", str(who.user_id), who)
                admitted.append(clock.now)
            clock.move(0.5)
        assert len(admitted) > 400
        for moment in admitted:
            assert sum(moment - 60 < other <= moment for other in admitted) <= 100

    asyncio.run(check())


def test_redis_counts_like_memory(redis_url: str) -> None:
    async def check() -> None:
        storage, key = SharedStorage(redis_url, time.time), uuid4().hex
        windows = [await storage.take(key, 3, 3600) for _ in range(5)]
        assert [(w.taken, w.used) for w in windows] == [
            (True, 1),
            (True, 2),
            (True, 3),
            (False, 3),
            (False, 3),
        ]
        assert all(0 < window.left <= 3600 for window in windows)
        assert [await storage.hold(key + "h", name) for name in ("a", "b", "b")] == [1, 2, 2]
        await storage.let_go(key + "h", "b")
        assert await storage.hold(key + "h", "c") == 2
        await storage.close()

    asyncio.run(check())


def test_a_key_is_used_once_over_all_processes(redis_url: str) -> None:
    async def check() -> None:
        limiters, key = [RateLimiter(LimitSettings(), redis_url) for _ in range(2)], uuid4().hex
        assert [await each.once(key, 60) for each in limiters] == [True, False]
        for limiter in limiters:
            await limiter.close()

    asyncio.run(check())


def test_a_tier_has_limits_of_its_own(clock: MovingClock) -> None:
    async def check() -> None:
        settings = LimitSettings(general="3/minute", tiers={"pro": {"general": "5/minute"}})
        limiter, free = RateLimiter(settings, clock=clock), actor()
        clock.now = 1_800_000_000
        pro = replace(free, tier="pro")
        key = str(free.user_id)
        for left in (2, 1, 0):
            assert await limiter.hit("general", key, free) == (3, left, 60)
        with pytest.raises(TooManyRequests):
            await limiter.hit("general", key, free)
        # What was used counts on, whatever the tier.
        for left in (1, 0):
            assert await limiter.hit("general", key, pro) == (5, left, 60)
        assert await limiter.hit("drafts", key, pro) == (300, 299, 60)
        with pytest.raises(TooManyRequests):
            await limiter.hit("general", key, pro)

    asyncio.run(check())


@pytest.mark.parametrize("tiers", [{"pro": {"login": "1/day"}}, {"pro": "5/minute"}])
def test_a_tier_names_only_limits_of_people(tiers: dict[str, Any]) -> None:
    with pytest.raises(TraitError):
        LimitSettings(tiers=tiers)


def test_the_local_account_and_a_switched_off_limiter_know_no_limit(clock: MovingClock) -> None:
    async def check() -> None:
        limiter, local = RateLimiter(LimitSettings(), clock=clock), actor(ActorKind.LOCAL)
        off = RateLimiter(LimitSettings(enabled=False), clock=clock)
        for _ in range(300):
            assert await limiter.hit("general", str(local.user_id), local) == (100, 100, 60)
            assert await off.hit("anonymous", "192.0.2.1", None) is None

    asyncio.run(check())


def test_one_household_is_one_address(clock: MovingClock) -> None:
    assert (
        network_of("2001:db8:1:2:3:4:5:6") == network_of("2001:db8:1:2::1") == "2001:db8:1:2::/64"
    )
    assert network_of("2001:db8:1:3::1") != network_of("2001:db8:1:2::1")
    assert network_of("::ffff:192.0.2.7") == network_of("192.0.2.7") == "192.0.2.7"
    assert network_of("fe80::1%eth0") == "fe80::/64"
    assert network_of("rubbish") == network_of("") == "unknown"

    async def check() -> None:
        limiter = RateLimiter(LimitSettings(anonymous="3/minute"), clock=clock)
        for last in ("1", "2", "3"):
            await limiter.hit("anonymous", f"2001:db8::{last}", None)
        with pytest.raises(TooManyRequests):
            await limiter.hit("anonymous", "2001:db8::4", None)

    asyncio.run(check())


def test_ten_failures_stop_an_account_from_an_address(clock: MovingClock, sleeps: Sleeps) -> None:
    async def check() -> None:
        limits = login_limits(clock, sleeps)
        for number in range(10):
            reached = await fail(limits, "anna", "192.0.2.1")
            assert reached == (["login_pair"] if number == 9 else [])
            clock.move(1)
        with pytest.raises(TooManyRequests) as error:
            await succeed(limits, "anna", "192.0.2.1")
        assert error.value.headers["Retry-After"] == "290"
        await succeed(limits, "anna", "192.0.2.2")
        await succeed(limits, "bert", "192.0.2.1")
        # The first failure leaves the window: one more try, as the window moves and does not jump.
        clock.move(290)
        assert await fail(limits, "anna", "192.0.2.1") == ["login_pair"]
        with pytest.raises(TooManyRequests):
            await succeed(limits, "anna", "192.0.2.1")

    asyncio.run(check())


def test_success_does_not_clear_an_address(clock: MovingClock, sleeps: Sleeps) -> None:
    async def check() -> None:
        limits = login_limits(clock, sleeps)
        for number in range(30):
            await fail(limits, f"account{number}", "192.0.2.1")
            if number < 29:
                await succeed(limits, "mallory", "192.0.2.1")
        with pytest.raises(TooManyRequests):
            await succeed(limits, "mallory", "192.0.2.1")

    asyncio.run(check())


def test_successes_count_for_nothing(clock: MovingClock, sleeps: Sleeps) -> None:
    async def check() -> None:
        limits = login_limits(clock, sleeps)
        for number in range(200):
            await succeed(limits, f"colleague{number}", "192.0.2.1")
        assert sleeps == []

    asyncio.run(check())


def test_guesses_sent_at_once_are_counted_before_they_are_checked(
    clock: MovingClock, sleeps: Sleeps
) -> None:
    async def check() -> None:
        limits = login_limits(clock, sleeps)
        gate = asyncio.Event()
        passed = 0

        async def guess() -> None:
            nonlocal passed
            async with limits.attempt("anna", "192.0.2.1", known_device=False) as attempt:
                passed += 1
                await gate.wait()
                await attempt.failed()

        guesses = [asyncio.create_task(guess()) for _ in range(100)]
        for _ in range(20):
            await asyncio.sleep(0)
        assert passed == 10
        gate.set()
        results = await asyncio.gather(*guesses, return_exceptions=True)
        assert sum(isinstance(result, TooManyRequests) for result in results) == 90
        assert limits._storage.local._held == {}

    asyncio.run(check())


def test_nobody_can_lock_a_person_out_by_guessing(clock: MovingClock, sleeps: Sleeps) -> None:
    async def check() -> None:
        limits = login_limits(clock, sleeps)
        for number in range(50):
            assert sleeps == []
            reached = await fail(limits, "anna", f"198.51.100.{number}")
        assert reached == ["login_account"]
        await succeed(limits, "anna", "192.0.2.1", known=True)
        assert sleeps == []
        await succeed(limits, "anna", "192.0.2.1")
        for number in range(20):
            await fail(limits, "anna", f"203.0.113.{number}")
        assert sleeps == sorted(sleeps)
        assert sleeps[0] == 1.0
        assert sleeps[-1] > 8
        for number in range(150):
            await fail(limits, "anna", f"203.0.113.{number + 20}")
        assert max(sleeps) == 20.0
        # An unknown device still gets in, late; another account does at once.
        await succeed(limits, "anna", "192.0.2.1")
        count = len(sleeps)
        await succeed(limits, "bert", "192.0.2.1")
        assert len(sleeps) == count

    asyncio.run(check())


def test_guessing_at_everybody_slows_unknown_devices_only(
    clock: MovingClock, sleeps: Sleeps
) -> None:
    async def check() -> None:
        limits = login_limits(clock, sleeps, login_global="20/5minute")
        for number in range(20):
            await fail(limits, f"a{number}", f"198.51.100.{number}")
        await succeed(limits, "bert", "192.0.2.1", known=True)
        assert sleeps == []
        await succeed(limits, "bert", "192.0.2.1")
        assert sleeps == [1.0]

    asyncio.run(check())


def test_registrations_per_address(clock: MovingClock, sleeps: Sleeps) -> None:
    async def check() -> None:
        limits = login_limits(clock, sleeps)
        for _ in range(10):
            await limits.registration("192.0.2.1")
        with pytest.raises(TooManyRequests) as error:
            await limits.registration("192.0.2.1")
        assert error.value.headers["Retry-After"] == "3600"
        await limits.registration("192.0.2.2")

    asyncio.run(check())


def test_memory_forgets_what_is_over(clock: MovingClock) -> None:
    async def check() -> None:
        storage = ClockedMemoryStorage(clock)
        for number in range(5000):
            storage.count(f"a{number}", 60)
            await storage.acquire_entry(f"b{number}", 5, 60)
            clock.move(1)
        assert len(storage._counts) < 200
        assert len(storage._entries) < 200

    asyncio.run(check())


def test_a_clock_set_back_throttles_nobody_for_longer(clock: MovingClock, sleeps: Sleeps) -> None:
    async def check() -> None:
        limits, storage = login_limits(clock, sleeps), ClockedMemoryStorage(clock)
        for _ in range(10):
            await fail(limits, "anna", "192.0.2.1")
            storage.count("x", 60)
        clock.move(-3600)
        assert storage.count("x", 60) == 1
        for _ in range(10):
            await fail(limits, "anna", "192.0.2.1")
        with pytest.raises(TooManyRequests):
            await succeed(limits, "anna", "192.0.2.1")
        clock.move(301)
        await succeed(limits, "anna", "192.0.2.1")

    asyncio.run(check())


def test_processes_share_limits_over_redis(redis_url: str, sleeps: Sleeps) -> None:
    async def check() -> None:
        one, two = (SharedStorage(redis_url, time.time) for _ in range(2))
        account = uuid4().hex
        limits = [LoginLimits(LimitSettings(), storage, sleep=sleeps) for storage in (one, two)]
        for number in range(10):
            await fail(limits[number % 2], account, "192.0.2.1")
        for each in limits:
            with pytest.raises(TooManyRequests):
                await succeed(each, account, "192.0.2.1")
        limiters = [RateLimiter(LimitSettings(general="4/minute"), redis_url) for _ in range(2)]
        who = actor()

        async def five() -> None:
            for number in range(5):
                await limiters[number % 2].hit("general", str(who.user_id), who)

        with pytest.raises(TooManyRequests):
            await five()
        for storage in (one, two):
            await storage.close()
        for limiter in limiters:
            await limiter.close()

    asyncio.run(check())


def test_a_request_costs_one_round_trip_to_redis(redis_url: str) -> None:
    async def check() -> None:
        limiter, who = RateLimiter(LimitSettings(), redis_url), actor()
        await limiter.hit("general", str(who.user_id), who)

        def commands() -> int:
            info: Any = client.info("commandstats")
            names = ("cmdstat_eval", "cmdstat_evalsha", "cmdstat_script")
            return sum(int(info.get(name, {}).get("calls", 0)) for name in names)

        client = redis.Redis.from_url(redis_url)
        before = commands()
        for _ in range(10):
            await limiter.hit("general", str(who.user_id), who)
        assert commands() - before == 10
        client.close()
        await limiter.close()

    asyncio.run(check())


def test_limits_go_on_locally_while_redis_is_down(sleeps: Sleeps) -> None:
    async def check(server: EmbeddedValkey) -> None:
        limiter = RateLimiter(LimitSettings(general="5/minute"), server.url)
        who = actor()
        await limiter.hit("general", str(who.user_id), who)
        server.stop()

        async def twenty() -> None:
            for _ in range(20):
                await limiter.hit("general", str(who.user_id), who)

        with pytest.raises(TooManyRequests):
            await twenty()
        for _ in range(10):
            await fail(limiter.login, "anna", "192.0.2.1")
        with pytest.raises(TooManyRequests):
            await succeed(limiter.login, "anna", "192.0.2.1")
        await limiter.close()

    with EmbeddedValkey() as server:
        asyncio.run(check(server))
