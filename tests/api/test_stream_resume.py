"""Who lost the connection to the stream and comes back is told what was missed; embedded and central."""

from __future__ import annotations

from typing import Any

from tests.api.test_stream import layout, listening, token_of
from tests.support.api import Api, Person
from tests.support.stream import connect, run


def test_who_comes_back_is_told_what_happened_meanwhile(
    api: Api, person: Person, other: Person
) -> None:
    async def back(who: Person, point: str) -> tuple[list[dict[str, Any]], bool]:
        async with connect(api.url, api.door) as socket:
            await socket.sign_in(token_of(who))
            await socket.send(type="subscribe", topics=["library"], resume={"library": point})
            assert await socket.next() == {"type": "subscribed", "topics": ["library"]}
            return await socket.caught_up()

    async def scenario() -> None:
        async with connect(api.url, api.door) as socket:
            await listening(socket, person, "library")
            assert await socket.caught_up() == ([], False)
            begun = socket.points["library"]
            heard = layout(person, "Heard")
            events, _ = await socket.caught_up()
            assert [each["id"] for each in events] == [heard["id"]]
            left = socket.points["library"]
        missed = [layout(person, name)["id"] for name in ("Missed", "Missed too")]
        layout(other, "Of another")
        events, reset = await back(person, left)
        assert ([each["id"] for each in events], reset) == (missed, False)
        assert {each["act"] for each in events} == {"created"}
        events, reset = await back(person, begun)
        assert ([each["id"] for each in events], reset) == ([heard["id"], *missed], False)
        # Points that are not known, or another's: nothing is told, and everything is to be read.
        assert await back(person, "of-another-process.3") == ([], True)
        assert await back(other, left) == ([], True)

    run(scenario)
