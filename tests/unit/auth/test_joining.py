"""Joining another tenant with an account: all of the person moves, at once, or nothing does."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Uuid, and_, delete, func, insert, select, update

from quantlab_server.config import Settings
from quantlab_server.db import moving, postgresql, sqlite
from quantlab_server.db.base import new_id
from quantlab_server.db.engine import parse_url
from tests.support.database import TABLES, Person, library_row, make_library
from tests.unit.auth.test_second_factors import code, enrol
from tests.unit.auth.test_second_factors import log_in as log_in_with
from tests.unit.auth.world import Answer, World, unique

# The tenant's record; and who wrote a version of what belongs to somebody who stays.
REMAINS = {"audit_events": {"user_id", "actor_id", "subject_id"}, "object_versions": {"author_id"}}


@contextmanager
def owner_of(settings: Settings) -> Iterator[Connection]:
    """A connection of whoever owns the tables."""
    url = parse_url(settings.owner_database_url)
    if url.get_backend_name() == "postgresql":
        engine = postgresql.make_engine(url, settings.database)
    else:
        engine = sqlite.make_engine(Path(url.database or ""), settings.data_dir, 5000)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def person_of(tokens: Any) -> Person:
    return Person(UUID(tokens["user"]["tenant_id"]), UUID(tokens["user"]["id"]))


def admin_of(world: World) -> Any:
    """An administrator of a tenant of its own; the tokens."""
    made = world.register(unique())
    world.change_user(made["user"], role="admin")
    return world.refresh(made["refresh_token"]).json


def invite(world: World, admin: Any, **body: Any) -> str:
    made = world.call("POST", "/admin/invitations", body, token=admin["access_token"])
    assert made.status == 201, made.json
    return str(made.json["token"])


def accept(world: World, person: Any, token: str) -> Answer:
    body = {"token": token, "transport": "body"}
    return world.call("POST", "/auth/invitation/accept", body, token=person["access_token"])


def counts(connection: Connection, person: Person) -> dict[tuple[str, str], int]:
    """In how many rows of its tenant a person is named, by table and column."""
    found = {}
    for table in TABLES.values():
        if "tenant_id" not in table.columns:
            continue
        for column in table.columns:
            if column.name == "tenant_id" or not isinstance(column.type, Uuid):
                continue
            here = and_(table.c.tenant_id == person.tenant_id, column == person.user_id)
            number = connection.execute(select(func.count()).select_from(table).where(here))
            if count := number.scalar_one():
                found[table.name, column.name] = count
    return found


def join(connection: Connection, person: Person, tenant_id: UUID) -> Person:
    """Another person of a tenant, with something saved."""
    colleague, name = Person(tenant_id, new_id()), unique()
    row = {"tenant_id": tenant_id, "id": colleague.user_id, "username": name, "username_key": name}
    connection.execute(insert(TABLES["users"]), row)
    made, mine = make_library(connection, colleague), make_library(connection, person)
    # Each has something to do with what the other has.
    for library, other in ((made, person), (mine, colleague)):
        for name, column in (
            ("object_shares", "grantee_id"),
            ("object_drafts", "drafter_id"),
            ("object_trust", "person_id"),
            ("object_openings", "person_id"),
        ):
            connection.execute(
                insert(TABLES[name]), library_row(TABLES[name], library, **{column: other.user_id})
            )
        versions = TABLES["object_versions"]
        written = {"version": 2, "author_id": other.user_id}
        connection.execute(insert(versions), library_row(versions, library, **written))
    return colleague


def test_everything_of_the_person_moves_and_nothing_stays(world: World, settings: Settings) -> None:
    admin, name = admin_of(world), unique()
    mover = world.register(name)
    app, codes = enrol(world, mover)
    old = person_of(mover)
    with owner_of(settings) as owner:
        colleague = join(owner, old, old.tenant_id)
        had, theirs = counts(owner, old), counts(owner, colleague)
    answer = accept(world, mover, invite(world, admin, role="admin"))
    assert answer.status == 200, answer.json
    user = answer.json["user"]
    assert (user["tenant_id"], user["role"]) == (admin["user"]["tenant_id"], "admin")
    assert (user["id"], user["username"]) == (mover["user"]["id"], name)
    new = person_of(answer.json)
    with owner_of(settings) as owner:
        left, has = counts(owner, old), counts(owner, new)
        stayed = counts(owner, colleague)
    for table, column in left:
        assert column in REMAINS.get(table, ()), f"{table}.{column} still names the person"
    assert left["object_versions", "author_id"] == 1
    for table in moving.moves():
        key = (table, "id" if table == "users" else "user_id")
        if table == "login_identities":
            assert has[key] >= 2
        elif table in moving.ENDS:
            assert has[key] == 1  # the own one; others' are over
        else:
            assert has[key] == had[key], table
    # What a colleague wrote into it is still the colleague's.
    assert has["object_versions", "author_id"] == had["object_versions", "author_id"] - 1
    # Of the colleague only went what hung on the other's things.
    gone = {"object_shares", "object_drafts", "object_trust", "object_openings", "object_versions"}
    for (table, column), number in theirs.items():
        went = table in gone and (table, column) != ("object_versions", "user_id")
        assert stayed.get((table, column), 0) == number - went, (table, column)
    # One session goes on; whatever was signed in before is not any more.
    assert not world.is_signed_in(mover["access_token"])
    assert world.refresh(mover["refresh_token"]).status == 401
    assert world.is_signed_in(answer.json["access_token"])
    assert world.refresh(answer.json["refresh_token"]).status == 200
    # The factors work.
    assert log_in_with(world, mover).code == "otp_required"
    assert log_in_with(world, mover, code(world, app)).status == 200
    assert log_in_with(world, mover, codes[0]).status == 200
    with owner_of(settings) as owner:
        events = TABLES["audit_events"]
        for person, tag in ((old, "account:tenant:left"), (new, "account:tenant:joined")):
            here = (events.c.tenant_id == person.tenant_id, events.c.user_id == person.user_id)
            assert tag in owner.execute(select(events.c.tag).where(*here)).scalars().all()
        # The sample of a mail is of no kind that a sender of another test could send.
        mails = TABLES["outgoing_mail"]
        owner.execute(delete(mails).where(mails.c.user_id.in_([new.user_id, colleague.user_id])))


def saved(world: World, tokens: Any) -> set[str]:
    listed = world.call("GET", "/workflows", token=tokens["access_token"])
    assert listed.status == 200, listed.json
    return {item["name"] for item in listed.json["items"]}


def save(tokens: Any, name: str) -> tuple[Any, ...]:
    return ("POST", "/workflows", {"name": name, "code": "x = 1"})


def test_what_is_saved_is_there_afterwards(world: World) -> None:
    admin, mover = admin_of(world), world.register(unique())
    made = world.call(*save(mover, "mine"), token=mover["access_token"])
    assert made.status == 201, made.json
    path = f"/workflows/{made.json['id']}"
    made_token = world.call(
        "POST",
        "/auth/api-tokens",
        {"name": "script", "scopes": ["workflows:read"]},
        token=mover["access_token"],
    ).json["token"]
    moved = accept(world, mover, invite(world, admin))
    assert moved.status == 200
    opened = world.call("GET", path, token=moved.json["access_token"])
    assert (opened.status, opened.json["code"]) == (200, "x = 1")
    # A script of the person's goes on.
    assert world.call("GET", path, bearer=made_token).json["code"] == "x = 1"
    # The administrator of the new tenant has no look into it.
    assert world.call("GET", path, token=admin["access_token"]).code == "not_found"
    used = world.call("GET", "/auth/profile", token=moved.json["access_token"]).json["quotas"]
    assert used["workflows"]["used"] == 1


def test_an_empty_personal_tenant_goes_and_its_events_stay(
    world: World, settings: Settings
) -> None:
    admin, alone, host = admin_of(world), world.register(unique()), admin_of(world)
    guest = accept(world, world.register(unique()), invite(world, host, role="admin"))
    assert guest.status == 200
    for mover in (alone, host):
        assert accept(world, mover, invite(world, admin)).status == 200
    with owner_of(settings) as owner:
        tenants, events = TABLES["tenants"], TABLES["audit_events"]
        names = select(tenants.c.name)
        was, still = person_of(alone).tenant_id, person_of(host).tenant_id
        assert owner.execute(names.where(tenants.c.id == was)).all() == []
        # It has its first person's name as long as somebody is in it.
        kept = owner.execute(names.where(tenants.c.id == still)).scalar_one()
        assert kept == host["user"]["username"]
        tags = owner.execute(select(events.c.tag).where(events.c.tenant_id == was)).scalars().all()
        assert "account:tenant:left" in tags
    # Who is in there goes on.
    assert world.is_signed_in(guest.json["access_token"])


def test_an_invitation_that_is_no_good_moves_nobody(world: World) -> None:
    admin, mover = admin_of(world), world.register(unique())
    bound = invite(world, admin, email="somebody.else@example.com")
    spent = invite(world, admin)
    assert accept(world, world.register(unique()), spent).status == 200
    for token in (bound, spent, "nonsense", "\x00"):
        refused = accept(world, mover, token)
        assert (refused.status, refused.code) == (403, "invitation_invalid")
    assert accept(world, admin, invite(world, admin)).code == "already_member"
    assert world.is_signed_in(mover["access_token"])
    own = invite(world, admin, email=mover["user"]["email"].upper())
    assert accept(world, mover, own).status == 200


def test_the_last_admin_of_others_stays(world: World, settings: Settings) -> None:
    admin, target = admin_of(world), admin_of(world)
    assert accept(world, world.register(unique()), invite(world, admin)).status == 200
    token = invite(world, target)
    assert accept(world, admin, token).code == "last_admin"
    # Somebody else looks after them.
    second = accept(world, world.register(unique()), invite(world, admin, role="admin"))
    assert second.status == 200
    moved = accept(world, admin, token)
    assert (moved.status, moved.json["user"]["role"]) == (200, "user")
    # Alone, nobody is left behind.
    alone = admin_of(world)
    assert accept(world, alone, invite(world, target)).status == 200


def test_what_cannot_move_is_said_before_anything_changes(world: World, settings: Settings) -> None:
    admin, mover = admin_of(world), world.register(unique())
    enrol(world, mover)
    person, token = person_of(mover), invite(world, admin)
    totp, once = TABLES["totp_factors"], TABLES["one_time_tokens"]
    mine = (totp.c.tenant_id == person.tenant_id, totp.c.user_id == person.user_id)
    with owner_of(settings) as owner:
        before = owner.execute(select(totp.c.kid, totp.c.secret).where(*mine)).one()
        owner.execute(update(totp).where(*mine).values(secret=secrets.token_bytes(48)))
    refused = accept(world, mover, token)
    assert (refused.status, refused.code) == (409, "cannot_move")
    assert "app for codes" in refused.json["error"]["message"]
    with owner_of(settings) as owner:
        owner.execute(update(totp).where(*mine).values(secret=before.secret))
        row = {
            "tenant_id": person.tenant_id,
            "user_id": person.user_id,
            "id": new_id(),
            "purpose": "revert_email",
            "email": "former@example.com",
            "email_key": "former@example.com",
            "token_hash": secrets.token_bytes(32),
            "created_at": datetime.now(UTC),
            "expires_at": datetime.now(UTC) + timedelta(days=1),
        }
        owner.execute(insert(once), row)
    refused = accept(world, mover, token)
    assert (refused.status, refused.code) == (409, "cannot_move")
    assert "address" in refused.json["error"]["message"]
    assert world.is_signed_in(mover["access_token"])
    with owner_of(settings) as owner:
        owner.execute(
            update(once).where(once.c.id == row["id"]).values(expires_at=row["created_at"])
        )
    assert accept(world, mover, token).status == 200


def test_of_two_at_once_one_moves(world: World) -> None:
    first, second = admin_of(world), admin_of(world)
    mover, rival = world.register(unique()), world.register(unique())
    path, tokens = "/auth/invitation/accept", [invite(world, one) for one in (first, second)]

    async def race(requests: list[tuple[Any, str]]) -> list[Answer]:
        return await asyncio.gather(
            *(
                world.send("POST", path, {"token": token}, token=person["access_token"])
                for person, token in requests
            )
        )

    # One person, two tenants.
    answers = world.run(race([(mover, token) for token in tokens]))
    assert sorted(answer.status for answer in answers) in ([200, 401], [200, 404])
    # Two people, one invitation.
    shared = invite(world, first)
    third = world.register(unique())
    answers = world.run(race([(rival, shared), (third, shared)]))
    assert sorted(answer.status for answer in answers) == [200, 403]


def test_what_is_saved_meanwhile_moves_along_or_is_refused(
    world: World, settings: Settings
) -> None:
    admin, mover = admin_of(world), world.register(unique())
    token, mine = invite(world, admin), mover["access_token"]
    made = world.call(*save(mover, "first"), token=mine).json

    async def race() -> tuple[Answer, list[Answer]]:
        accepting = world.send("POST", "/auth/invitation/accept", {"token": token}, token=mine)
        news = [world.send(*save(mover, f"new {n}"), token=mine) for n in range(6)]
        again = [
            world.send(
                "PUT",
                f"/workflows/{made['id']}",
                {"code": f"x = {n}"},
                token=mine,
                headers={"If-Match": '"1"'},
            )
            for n in range(2, 5)
        ]
        answers = await asyncio.gather(*news[:3], *again[:1], accepting, *news[3:], *again[1:])
        (accepted,) = (one for one in answers if "access_token" in (one.json or {}))
        return accepted, [one for one in answers if one is not accepted]

    accepted, saves = world.run(race())
    assert accepted.status == 200
    # Whatever was answered with success is where the person is now; nothing is left behind.
    kept = {one.json["name"] for one in saves if one.status == 201}
    assert saved(world, accepted.json) == kept | {"first"}
    assert {one.status for one in saves} <= {200, 201, 401, 404, 409, 412, 503}
    with owner_of(settings) as owner:
        assert {table for table, _ in counts(owner, person_of(mover))} <= {"audit_events"}
