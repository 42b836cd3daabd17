"""What a share opens to another person of the tenant, and what it does not: seen from raw SQL on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.exc import IntegrityError, ProgrammingError

from quantlab_server.config import Settings
from quantlab_server.db.base import new_id, now
from quantlab_server.db.engine import Database
from tests.support.database import (
    TABLES,
    Library,
    People,
    Person,
    PostgresDatabase,
    library_row,
    make_library,
    make_people,
)

pytestmark = pytest.mark.postgres

OBJECTS, SHARES, VERSIONS = (
    TABLES[name] for name in ("saved_objects", "object_shares", "object_versions")
)
CONTENTS, DRAFTS, TAGS = (TABLES[name] for name in ("contents", "object_drafts", "object_tags"))


@pytest.fixture
def database(
    pg: PostgresDatabase, open_database: Callable[[Settings], Database]
) -> Iterator[Database]:
    return open_database(pg.settings(pool_size=1))


@pytest.fixture
def people(database: Database) -> People:
    return make_people(database)


@pytest.fixture
def anns(pg: PostgresDatabase, people: People) -> Library:
    """An object of Ann's that only she can see."""
    with pg.as_owner() as owner:
        made = make_library(owner, people.ann)
        owner.execute(delete(SHARES))
        return made


def share(database: Database, made: Library, grantee: Person, access: str) -> None:
    with database.transaction(**made.owner.context) as uow:
        uow.execute(insert(SHARES), share_row(made, grantee, access))


def share_row(made: Library, grantee: Person, access: str, **values: Any) -> dict[str, Any]:
    row = library_row(SHARES, made, grantee_id=grantee.user_id, access=access, **values)
    assert row is not None
    return row


def add_person(pg: PostgresDatabase, colleague: Person) -> Person:
    """A third person of a tenant."""
    person = Person(colleague.tenant_id, new_id())
    with pg.as_owner() as owner:
        users = TABLES["users"]
        name = f"cleo{person.user_id.hex}"
        row = {"tenant_id": person.tenant_id, "id": person.user_id}
        owner.execute(insert(users), row | {"username": name, "username_key": name})
    return person


def seen(database: Database, person: Person) -> dict[str, int]:
    """How many rows of each table of the library a person sees."""
    names = (OBJECTS, VERSIONS, CONTENTS, DRAFTS, TAGS, SHARES, TABLES["object_trust"])
    with database.transaction(writes=False, **person.context) as uow:
        return {table.name: len(uow.execute(select(table)).all()) for table in names}


def run(database: Database, person: Person, statement: Any, values: Any = None) -> int:
    with database.transaction(**person.context) as uow:
        return uow.execute(statement, values).rowcount


NOTHING = {
    "saved_objects": 0,
    "object_versions": 0,
    "contents": 0,
    "object_drafts": 0,
    "object_tags": 0,
    "object_shares": 0,
    "object_trust": 0,
}
SHARED = NOTHING | {
    "saved_objects": 1,
    "object_versions": 1,
    "contents": 1,
    "object_tags": 1,
    "object_shares": 1,
}


@pytest.mark.parametrize("access", ["view", "edit"])
def test_a_share_shows_one_object_to_one_person(
    access: str, database: Database, people: People, anns: Library, pg: PostgresDatabase
) -> None:
    with pg.as_owner() as owner:
        make_library(owner, people.ann)  # another object, not shared
        owner.execute(delete(SHARES))
    assert seen(database, people.amy) == NOTHING
    share(database, anns, people.amy, access)
    # The owner's draft and trust stay the owner's.
    assert seen(database, people.amy) == SHARED
    assert seen(database, people.bob) == NOTHING


@pytest.mark.parametrize("end", ["revoked", "deleted"])
def test_access_ends_with_the_share_and_with_the_object(
    end: str, database: Database, people: People, anns: Library
) -> None:
    share(database, anns, people.amy, "edit")
    if end == "revoked":
        run(database, people.ann, delete(SHARES))
        assert seen(database, people.amy) == NOTHING
    else:
        run(database, people.ann, update(OBJECTS).values(deleted_at=now()))
        assert seen(database, people.amy) == NOTHING | {"object_shares": 1}


