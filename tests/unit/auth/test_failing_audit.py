"""No act without its event: with audit tables that take no rows every recorded act fails and changes nothing."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select, text, update

from quantlab_server.audit.tags import AuditTag
from quantlab_server.config import Settings
from quantlab_server.db.base import now
from quantlab_server.db.engine import Database
from quantlab_server.leaving import tasks as leaving
from quantlab_server.models import Base
from tests.unit.auth.world import PASSWORD, Answer, World, unique

Rows = dict[str, list[tuple[Any, ...]]]
Act = Callable[[], Answer]
_TABLES = ("audit_events", "installation_events")


@dataclass
class Log:
    """The audit log and the rest of the database, seen by who owns the tables."""

    owner: Database

    def rows(self) -> Rows:
        """Every row of every table."""
        with self.owner.transaction(writes=False) as uow:
            return {
                table.name: sorted((tuple(row) for row in uow.execute(select(table))), key=repr)
                for table in Base.metadata.sorted_tables
            }

    def tags(self) -> list[str]:
        """What has been recorded."""
        found: list[str] = []
        with self.owner.transaction(writes=False) as uow:
            for name in _TABLES:
                found += uow.execute(select(Base.metadata.tables[name].c.tag)).scalars()
        return sorted(found)

    @contextmanager
    def full(self) -> Iterator[None]:
        """Meanwhile no row can be inserted: triggers of the database refuse it."""
        on_postgresql = self.owner.reads_at_once is False
        self._run(*(_FULL_POSTGRESQL if on_postgresql else _FULL_SQLITE))
        try:
            yield
        finally:
            on = [f"DROP TRIGGER no_room ON {name}" for name in _TABLES]
            self._run(*(on if on_postgresql else [f"DROP TRIGGER no_room_{n}" for n in _TABLES]))

    def _run(self, *statements: str) -> None:
        with self.owner.transaction() as uow:
            for statement in statements:
                uow.execute(text(statement))


_FULL_SQLITE = [
    f"CREATE TRIGGER no_room_{name} BEFORE INSERT ON {name}"
    " BEGIN SELECT RAISE(ABORT, 'no room for an event'); END"
    for name in _TABLES
]
_FULL_POSTGRESQL = [
    "CREATE OR REPLACE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS"
    " $$ BEGIN RAISE EXCEPTION 'no room for an event'; END $$",
    *(
        f"CREATE TRIGGER no_room BEFORE INSERT ON {name} FOR EACH ROW EXECUTE FUNCTION no_room()"
        for name in _TABLES
    ),
]


@pytest.fixture
def log(settings: Settings) -> Iterator[Log]:
    owner = Database(replace(settings, database_url=settings.owner_database_url))
    yield Log(owner)
    # The database is one for all tests of the session: settings are everybody's, and whoever waits to be removed
    # would be, by another test's purge.
    with owner.transaction() as uow:
        uow.execute(delete(Base.metadata.tables["installation_settings"]))
        uow.execute(update(Base.metadata.tables["users"]).values(deleted_at=None, is_leaving=False))
    owner.close()


def somebody(world: World, role: str = "user") -> Any:
    """Signed in with a role."""
    made = world.register(unique())
    if role == "user":
        return made
    world.change_user(made["user"], role=role)
    return world.refresh(made["refresh_token"]).json


def call(world: World, who: Any, method: str, path: str, body: Any = None, etag: int = 0) -> Act:
    headers = {"If-Match": f'"{etag}"'} if etag else {}
    return lambda: world.call(method, path, body, token=who["access_token"], headers=headers)


# -- signing up, in and out ----------------------------------------------------------------------------------------


def register(world: World) -> Act:
    name = unique()
    body = {"username": name, "email": f"{name}@example.com", "password": PASSWORD}
    return lambda: world.call("POST", "/auth/register", body)


def log_in(world: World) -> Act:
    name = somebody(world)["user"]["username"]
    return lambda: world.log_in(name)


def fail_to_log_in(world: World) -> Act:
    name = somebody(world)["user"]["username"]
    return lambda: world.log_in(name, "not that one at all 5")


def log_in_as_nobody(world: World) -> Act:
    name = unique()
    return lambda: world.log_in(name)


def log_out(world: World) -> Act:
    return call(world, somebody(world), "POST", "/auth/logout", {"scope": "all"})


def end_session(world: World) -> Act:
    one = somebody(world)
    world.log_in(one["user"]["username"])
    items = world.call("GET", "/auth/sessions", token=one["access_token"]).json["items"]
    (other,) = [session["id"] for session in items if not session["current"]]
    return call(world, one, "DELETE", f"/auth/sessions/{other}")


def use_an_old_token(world: World) -> Act:
    one = somebody(world)
    last = one["refresh_token"]
    for _ in range(2):
        last = world.refresh(last).json["refresh_token"]
        world.clock.move(60)
    return lambda: world.refresh(one["refresh_token"])


# -- the own account -----------------------------------------------------------------------------------------------


def change_profile(world: World) -> Act:
    return call(world, somebody(world), "PUT", "/auth/profile", {"username": unique()})


def change_password(world: World) -> Act:
    body = {"current_password": PASSWORD, "new_password": "eight grey wolves 92"}
    return call(world, somebody(world), "POST", "/auth/change-password", body)


def make_token(world: World) -> Act:
    body = {"name": "script", "scopes": ["workflows:read"]}
    return call(world, somebody(world), "POST", "/auth/api-tokens", body)


def revoke_token(world: World) -> Act:
    one = somebody(world)
    body = {"name": "script", "scopes": ["workflows:read"]}
    made = call(world, one, "POST", "/auth/api-tokens", body)().json["api_token"]
    return call(world, one, "DELETE", f"/auth/api-tokens/{made['id']}")


def make_kernel_token(world: World) -> Act:
    return call(world, somebody(world), "POST", "/auth/kernel-token", {})


def leave(world: World) -> Act:
    return call(world, somebody(world), "DELETE", "/auth/account")


def export_own_data(world: World) -> Act:
    return call(world, somebody(world), "GET", "/auth/export")


# -- what is saved -------------------------------------------------------------------------------------------------


def make_project(world: World) -> Act:
    return call(world, somebody(world), "POST", "/projects", {"name": "one"})


def delete_project(world: World) -> Act:
    one = somebody(world)
    made = call(world, one, "POST", "/projects", {"name": "one"})().json
    return call(world, one, "DELETE", f"/projects/{made['id']}", etag=1)


def save_new(world: World) -> Act:
    return call(world, somebody(world), "POST", "/workflows", {"name": "one", "code": "x = 1\n"})


def saved(world: World) -> tuple[Any, str]:
    one = somebody(world)
    made = call(world, one, "POST", "/workflows", {"name": "one", "code": "x = 1\n"})()
    assert made.status == 201, made.json
    return one, f"/workflows/{made.json['id']}"


def save(world: World) -> Act:
    one, path = saved(world)
    return call(world, one, "PUT", path, {"code": "x = 2\n"}, etag=1)


def rename(world: World) -> Act:
    one, path = saved(world)
    return call(world, one, "PATCH", path, {"name": "another"}, etag=1)


def restore(world: World) -> Act:
    one, path = saved(world)
    call(world, one, "PUT", path, {"code": "x = 2\n"}, etag=1)()
    return call(world, one, "POST", f"{path}/versions/1/restore", {}, etag=2)


def delete_one(world: World) -> Act:
    one, path = saved(world)
    return call(world, one, "DELETE", path, etag=1)


def take_in(world: World) -> Act:
    one, archive = somebody(world), io.BytesIO()
    with zipfile.ZipFile(archive, "w") as files:
        files.writestr("one.py", "x = 1\n")
    data = archive.getvalue()
    return lambda: world.call("POST", "/import", data, token=one["access_token"])


def undelete_one(world: World) -> Act:
    one, path = saved(world)
    call(world, one, "DELETE", path, etag=1)()
    return call(world, one, "POST", f"{path}/undelete", {})


# -- administration ------------------------------------------------------------------------------------------------


def member(world: World, admin: Any) -> str:
    name = unique()
    body = {"username": name, "email": f"{name}@example.com", "password": PASSWORD}
    return str(call(world, admin, "POST", "/admin/users", body)().json["id"])


def change_role(world: World) -> Act:
    admin = somebody(world, "admin")
    return call(world, admin, "PATCH", f"/admin/users/{member(world, admin)}", {"role": "admin"})


def disable(world: World) -> Act:
    admin = somebody(world, "admin")
    return call(world, admin, "PATCH", f"/admin/users/{member(world, admin)}", {"is_active": False})


def delete_user(world: World) -> Act:
    admin = somebody(world, "admin")
    return call(world, admin, "DELETE", f"/admin/users/{member(world, admin)}")


def sign_somebody_out(world: World) -> Act:
    admin = somebody(world, "admin")
    path = f"/admin/users/{member(world, admin)}/end-sessions"
    return call(world, admin, "POST", path, {})


def invite(world: World) -> Act:
    return call(world, somebody(world, "admin"), "POST", "/admin/invitations", {})


def export_events(world: World) -> Act:
    return call(world, somebody(world, "admin"), "GET", "/admin/audit/export")


def change_settings(world: World) -> Act:
    body = {"registration": "open"}
    return call(world, somebody(world, "operator"), "PATCH", "/admin/settings", body)


def turn_kill_switch(world: World) -> Act:
    body = {"target": "trading", "on": True, "reason": unique()}
    return call(world, somebody(world, "operator"), "POST", "/admin/kill-switch", body)


ACTS = {
    register: AuditTag.ACCOUNT_REGISTERED,
    log_in: AuditTag.LOGIN_SUCCEEDED,
    fail_to_log_in: AuditTag.LOGIN_FAILED,
    log_in_as_nobody: AuditTag.LOGIN_FAILED,
    log_out: AuditTag.LOGOUT,
    end_session: AuditTag.SESSION_ENDED,
    use_an_old_token: AuditTag.TOKEN_REUSED,
    change_profile: AuditTag.PROFILE_CHANGED,
    change_password: AuditTag.PASSWORD_CHANGED,
    make_token: AuditTag.API_TOKEN_CREATED,
    revoke_token: AuditTag.API_TOKEN_REVOKED,
    make_kernel_token: AuditTag.KERNEL_TOKEN_ISSUED,
    leave: AuditTag.ACCOUNT_LEFT,
    export_own_data: AuditTag.OWN_DATA_EXPORTED,
    make_project: AuditTag.PROJECT_CREATED,
    delete_project: AuditTag.PROJECT_DELETED,
    save_new: AuditTag.WORKFLOW_CREATED,
    save: AuditTag.WORKFLOW_SAVED,
    rename: AuditTag.WORKFLOW_CHANGED,
    restore: AuditTag.WORKFLOW_RESTORED,
    delete_one: AuditTag.WORKFLOW_DELETED,
    take_in: AuditTag.WORKFLOW_CREATED,
    undelete_one: AuditTag.WORKFLOW_UNDELETED,
    change_role: AuditTag.USER_ROLE_CHANGED,
    disable: AuditTag.USER_DISABLED,
    delete_user: AuditTag.USER_DELETED,
    sign_somebody_out: AuditTag.USER_SESSIONS_ENDED,
    invite: AuditTag.INVITATION_CREATED,
    export_events: AuditTag.AUDIT_EXPORTED,
    change_settings: AuditTag.SETTINGS_CHANGED,
    turn_kill_switch: AuditTag.KILL_SWITCH_TURNED,
}


@pytest.mark.parametrize("prepare", ACTS, ids=lambda one: one.__name__)
def test_an_act_that_cannot_be_recorded_does_not_happen(
    world: World, log: Log, prepare: Callable[[World], Act]
) -> None:
    act = prepare(world)
    before, told = log.rows(), log.tags()
    with log.full():
        refused = act()
    assert refused.status == 500, refused.json
    assert refused.code == "internal"
    assert "no room" not in str(refused.json)
    assert log.rows() == before
    # It was nothing else that stopped it: with room for events the same request is recorded.
    assert act().status != 500
    added = log.tags()
    for tag in told:
        added.remove(tag)
    assert ACTS[prepare].value in added


def test_an_account_is_not_removed_without_its_event(world: World, log: Log) -> None:
    user = somebody(world)["user"]
    world.change_user(user, is_active=False, deleted_at=now() - timedelta(days=20))
    context = {"tenant_id": UUID(user["tenant_id"]), "user_id": UUID(user["id"])}
    before = log.rows()

    def purge() -> int:
        with world.services.database.transaction(**context) as uow:
            return leaving.purge(world.services.audit, uow, now() - timedelta(days=14))

    with log.full(), pytest.raises(Exception, match="no room"):
        purge()
    assert log.rows() == before
    assert purge() == 1
    assert AuditTag.USER_PURGED.value in log.tags()
