"""The commands of an operator, on real databases: what they say, and how they leave."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from quantlab_server.auth.keys import generate_keyring
from quantlab_server.cli import main
from quantlab_server.db.roles import init_roles
from tests.support.central import BACKUP, OWNER, RUNTIME
from tests.support.database import PostgresDatabase
from tests.support.mail import PUBLIC_URL, Mailbox
from tests.support.postgres import PostgresUrls
from tests.support.process import base_environment, tool

Quantlab = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """None of the machine's own settings."""
    import os

    for name in list(os.environ):
        if name.startswith(("QUANTLAB_", "JUPYTERHUB_")) and "TEST" not in name:
            monkeypatch.delenv(name)
    monkeypatch.setenv("QUANTLAB_DATA_DIR", str(tmp_path / "data"))


@pytest.fixture
def quantlab(capsys: pytest.CaptureFixture[str]) -> Quantlab:
    """Runs a command: status, output, errors."""

    def run(*arguments: str) -> tuple[int, str, str]:
        try:
            status = main(arguments)
        except SystemExit as left:
            status = int(left.code or 0)
        out, err = capsys.readouterr()
        return status, out, err

    return run


@pytest.fixture
def configured(pg: PostgresDatabase, monkeypatch: pytest.MonkeyPatch) -> PostgresDatabase:
    """The environment names a prepared PostgreSQL database."""
    for name, value in environment(pg).items():
        monkeypatch.setenv(name, value)
    return pg


def environment(pg: PostgresDatabase) -> dict[str, str]:
    return {
        "QUANTLAB_DATABASE_URL": pg.url(RUNTIME),
        "QUANTLAB_OWNER_DATABASE_URL": pg.url(OWNER),
        "QUANTLAB_BACKUP_DATABASE_URL": pg.url(BACKUP),
    }


@pytest.mark.parametrize("arguments", [[], ["db"]])
def test_alone_it_shows_what_there_is(quantlab: Quantlab, arguments: list[str]) -> None:
    status, out, _ = quantlab(*arguments)
    assert status == 2
    assert "commands:" in out
    assert "check" in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["dbb"], "did you mean 'db'?"),
        (["db", "upgrad"], "did you mean 'upgrade'?"),
        (["xyzzy"], "there is no command 'xyzzy' (there is: serve, db,"),
        (["db", "upgrade", "--force"], "--force"),
        (["db", "upgrade", "--conf", "x"], "--conf"),
    ],
)
def test_a_mistyped_call_is_told_what_was_meant(
    quantlab: Quantlab, arguments: list[str], said: str
) -> None:
    status, out, err = quantlab(*arguments)
    assert (status, out) == (2, "")
    assert said in err
    assert "--help" in err


def test_a_missing_configuration_file_is_named(quantlab: Quantlab) -> None:
    status, _, err = quantlab("db", "check", "--config", "/nowhere/config.py")
    assert status == 1
    assert "config.py" in err


def test_a_wrong_setting_is_named(quantlab: Quantlab, tmp_path: Path) -> None:
    file = tmp_path / "config.py"
    file.write_text("c.DatabaseSettings.pool_size = 'many'\n")
    status, _, err = quantlab("db", "check", "--config", str(file))
    assert status == 1
    assert "pool_size" in err
    status, out, _ = quantlab("doctor", "--config", str(file))
    assert status == 1
    assert "pool_size" in out


