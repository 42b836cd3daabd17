"""Handing a library over asks the database as often for much as for little: nobody waits long for the writer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

from tests.unit.auth.world import PASSWORD, World, unique


@contextmanager
def counted() -> Iterator[list[str]]:
    """Every statement that is run meanwhile."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def call(world: World, tokens: Any, method: str, path: str, body: Any) -> Any:
    answer = world.call(method, path, body, token=tokens["access_token"])
    assert answer.status < 300, answer.json
    return answer.json


def test_as_many_statements_for_much_as_for_little(world: World) -> None:
    admin = world.register(unique())
    world.change_user(admin["user"], role="admin")
    admin = world.refresh(admin["refresh_token"]).json
    people = []
    for _ in range(2):
        name = unique()
        body = {"username": name, "email": f"{name}@example.com", "password": PASSWORD}
        call(world, admin, "POST", "/admin/users", body)
        people.append(world.log_in(name).json)
    giver, receiver = people
    asked = []
    for number in (2, 30):
        for which in range(number):
            body = {"name": f"{number}-{which}", "code": f"x = {which}", "tags": ["a"]}
            call(world, giver, "POST", "/workflows", body)
        path = f"/admin/users/{giver['user']['id']}/transfer"
        with counted() as seen:
            moved = call(world, admin, "POST", path, {"to": receiver["user"]["id"]})
        assert moved["moved"] == number
        asked.append(len(seen))
    assert asked[0] == asked[1]
