"""The stream over real sockets, embedded and central: who may listen, what they are told, why it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from typing import Any

import httpx
import pytest
from tornado.httpclient import HTTPClientError

from tests.support.api import GENEROUS, Api, Person
from tests.support.jupyter import JupyterServerProcess
from tests.support.stream import Closed, Socket, connect, run

SMALLEST = {"schema_version": 1, "charts": [{"symbol": "SAMPLE:AAPL", "timeframe": "1D"}]}


def token_of(person: Person) -> str:
    return str(person.tokens["access_token"])


async def listening(socket: Socket, person: Person, *topics: str) -> None:
    """Signed in, and subscribed."""
    assert (await socket.sign_in(token_of(person)))["type"] == "authenticated"
    answer = await socket.subscribe(*topics)
    assert answer == {"type": "subscribed", "topics": list(topics)}


def layout(person: Person, name: str) -> dict[str, Any]:
    answer = person.post("/layouts", json={"name": name, "document": SMALLEST})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_each_change_of_the_own_library_is_told(api: Api, person: Person) -> None:
    async def scenario() -> None:
        async with connect(api.url, api.door) as socket:
            await listening(socket, person, "library")
            made = layout(person, "Told")
            address = f"/layouts/{made['id']}"
            event = {"type": "event", "topic": "library", "resource": "layouts", "id": made["id"]}
            assert await socket.next() == {**event, "version": 1, "act": "created"}

            document = {"schema_version": 1, "charts": [{"symbol": "IBM", "timeframe": "1W"}]}
            match = {"If-Match": '"1"'}
            saved = person.put(address, json={"document": document}, headers=match)
            assert saved.status_code == 200, saved.text
            assert await socket.next() == {**event, "version": 2, "act": "saved"}

            person.patch(address, json={"pinned": True}).raise_for_status()
            assert await socket.next() == {**event, "version": 2, "act": "changed"}

            match = {"If-Match": '"2"'}
            person.post(f"{address}/versions/1/restore", headers=match).raise_for_status()
            assert await socket.next() == {**event, "version": 3, "act": "restored"}

            person.delete(address).raise_for_status()
            assert await socket.next() == {**event, "version": None, "act": "deleted"}
            person.post(f"{address}/undelete", json={}).raise_for_status()
            assert await socket.next() == {**event, "version": 3, "act": "undeleted"}
            person.delete(address, params={"permanent": "true"}).raise_for_status()
            assert await socket.next() == {**event, "version": None, "act": "purged"}

    run(scenario)


def test_what_changes_nothing_or_fails_is_not_told(api: Api, person: Person) -> None:
    async def scenario() -> None:
        made = layout(person, "Quiet")
        address = f"/layouts/{made['id']}"
        async with connect(api.url, api.door) as socket:
            await listening(socket, person, "library")
            same = {"document": SMALLEST}
            assert person.put(address, json=same, headers={"If-Match": '"1"'}).status_code == 200
            other = {"schema_version": 1, "charts": [{"symbol": "IBM", "timeframe": "1W"}]}
            stale = person.put(address, json={"document": other}, headers={"If-Match": '"7"'})
            assert stale.status_code == 412
            taken = person.post("/layouts", json={"name": "Quiet", "document": SMALLEST})
            assert taken.status_code == 409
            layout(person, "Loud")
            assert (await socket.next())["act"] == "created"

    run(scenario)


def test_a_repeated_creation_is_told_once(api: Api, person: Person) -> None:
    async def scenario() -> None:
        async with connect(api.url, api.door) as socket:
            await listening(socket, person, "library")
            for _ in range(2):
                person.post(
                    "/projects", json={"name": "Once"}, headers={"Idempotency-Key": "once-12345"}
                ).raise_for_status()
            layout(person, "After")
            assert [(await socket.next())["resource"] for _ in range(2)] == ["projects", "layouts"]

    run(scenario)


def test_every_socket_of_a_person_is_told_and_nobody_elses(
    api: Api, person: Person, other: Person
) -> None:
    async def scenario() -> None:
        async with (
            connect(api.url, api.door) as one,
            connect(api.url, api.door) as two,
            connect(api.url, api.door) as foreign,
        ):
            for socket, who in ((one, person), (two, person), (foreign, other)):
                await listening(socket, who, "library")
            mine = layout(person, "Mine")
            theirs = layout(other, "Theirs")
            assert (await one.next())["id"] == mine["id"]
            assert (await two.next())["id"] == mine["id"]
            # The first thing that they hear is their own.
            assert (await foreign.next())["id"] == theirs["id"]

    run(scenario)


@pytest.mark.parametrize(
    "first",
    [
        {"type": "subscribe", "topics": ["library"]},
        {"type": "auth", "token": ""},
        {"type": "auth", "token": "forged.token.here"},
        {"type": "auth", "token": 7},
        {"type": "sing"},
    ],
)
def test_who_does_not_say_who_it_is_is_not_heard(api: Api, first: dict[str, Any]) -> None:
    async def scenario() -> None:
        async with connect(api.url, api.door) as socket:
            await socket.send(**first)
            code, said = await socket.ending()
            assert code == 4401
            assert [each["type"] for each in said] == ["error"]
            assert said[0]["error"]["code"] == "not_signed_in"
            assert said[0]["error"]["request_id"]

    run(scenario)


def test_who_says_nothing_is_let_go(api: Api) -> None:
    async def scenario() -> None:
        async with connect(api.url, api.door) as socket:
            code, said = await socket.ending()
            assert code == 4401
            assert said[0]["error"]["code"] == "not_signed_in"

    run(scenario)


def test_bad_messages_are_answered_and_the_connection_stays(api: Api, person: Person) -> None:
    async def scenario() -> None:
        async with connect(api.url, api.door) as socket:
            await listening(socket, person, "library")
            for text, code in (
                ("{", "malformed"),
                (b"\x00\x01", "malformed"),
                ('{"type":"subscribe"}', "invalid"),
                ('{"type":"subscribe","topics":[]}', "invalid"),
                ('{"type":"subscribe","topics":["library"],"more":1}', "invalid"),
                ("[]", "invalid"),
            ):
                await socket.send_text(text)
                answer = await socket.next()
                assert (answer["type"], answer["error"]["code"]) == ("error", code), text
            for topic in ("nothing", "library:someone", "", "alerts"):
                await socket.send(type="subscribe", topics=[topic, "library"])
                answer = await socket.next()
                if topic:
                    assert answer["topic"] == topic
                    assert answer["error"]["code"] == "unknown_topic"
                    assert await socket.next() == {"type": "subscribed", "topics": ["library"]}
            layout(person, "Still here")
            assert (await socket.next())["type"] == "event"

    run(scenario)


def test_unsubscribing_ends_it(api: Api, person: Person) -> None:
    async def scenario() -> None:
        async with connect(api.url, api.door) as socket:
            await listening(socket, person, "library")
            await socket.send(type="unsubscribe", topics=["library"])
            assert await socket.next() == {"type": "unsubscribed", "topics": ["library"]}
            layout(person, "Unheard")
            await socket.subscribe("library")
            made = layout(person, "Heard")
            assert (await socket.next())["id"] == made["id"]

    run(scenario)


def test_logging_out_ends_the_connection_at_once(api: Api, person: Person) -> None:
    async def scenario() -> None:
        async with connect(api.url, api.door) as socket:
            await listening(socket, person, "library")
            person.post("/auth/logout", json={"scope": "this"}).raise_for_status()
            code, said = await socket.ending()
            assert code == 4401
            assert said[-1]["error"]["code"] == "not_signed_in"

    run(scenario)


def test_a_new_token_renews_and_another_person_is_refused(
    api: Api, person: Person, other: Person
) -> None:
    async def scenario() -> None:
        async with connect(api.url, api.door) as socket:
            await listening(socket, person, "library")
            body = {"refresh_token": person.tokens["refresh_token"]}
            fresh = person.post("/auth/refresh", json=body)
            assert fresh.status_code == 200, fresh.text
            answer = await socket.sign_in(fresh.json()["access_token"])
            assert answer["type"] == "authenticated"
            assert answer["expires_at"] is not None
            layout(person, "Renewed")
            assert (await socket.next())["type"] == "event"
            await socket.send(type="auth", token=token_of(other))
            code, said = await socket.ending()
            assert code == 4403
            assert said[-1]["error"]["code"] == "forbidden"

    run(scenario)


def test_a_kernels_token_may_listen(api: Api, person: Person) -> None:
    """On the embedded mount alone, since a kernel holds no credential of Jupyter's."""
    token = person.post("/auth/kernel-token", json={}).json()["token"]

    async def scenario() -> None:
        async with connect(api.url, {"Authorization": f"Bearer {token}"}) as socket:
            assert (await socket.sign_in(token))["user_id"] == person.id
            await socket.subscribe("library")
            layout(person, "For the kernel")
            assert (await socket.next())["act"] == "created"
        if api.embedded:
            # Nobody passes Jupyter's door with it as somebody whom Jupyter knows.
            async with connect(api.url, {"Authorization": f"Bearer {token}"}) as socket:
                await socket.send(type="auth", token=token_of(person))
                assert (await socket.ending())[0] == 4401

    run(scenario)


