"""Look-ups across the walls between tenants mean the same on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import insert

from quantlab_server.db.base import new_id, now
from quantlab_server.db.engine import Database
from quantlab_server.db.identities import (
    claim_identity,
    drop_identity,
    find_api_token,
    find_identity,
    list_due,
    list_tenants,
    release_identities,
    user_names,
)
from tests.support.database import TABLES, Library, People, library_row


def test_an_identity_is_unique_over_the_installation(database: Database, people: People) -> None:
    with database.transaction(**people.ann.context) as uow:
        assert claim_identity(uow, "username", "ann", *people.ann.context.values())
        assert not claim_identity(uow, "username", "ann", *people.ann.context.values())
    with database.transaction(**people.bob.context) as uow:
        assert not claim_identity(uow, "username", "ann", *people.bob.context.values())
        assert claim_identity(uow, "email", "ann", *people.bob.context.values())
    with database.transaction(writes=False) as uow:
        assert find_identity(uow, "username", "ann") == tuple(people.ann.context.values())
        assert find_identity(uow, "email", "ann") == tuple(people.bob.context.values())
        assert find_identity(uow, "username", "nobody") is None


def test_nobody_claims_or_drops_for_another(database: Database, people: People) -> None:
    with database.transaction(**people.ann.context) as uow:
        assert claim_identity(uow, "username", "ann", *people.ann.context.values())
        with pytest.raises(ValueError, match="another context"):
            claim_identity(uow, "username", "bob", *people.bob.context.values())
    for other in (people.amy, people.bob):
        with database.transaction(**other.context) as uow:
            assert not drop_identity(uow, "username", "ann")
            release_identities(uow, "username", *other.context.values())
    with database.transaction(**people.ann.context) as uow:
        assert find_identity(uow, "username", "ann") is not None
        assert drop_identity(uow, "username", "ann")
        assert find_identity(uow, "username", "ann") is None


def test_releasing_ends_every_identity_of_a_kind(database: Database, people: People) -> None:
    mine = people.ann.context
    with database.transaction(**mine) as uow:
        assert claim_identity(uow, "email", "old@example.org", *mine.values())
        assert claim_identity(uow, "username", "ann", *mine.values())
        release_identities(uow, "email", *mine.values())
        assert claim_identity(uow, "email", "new@example.org", *mine.values())
        assert find_identity(uow, "email", "old@example.org") is None
        assert find_identity(uow, "username", "ann") is not None


def test_a_tenants_name_belongs_to_no_user(database: Database, people: People) -> None:
    with database.transaction(**people.ann.context) as uow:
        assert claim_identity(uow, "tenant", "acme", people.ann.tenant_id, None)
    with database.transaction(**people.bob.context) as uow:
        assert find_identity(uow, "tenant", "acme") == (people.ann.tenant_id, None)
        assert not drop_identity(uow, "tenant", "acme")


def test_jobs_list_tenants_and_who_has_something_due(database: Database, people: People) -> None:
    moment = now()
    with database.transaction(writes=False) as uow:
        assert set(list_tenants(uow)) == {people.ann.tenant_id, people.bob.tenant_id}
        assert list_due(uow, "objects", moment) == []
    with database.transaction(**people.ann.context) as uow:
        made = Library(people.ann, new_id(), new_id().bytes * 2, new_id())
        for name in ("sessions", "refresh_tokens", "idempotency_keys"):
            uow.execute(insert(TABLES[name]), library_row(TABLES[name], made))
        deleted = library_row(
            TABLES["saved_objects"], made, id=new_id(), deleted_at=moment - timedelta(days=31)
        )
        uow.execute(insert(TABLES["saved_objects"]), deleted)
    expected = [tuple(people.ann.context.values())]
    with database.transaction(writes=False) as uow:
        assert list_due(uow, "objects", moment - timedelta(days=30)) == expected
        assert list_due(uow, "objects", moment - timedelta(days=32)) == []
        assert list_due(uow, "keys", now() + timedelta(seconds=1)) == expected
        assert list_due(uow, "sessions", moment) == expected


def test_names_are_known_inside_the_tenant_only(database: Database, people: People) -> None:
    everyone = [person.user_id for person in people.all]
    with database.transaction(writes=False, **people.ann.context) as uow:
        assert user_names(uow, everyone) == {
            people.ann.user_id: "ann",
            people.amy.user_id: "amy",
        }
        assert user_names(uow, []) == {}
    with database.transaction(writes=False) as uow:
        assert user_names(uow, everyone) == {}


def test_an_api_token_is_found_before_anybody_is_known(database: Database, people: People) -> None:
    table = TABLES["api_tokens"]
    row = {
        "id": new_id(),
        "name": "x",
        "token_hash": b"\x00" * 31 + b"\x01",
        "hint": "qlp_0000",
        "scopes": "profile:read",
        "expires_at": now(),
        "created_at": now(),
    }
    with database.transaction(**people.ann.context) as uow:
        uow.execute(insert(table).values(**people.ann.context, **row))
    with database.transaction(writes=False) as uow:
        found = (*people.ann.context.values(), row["id"])
        assert find_api_token(uow, bytes(row["token_hash"])) == found
        assert find_api_token(uow, b"\x00" * 32) is None
    later = now() + timedelta(seconds=1)
    with database.transaction(writes=False) as uow:
        assert list_due(uow, "sessions", later) == [tuple(people.ann.context.values())]