@pytest.mark.parametrize("name", ["quantlab", "jupyter"])
def test_both_console_scripts_work(name: str) -> None:
    command = [tool(name)] + (["quantlab"] if name == "jupyter" else [])
    done = subprocess.run(
        [*command, "db", "--help"],
        env=base_environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "init-roles" in done.stdout


def test_sqlite_is_upgraded_and_checked(quantlab: Quantlab, tmp_path: Path) -> None:
    status, out, _ = quantlab("db", "check")
    assert status == 1
    assert "Run: quantlab db upgrade" in out
    status, out, _ = quantlab("db", "upgrade")
    assert status == 0
    assert "up to date" in out
    assert quantlab("db", "check")[0] == 0
    assert (tmp_path / "data" / "quantlab.sqlite3").exists()


def test_roles_are_for_postgresql(quantlab: Quantlab) -> None:
    status, _, err = quantlab("db", "init-roles", "--admin-url", "sqlite:////tmp/x")
    assert status == 1
    assert "PostgreSQL" in err
    status, _, err = quantlab("db", "init-roles")
    assert status == 1
    assert "QUANTLAB_ADMIN_DATABASE_URL" in err


@pytest.mark.postgres
def test_upgrade_and_check(quantlab: Quantlab, configured: PostgresDatabase) -> None:
    assert quantlab("db", "upgrade")[0] == 0
    assert quantlab("db", "check")[0] == 0
    with configured.superuser() as admin:
        admin.execute("DROP POLICY tenant ON projects")
    status, out, err = quantlab("db", "check")
    assert status == 1
    assert "problem  tenant-policy: table projects" in out
    assert "Run: quantlab db upgrade" in out
    assert "does not start" in err
    assert quantlab("db", "upgrade")[0] == 0


@pytest.mark.postgres
def test_a_wrong_password_is_a_problem_and_stays_secret(
    quantlab: Quantlab, configured: PostgresDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = configured.url(("ql_runtime", "my-secret-password"))
    monkeypatch.setenv("QUANTLAB_DATABASE_URL", wrong)
    for arguments in (["db", "check"], ["doctor"]):
        status, out, err = quantlab(*arguments)
        assert status == 1
        assert "QUANTLAB_DATABASE_URL" in out + err
        assert "my-secret" not in out + err
    monkeypatch.setenv("QUANTLAB_OWNER_DATABASE_URL", wrong.replace("runtime", "owner"))
    status, out, err = quantlab("db", "upgrade")
    assert status == 1
    assert "could not be upgraded" in err
    assert "my-secret" not in out + err


# -- roles ---------------------------------------------------------------------------------------------------------

# Roles belong to the whole server: these tests use names of their own, so that others keep their passwords.
OTHERS = {
    "owner_url": ("qlt_owner", "owner-pass"),
    "runtime_url": ("qlt_runtime", "runtime-pass"),
    "backup_url": ("qlt_backup", "backup-pass"),
}

SETTINGS = {
    "owner_url": "QUANTLAB_OWNER_DATABASE_URL",
    "runtime_url": "QUANTLAB_DATABASE_URL",
    "backup_url": "QUANTLAB_BACKUP_DATABASE_URL",
}


@pytest.fixture
def bare(postgres: PostgresUrls, tmp_path: Path) -> Iterator[PostgresDatabase]:
    """A database without anything, and no roles of the names above."""
    database = PostgresDatabase(postgres, postgres.create_database("roles"), tmp_path)
    yield database
    postgres.drop_database(database.name)
    with postgres.connect() as admin:
        for name, _ in OTHERS.values():
            admin.execute(f"DROP ROLE IF EXISTS {name}".encode())


def test_roles_are_made_from_the_configured_urls(bare: PostgresDatabase) -> None:
    urls = {key: bare.url(role) for key, role in OTHERS.items()}
    for _ in range(2):
        report = init_roles(bare.url(), **urls)
        assert report.urls == {}, "nothing to set: the passwords were given"
    for role in OTHERS.values():
        with psycopg.connect(bare.url(role).replace("+psycopg", "")) as connection:
            row = connection.execute(
                "SELECT rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
        assert row == (False, role[0] == "qlt_backup", False)
    with bare.superuser() as admin:
        hashed = admin.execute(
            "SELECT rolpassword FROM pg_authid WHERE rolname = 'qlt_runtime'"
        ).fetchone()
        lookup = admin.execute(
            "SELECT rolcanlogin, rolbypassrls FROM pg_roles WHERE rolname = 'ql_lookup'"
        ).fetchone()
    assert hashed is not None
    assert str(hashed[0]).startswith("SCRAM-SHA-256$")
    assert lookup == (False, False)


def test_passwords_are_printed_once(
    quantlab: Quantlab, bare: PostgresDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUANTLAB_ADMIN_DATABASE_URL", bare.url())
    for key, (name, _) in OTHERS.items():
        monkeypatch.setenv(SETTINGS[key], f"postgresql://{name}@127.0.0.1/{bare.name}")
    status, out, err = quantlab("db", "init-roles")
    assert status == 0, err
    urls = dict(line.split("=", 1) for line in out.splitlines() if "DATABASE_URL=" in line)
    assert set(urls) == set(SETTINGS.values())
    for url in urls.values():
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    status, out, _ = quantlab("db", "init-roles")
    assert status == 0
    assert "DATABASE_URL=" not in out
    for url in urls.values():
        psycopg.connect(url).close()
    status, out, _ = quantlab("db", "init-roles", "--reset-passwords")
    assert out.count("DATABASE_URL=") == 3
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(urls["QUANTLAB_DATABASE_URL"])
    for setting, url in urls.items():
        assert url not in out, setting
    # What was printed is all that upgrade and check need.
    for line in out.splitlines():
        if "DATABASE_URL=" in line:
            monkeypatch.setenv(*line.split("=", 1))
    status, out, err = quantlab("db", "upgrade")
    assert status == 0, out + err


def test_a_superuser_is_no_runtime_role(bare: PostgresDatabase) -> None:
    with pytest.raises(ValueError, match="different roles"):
        init_roles(bare.url(), runtime_url=bare.url())
    with bare.superuser() as admin:
        admin.execute("CREATE ROLE qlt_runtime SUPERUSER")
    with pytest.raises(ValueError, match="superuser"):
        init_roles(bare.url(), runtime_url=bare.url(("qlt_runtime", "x")))


def test_only_a_superuser_makes_roles(
    quantlab: Quantlab,
    pg: PostgresDatabase,
    bare: PostgresDatabase,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for key, role in OTHERS.items():
        monkeypatch.setenv(SETTINGS[key], bare.url(role))
    status, _, err = quantlab("db", "init-roles", "--admin-url", bare.url(RUNTIME))
    assert status == 1
    assert "superuser" in err
    assert RUNTIME[1] not in err


# -- doctor --------------------------------------------------------------------------------------------------------


def lines(out: str) -> dict[str, str]:
    """State of each subject."""
    return {line[9:23].strip(): line[:8].strip() for line in out.splitlines()}


def test_doctor_before_the_first_start(quantlab: Quantlab) -> None:
    _, out, _ = quantlab("doctor")
    found = lines(out)
    assert found["configuration"] == "ok"
    assert found["database"] == "ok"
    assert found["keys"] == "ok"
    assert "made at the first start" in out


@pytest.mark.postgres
def test_doctor_of_a_service(
    quantlab: Quantlab,
    configured: PostgresDatabase,
    monkeypatch: pytest.MonkeyPatch,
    redis_url: str,
) -> None:
    status, out, _ = quantlab("doctor")
    assert status == 1
    assert lines(out)["keys"] == "problem"
    monkeypatch.setenv("QUANTLAB_KEYS", json.dumps(generate_keyring()))
    monkeypatch.setenv("QUANTLAB_REDIS_URL", redis_url)
    status, out, _ = quantlab("doctor")
    assert status == 0, out
    assert lines(out)["redis"] == "ok"
    monkeypatch.setenv("QUANTLAB_REDIS_URL", "redis://:hidden-pass@127.0.0.1:1/0")
    with configured.superuser() as admin:
        admin.execute("ALTER TABLE users NO FORCE ROW LEVEL SECURITY")
    status, out, _ = quantlab("doctor")
    assert status == 1
    assert lines(out)["redis"] == "problem"
    assert "rls-not-forced: table users" in out
    assert "hidden-pass" not in out


def test_doctor_sees_a_hub_with_one_origin_and_a_url_in_a_users_server(
    quantlab: Quantlab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUPYTERHUB_SERVICE_PREFIX", "/user/ann/")
    monkeypatch.setenv("JUPYTERHUB_USER", "ann")
    monkeypatch.setenv("QUANTLAB_DATABASE_URL", "postgresql://u:p@127.0.0.1:1/d")
    status, out, _ = quantlab("doctor")
    assert status == 1
    assert "subdomain_host" in out
    assert "Unset QUANTLAB_DATABASE_URL" in out


@pytest.mark.postgres
def test_doctor_asks_the_mail_server(
    quantlab: Quantlab, configured: PostgresDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUANTLAB_KEYS", json.dumps(generate_keyring()))
    _, out, _ = quantlab("doctor")
    assert lines(out)["mail"] == "note"
    assert "quantlab user reset-password" in out
    box = Mailbox()
    box.start()
    monkeypatch.setenv("QUANTLAB_SMTP_URL", f"smtp://post:hidden-pass@127.0.0.1:{box.port}")
    _, out, _ = quantlab("doctor")
    assert "QUANTLAB_PUBLIC_URL is not set" in out
    monkeypatch.setenv("QUANTLAB_PUBLIC_URL", PUBLIC_URL)
    status, out, _ = quantlab("doctor")
    # A password, and a server without encryption.
    assert (status, lines(out)["mail"]) == (1, "problem")
    assert "hidden-pass" not in out
    monkeypatch.setenv("QUANTLAB_SMTP_URL", box.url)
    status, out, _ = quantlab("doctor")
    assert (status, lines(out)["mail"]) == (0, "ok")
    box.stop()
    status, out, _ = quantlab("doctor")
    assert (status, lines(out)["mail"]) == (1, "problem")


@pytest.mark.postgres
def test_a_person_sets_a_password_by_the_operators_link(
    quantlab: Quantlab, configured: PostgresDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = ("user", "create", "--email", "eve@example.org", "--username", "eve")
    status, _, err = quantlab(*create)
    assert status == 1
    assert "QUANTLAB_PUBLIC_URL" in err
    monkeypatch.setenv("QUANTLAB_PUBLIC_URL", PUBLIC_URL)
    status, out, err = quantlab(*create)
    assert status == 0, err
    _, link = out.splitlines()
    assert link.startswith(f"{PUBLIC_URL}/account/reset#token=qlo_")
    status, again, _ = quantlab("user", "reset-password", "EVE@example.org")
    assert status == 0
    assert again.strip() != link
    status, _, err = quantlab("user", "reset-password", "nobody")
    assert status == 1
    assert "no such account" in err