def test_other_sites_and_plain_requests_are_refused(api: Api, person: Person) -> None:
    async def scenario() -> None:
        for origin in ("https://elsewhere.example", "null"):
            with pytest.raises(HTTPClientError) as refused:
                async with connect(api.url, {**api.door, "Origin": origin}):
                    pass
            assert refused.value.code == 403
            assert b"cross_site" in refused.value.response.body
        own = httpx.URL(api.url)
        origin = f"{own.scheme}://{own.host}:{own.port}"
        async with connect(api.url, {**api.door, "Origin": origin}) as socket:
            await listening(socket, person, "library")

    run(scenario)
    plain = person.get("/stream")
    assert (plain.status_code, plain.json()["error"]["code"]) == (426, "upgrade_required")
    wrong = person.post("/stream", json={})
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (405, "method_not_allowed")


def test_jupyters_door_comes_first(api: Api) -> None:
    if not api.embedded:
        return

    async def scenario() -> None:
        for headers in ({}, {"Authorization": "token wrong"}):
            with pytest.raises(HTTPClientError) as refused:
                async with connect(api.url, headers):
                    pass
            assert refused.value.code == 401
            assert b"not_signed_in" in refused.value.response.body
        # The person of this server has an account of their own, without a token.
        async with connect(api.url, api.door) as socket:
            answer = await socket.sign_in(None)
            assert answer["type"] == "authenticated"
            assert answer["expires_at"] is None

    run(scenario)


