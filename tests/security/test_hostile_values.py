"""Values that no honest client sends: huge, forged, look-alike, more than was asked for."""

from __future__ import annotations

import secrets
import unicodedata
from contextlib import suppress
from typing import Literal

import httpx
import pytest

from tests.support.api import PASSWORD, Api, Person

MEGABYTE = "x" * 1_000_000

Form = Literal["NFC", "NFD", "NFKC", "NFKD"]


def _register(api: Api, **members: object) -> int:
    name = f"n{secrets.token_hex(5)}"
    body = {"username": name, "email": f"{name}@example.com", "password": PASSWORD, **members}
    return api.client().post("/auth/register", json=body).status_code


@pytest.mark.parametrize("member", ["username", "email", "password"])
def test_a_megabyte_as_a_name_is_refused(api: Api, member: str) -> None:
    assert _register(api, **{member: MEGABYTE}) in (413, 422)
    login = {"login": MEGABYTE, "password": MEGABYTE}
    assert api.client().post("/auth/login", json=login).status_code in (413, 422)


@pytest.mark.parametrize("header", ["Authorization", "X-QuantLab-Session", "Cookie"])
def test_a_megabyte_as_a_token_is_refused(api: Api, header: str) -> None:
    value = {"Authorization": f"Bearer {MEGABYTE}", "Cookie": f"quantlab_refresh={MEGABYTE}"}
    client = api.anonymous()
    for content in (value.get(header, MEGABYTE), "y" * 60_000):
        # The HTTP server closes the connection over headers that are too large for it.
        with suppress(httpx.TransportError):
            answer = client.get("/auth/profile", headers={header: content})
            assert answer.status_code in (400, 401, 431)
    assert client.get("/auth/profile").status_code == 401


@pytest.mark.parametrize(
    "member",
    [
        {"role": "admin"},
        {"tier": "team"},
        {"tenant_id": "00000000-0000-0000-0000-000000000000"},
        {"is_active": True},
        {"email_verified_at": "2020-01-01T00:00:00Z"},
        {"id": "00000000-0000-0000-0000-000000000000"},
        {"is_local": True},
        {"epoch": 7},
        {"__proto__": {"role": "admin"}},
    ],
    ids=lambda member: next(iter(member)),
)
def test_nobody_gives_itself_more_than_was_asked_for(
    api: Api, person: Person, member: dict[str, object]
) -> None:
    assert _register(api, **member) == 422
    assert person.put("/auth/profile", json=member).status_code == 422
    made = person.post("/workflows", json={"name": "n", "code": "1", **member})
    assert made.status_code == 422
    profile = person.get("/auth/profile").json()
    assert (profile["role"], profile["tier"]) == ("user", "free")


@pytest.mark.parametrize(
    "disguise",
    [
        str.upper,
        str.title,
        lambda name: name.replace("a", "\u0430"),
        lambda name: name.replace("o", "\u043e"),
        lambda name: name.replace("e", "\u0435"),
        lambda name: "".join(chr(ord(c) + 0xFEE0) if c.isascii() else c for c in name),
        lambda name: f" {name} ",
        lambda name: name.replace("a", "a\u200b"),
        lambda name: f"\u202e{name}",
    ],
    ids=[
        "upper",
        "title",
        "cyrillic a",
        "cyrillic o",
        "cyrillic e",
        "full width",
        "spaces",
        "zero width",
        "right to left",
    ],
)
def test_nobody_passes_for_somebody_else(api: Api, disguise: object) -> None:
    name = "aeo" + secrets.token_hex(4).replace("0", "o")
    api.register(name)
    looks_like = disguise(name)  # type: ignore[operator]  # functions of one text
    assert _register(api, username=looks_like) in (409, 422), ascii(looks_like)


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
@pytest.mark.parametrize("first", ["NFC", "NFD"])
def test_a_name_with_an_accent_is_one_name_however_it_is_composed(
    api: Api, first: Form, form: Form
) -> None:
    name = f"zo\u00e9{secrets.token_hex(4)}"
    assert unicodedata.normalize("NFD", name) != name
    taken = _register(api, username=unicodedata.normalize(first, name))
    again = _register(api, username=unicodedata.normalize(form, name))
    assert (taken, again) == (201, 409)


def test_an_address_in_another_spelling_is_the_same_address(api: Api) -> None:
    person = api.register()
    local, domain = person.email.split("@")
    for spelling in (f"{local.upper()}@{domain}", f"{local}@{domain.upper()}", f" {person.email}"):
        assert _register(api, email=spelling) == 409


def test_cookies_that_were_changed_are_nobodys(api: Api) -> None:
    name = f"c{secrets.token_hex(5)}"
    client = api.client()
    body = {"username": name, "email": f"{name}@example.com", "password": PASSWORD}
    assert client.post("/auth/register", json=body).status_code == 201
    [(cookie, value)] = [
        (key, value) for key, value in client.cookies.items() if key.startswith("quantlab_refresh")
    ]
    other = api.client()
    changed = [
        "",
        "x",
        value[:-1],
        value + "x",
        value[:-2] + ("AA" if value[-2:] != "AA" else "BB"),
        value.swapcase(),
        value * 20,
        "deleted",
        '"' + value,
    ]
    for forged in changed:
        answer = other.post("/auth/refresh", json={}, headers={"Cookie": f"{cookie}={forged}"})
        assert answer.status_code == 401, forged
    # None of that has hurt the one that is good.
    assert client.post("/auth/refresh", json={}).status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        "limit=-1",
        "limit=0",
        "limit=999999999999999999999",
        "limit=1e3",
        "cursor=%00",
        "cursor=%ff",
        "cursor=" + "A" * 5000,
        "sort=;drop",
        "q=%00",
        "tag=" + "x" * 3000,
        "project=not-an-id",
        "deleted=perhaps",
    ],
)
def test_queries_that_make_no_sense_are_refused_in_words(person: Person, query: str) -> None:
    answer = person.get(f"/workflows?{query}")
    assert answer.status_code == 422, answer.text
    assert answer.json()["error"]["code"] == "invalid"


@pytest.mark.parametrize("query", ["q=%ff%fe", "q=" + "%25" * 200, "unknown=1"])
def test_words_that_nothing_has_find_nothing_and_unknown_members_narrow_nothing(
    person: Person, query: str
) -> None:
    person.post("/workflows", json={"name": "n", "code": "1"})
    answer = person.get(f"/workflows?{query}")
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["items"]) == (1 if query == "unknown=1" else 0)