def test_a_viewer_changes_nothing(database: Database, people: People, anns: Library) -> None:
    share(database, anns, people.amy, "view")
    for statement in (
        update(OBJECTS).values(name="mine now"),
        delete(OBJECTS),
        delete(VERSIONS),
        delete(CONTENTS),
        delete(TAGS),
        update(SHARES).values(access="edit"),
    ):
        assert run(database, people.amy, statement) == 0
    for table, values in (
        (VERSIONS, {"version": 2, "author_id": people.amy.user_id}),
        (CONTENTS, {"hash": new_id().bytes * 2}),
        (TAGS, {"tag_key": "new"}),
    ):
        with pytest.raises(ProgrammingError, match="row-level security"):
            run(database, people.amy, insert(table), library_row(table, anns, **values))


def test_an_editor_adds_versions_for_the_owner(
    database: Database, people: People, anns: Library
) -> None:
    share(database, anns, people.amy, "edit")
    content = library_row(CONTENTS, anns, hash=new_id().bytes * 2)
    assert content is not None
    version = library_row(
        VERSIONS,
        anns,
        version=2,
        author_id=people.amy.user_id,
        content_hash=content["hash"],
    )
    with database.transaction(**people.amy.context) as uow:
        uow.execute(insert(VERSIONS), version)
        uow.execute(insert(CONTENTS), content)
        assert uow.execute(update(OBJECTS).values(version=2)).rowcount == 1
    with database.transaction(writes=False, **people.ann.context) as uow:
        authors = uow.execute(select(VERSIONS.c.author_id).order_by(VERSIONS.c.version)).scalars()
        assert list(authors) == [people.ann.user_id, people.amy.user_id]
        assert len(uow.execute(select(CONTENTS)).all()) == 2


def test_an_editor_is_no_owner(database: Database, people: People, anns: Library) -> None:
    share(database, anns, people.amy, "edit")
    for statement in (delete(OBJECTS), delete(VERSIONS), delete(CONTENTS)):
        assert run(database, people.amy, statement) == 0
    for values in (
        {"user_id": people.amy.user_id},  # take it over
        {"user_id": people.bob.user_id},
        {"tenant_id": people.bob.tenant_id},
        {"deleted_at": now()},  # delete it softly
    ):
        with pytest.raises((ProgrammingError, IntegrityError)):
            run(database, people.amy, update(OBJECTS).values(values))
    with pytest.raises((ProgrammingError, IntegrityError)):
        run(database, people.amy, insert(SHARES), share_row(anns, people.amy, "edit"))
    mine = Library(people.amy, anns.object_id, anns.content_hash, anns.session_id)
    with pytest.raises(IntegrityError):
        # Signed as the owner of what is another's: the foreign key goes through the owner.
        run(database, people.amy, insert(SHARES), share_row(mine, people.ben, "edit"))
    with pytest.raises(ProgrammingError):
        row = library_row(VERSIONS, anns, version=2, author_id=people.ann.user_id)
        run(database, people.amy, insert(VERSIONS), row)


@pytest.mark.parametrize("access", ["view", "edit"])
def test_who_leaves_ends_their_own_access_only(
    access: str, database: Database, people: People, anns: Library, pg: PostgresDatabase
) -> None:
    cleo = add_person(pg, people.ann)
    for person in (people.amy, cleo):
        share(database, anns, person, access)
    assert run(database, people.amy, delete(SHARES)) == 1
    assert seen(database, people.amy) == NOTHING
    assert seen(database, cleo) == SHARED
    assert seen(database, people.ann)["object_shares"] == 1


def test_only_who_has_access_learns_who_else_has(
    database: Database, people: People, anns: Library, pg: PostgresDatabase
) -> None:
    cleo = add_person(pg, people.ann)
    share(database, anns, people.amy, "view")
    share(database, anns, cleo, "edit")
    with pg.as_owner() as owner:
        other = make_library(owner, people.ann)  # another object of hers, shared with nobody
        owner.execute(delete(SHARES).where(SHARES.c.object_id == other.object_id))
    asked = text("SELECT grantee_id, access FROM quantlab_object_shares(:id)")

    def learns(person: Person, made: Library) -> set[tuple[Any, ...]]:
        with database.transaction(writes=False, **person.context) as uow:
            return {tuple(row) for row in uow.execute(asked, {"id": made.object_id})}

    everyone = {(people.amy.user_id, "view"), (cleo.user_id, "edit")}
    for person in (people.ann, people.amy, cleo):
        assert learns(person, anns) == everyone
        assert learns(person, other) == set()
    for stranger in (people.bob, people.ben):
        assert learns(stranger, anns) == set()
    run(database, people.ann, delete(SHARES).where(SHARES.c.grantee_id == cleo.user_id))
    assert learns(cleo, anns) == set()
    assert learns(people.amy, anns) == {(people.amy.user_id, "view")}