def test_the_local_account_is_embedded_only(central_api: Api) -> None:
    async def scenario() -> None:
        async with connect(central_api.url) as socket:
            await socket.send(type="auth", token=None)
            assert (await socket.ending())[0] == 4401

    run(scenario)


def test_quotes_without_a_live_source_are_the_last_close(api: Api, person: Person) -> None:
    bars = person.get("/bars", params={"symbol": "SAMPLE:IBM", "limit": 1}).json()["columns"]

    async def scenario() -> None:
        async with connect(api.url, api.door) as socket:
            await socket.sign_in(token_of(person))
            answer = await socket.subscribe("quotes:IBM", "quotes:SAMPLE:NONE")
            assert answer["topic"] == "quotes:SAMPLE:NONE"
            assert answer["error"]["code"] == "unknown_symbol"
            assert await socket.next() == {"type": "subscribed", "topics": ["quotes:SAMPLE:IBM"]}
            message = await socket.next()
            assert (message["type"], message["topic"]) == ("quotes", "quotes:SAMPLE:IBM")
            assert message["live"] is False
            assert message["quotes"][0]["price"] == bars["close"][0]
            assert message["bars"] == [{name: column[0] for name, column in bars.items()}]

    run(scenario)


def test_a_replay_is_live_says_so_and_makes_the_real_bars(
    api: Api, person: Person, other: Person
) -> None:
    params = {"symbol": "SAMPLE:IBM", "limit": 1000}
    columns = person.get("/bars", params=params).json()["columns"]
    names = ("open", "high", "low", "close", "volume")

    async def scenario() -> None:
        async with connect(api.url, api.door) as one, connect(api.url, api.door) as two:
            for socket, who in ((one, person), (two, other)):
                await listening(socket, who, "quotes:REPLAY:IBM")
            bars: dict[int, Any] = {}
            begun: set[int] = set()
            while len(begun) < 3:
                message = await one.next_of("quotes")
                assert message["live"] is True
                if message["note"]:
                    assert message["note"].startswith("REPLAY of 20")
                    begun |= {bar["time"] for bar in message["bars"]}
                bars |= {bar["time"]: bar for bar in message["bars"]}
            whole = sorted(begun)[:-1]
            for time in whole:
                place = columns["time"].index(time)
                assert {name: bars[time][name] for name in names} == {
                    name: columns[name][place] for name in names
                }
            # The other one hears the same bars from the same feed.
            heard: set[int] = set()
            while whole[-1] not in heard:
                heard |= {bar["time"] for bar in (await two.next_of("quotes"))["bars"]}

    run(scenario)


