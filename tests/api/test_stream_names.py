"""Quotes of an instrument that has been renamed: everybody is answered by the name that they know."""

from __future__ import annotations

from tests.api.test_stream import listening
from tests.support.api import Api, Person
from tests.support.stream import connect, run

OLD, NOW = "quotes:REPLAY:FB", "quotes:REPLAY:META"


def test_who_listens_by_an_old_symbol_is_answered_under_it(api: Api, person: Person) -> None:
    """A layout that was saved before the renaming knows no other; the message has the present symbol."""

    async def scenario() -> None:
        async with connect(api.url, api.door) as socket:
            await listening(socket, person, "quotes:SAMPLE:FB")
            last = await socket.next()
            assert (last["topic"], last["symbol"]) == ("quotes:SAMPLE:FB", "SAMPLE:META")
            await socket.send(type="subscribe", topics=["quotes:fb", "quotes:sample:fb"])
            answer = await socket.next_of("subscribed")
            assert answer["topics"] == ["quotes:SAMPLE:META", "quotes:SAMPLE:FB"]

    run(scenario)


def test_both_names_hear_the_same_feed_until_nobody_listens(
    api: Api, person: Person, other: Person
) -> None:
    async def scenario() -> None:
        async with connect(api.url, api.door) as old, connect(api.url, api.door) as now:
            await listening(old, person, OLD)
            await listening(now, other, NOW)
            heard: dict[str, set[float]] = {OLD: set(), NOW: set()}
            while not heard[OLD] & heard[NOW]:
                for socket, topic in ((old, OLD), (now, NOW)):
                    message = await socket.next_of("quotes")
                    assert (message["topic"], message["symbol"]) == (topic, "REPLAY:META")
                    heard[topic] |= {quote["price"] for quote in message["quotes"]}
            # One of them leaves: the other is told on.
            await now.send(type="unsubscribe", topics=[NOW])
            assert (await now.next_of("unsubscribed"))["topics"] == [NOW]
            for _ in range(3):
                assert (await old.next_of("quotes"))["topic"] == OLD
            await old.send(type="unsubscribe", topics=[OLD])
            assert (await old.next_of("unsubscribed"))["topics"] == [OLD]
            # And begins anew for who comes then.
            await listening(old, person, OLD)
            assert (await old.next_of("quotes"))["live"] is True

    run(scenario)