def test_people_are_found_in_their_own_tenant(database: Database, people: People) -> None:
    found = text("SELECT id FROM quantlab_people_like('%')")
    for person, colleague in (
        (people.ann, people.amy),
        (people.amy, people.ann),
        (people.bob, people.ben),
    ):
        with database.transaction(writes=False, **person.context) as uow:
            assert list(uow.execute(found).scalars()) == [colleague.user_id]
    with database.transaction(writes=False) as uow:
        assert list(uow.execute(found).scalars()) == []


def test_nobody_shares_with_themselves_what_is_anothers(
    database: Database, people: People, anns: Library
) -> None:
    for thief in (people.amy, people.bob):
        for made in (anns, Library(thief, anns.object_id, anns.content_hash, anns.session_id)):
            with pytest.raises((ProgrammingError, IntegrityError)):
                run(database, thief, insert(SHARES), share_row(made, thief, "edit"))
        assert seen(database, thief) == NOTHING


def test_nothing_is_shared_across_tenants(
    database: Database, people: People, anns: Library, pg: PostgresDatabase
) -> None:
    with pytest.raises(IntegrityError):
        share(database, anns, people.bob, "view")
    # Even a row that says so (no foreign key would let it in) opens nothing: the tenant's policy is restrictive.
    with pg.superuser() as admin:
        admin.execute("ALTER TABLE object_shares DROP CONSTRAINT fk_object_shares_grantee")
        admin.execute(
            "INSERT INTO object_shares (tenant_id, object_id, grantee_id, user_id, access, created_at)"
            " VALUES (%s, %s, %s, %s, 'edit', now())",
            (
                anns.owner.tenant_id,
                anns.object_id,
                people.bob.user_id,
                anns.owner.user_id,
            ),
        )
    assert seen(database, people.bob) == NOTHING


def test_drafts_are_each_persons_own(database: Database, people: People, anns: Library) -> None:
    draft = library_row(DRAFTS, anns, drafter_id=people.amy.user_id)
    with pytest.raises(ProgrammingError, match="row-level security"):
        run(database, people.amy, insert(DRAFTS), draft)
    share(database, anns, people.amy, "edit")
    run(database, people.amy, insert(DRAFTS), draft)
    assert seen(database, people.amy)["object_drafts"] == 1
    assert seen(database, people.ann)["object_drafts"] == 1
    assert run(database, people.amy, delete(DRAFTS)) == 1
    assert seen(database, people.ann)["object_drafts"] == 1
    with pytest.raises(ProgrammingError):
        forged = library_row(DRAFTS, anns, drafter_id=people.ben.user_id)
        run(database, people.amy, insert(DRAFTS), forged)


def test_a_page_of_own_objects_uses_its_index(
    database: Database, people: People, anns: Library, pg: PostgresDatabase
) -> None:
    """The policies of shares cost a list of own objects no scan."""
    with pg.as_owner() as owner:
        owner.execute(
            text(
                "INSERT INTO saved_objects (tenant_id, id, user_id, resource, kind, name, name_key, description,"
                " tags, search_text, project_key, pinned, version, content_hash, size, created_at, updated_at)"
                " SELECT o.tenant_id, gen_random_uuid(), o.user_id, 'workflows', 'python', g::text, g::text, '',"
                " '', '', o.project_key, false, 1, o.content_hash, 1, now(), now() + g * interval '1 second'"
                " FROM saved_objects o, generate_series(1, 3000) g WHERE o.id = :id"
            ),
            {"id": anns.object_id},
        )
        owner.execute(text("ANALYZE saved_objects"))
    query = (
        "EXPLAIN SELECT id FROM saved_objects WHERE tenant_id = '{tenant_id}' AND user_id = '{user_id}'"
        " AND resource = 'workflows' AND deleted_at IS NULL ORDER BY updated_at DESC, id DESC LIMIT 51"
    ).format(**people.ann.context)
    with database.transaction(writes=False, **people.ann.context) as uow:
        plan = "\n".join(uow.execute(text(query)).scalars())
    assert "ix_saved_objects_recent" in plan, plan
    assert "Seq Scan on saved_objects" not in plan, plan
    assert "Sort" not in plan, plan