LITTLE = (
    *GENEROUS,
    "--StreamSettings.connections_per_person=2",
    "--StreamSettings.topics_per_connection=2",
    "--StreamSettings.unsigned_per_address=3",
    "--StreamSettings.login_seconds=60",
)


async def refused_stranger(api: Api) -> None:
    """A fourth connection that has not said who it is; those that have do not count."""
    async with AsyncExitStack() as stack:
        known = await stack.enter_async_context(connect(api.url, api.door))
        await listening(known, api.register(), "library")
        for _ in range(3):
            await stack.enter_async_context(connect(api.url, api.door))
        fourth = await stack.enter_async_context(connect(api.url, api.door))
        code, said = await fourth.ending()
        assert (code, said[-1]["error"]["code"]) == (4429, "too_many_requests")


async def refused_third(api: Api, person: Person) -> None:
    """A person who has two connections gets no third; when one of them ends they do."""
    async with connect(api.url, api.door) as one, connect(api.url, api.door) as two:
        await listening(one, person, "library")
        await listening(two, person, "library")
        async with connect(api.url, api.door) as three:
            await three.send(type="auth", token=token_of(person))
            code, said = await three.ending()
            assert (code, said[-1]["error"]["code"]) == (4429, "too_many_requests")
        two.close()
        # The server may learn of that a moment later.
        for _ in range(100):
            async with connect(api.url, api.door) as four:
                await four.send(type="auth", token=token_of(person))
                with suppress(Closed):
                    if (await four.next())["type"] == "authenticated":
                        return
            await asyncio.sleep(0.1)
        raise AssertionError("the place of a connection that has ended stays taken")


def bounds_and_stopping(api: Api) -> None:
    """How many connections one may have; then the process is asked to stop."""
    person = api.register()

    async def scenario() -> None:
        await refused_third(api, person)
        await refused_stranger(api)
        async with connect(api.url, api.door) as many:
            await many.sign_in(token_of(api.register()))
            topics = ["library", "quotes:SAMPLE:IBM", "quotes:SAMPLE:FB"]
            await many.send(type="subscribe", topics=topics)
            code, said = await many.ending()
            assert (code, said[-1]["error"]["code"]) == (4429, "too_many_requests")
        stranger = api.register()
        async with connect(api.url, api.door) as last:
            await listening(last, stranger, "library")
            stopped = asyncio.create_task(asyncio.to_thread(api.process.terminate))
            code, said = await last.ending()
            assert (code, said[-1]["error"]["code"]) == (4503, "unavailable")
            await stopped

    run(scenario)
    api.close()


def test_bounds_and_stopping_embedded(
    make_jupyter_server: Callable[..., JupyterServerProcess],
) -> None:
    server = make_jupyter_server(app="server", args=LITTLE)
    door = {"Authorization": f"token {server.token}"}
    bounds_and_stopping(Api("embedded", server.api_url, door, server))


def test_bounds_and_stopping_central(make_central: Callable[..., Any]) -> None:
    server = make_central(args=LITTLE)
    bounds_and_stopping(Api("central", server.api_url, {}, server))
