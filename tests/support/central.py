"""A real central service: ``quantlab serve`` on a database of its own."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.support.postgres import PostgresUrls
from tests.support.process import ServerProcess, base_environment, tool
from tests.support.waiting import free_port

# Roles belong to the whole server, so all databases of a run share them.
OWNER = ("ql_owner", "owner-of-the-tables")
RUNTIME = ("ql_runtime", "runs-and-owns-nothing")
BACKUP = ("ql_backup", "reads-everything")


@dataclass(frozen=True, slots=True)
class CentralDatabase:
    """A prepared PostgreSQL database and keyring, and the environment that names them."""

    name: str
    urls: PostgresUrls
    folder: Path
    redis_url: str = ""

    def url(self, role: tuple[str, str] | None = None) -> str:
        """Address for one of the roles above, or for the superuser."""
        user, password = role or (None, None)
        return self.urls.url(self.name, user=user, password=password)

    @property
    def keys_file(self) -> Path:
        """Where the keyring is."""
        return self.folder / "keys.json"

    def environment(self) -> dict[str, str]:
        """What ``quantlab`` needs to serve and to migrate."""
        found = {
            "QUANTLAB_DATABASE_URL": self.url(RUNTIME),
            "QUANTLAB_OWNER_DATABASE_URL": self.url(OWNER),
            "QUANTLAB_BACKUP_DATABASE_URL": self.url(BACKUP),
            "QUANTLAB_KEYS_FILE": str(self.keys_file),
            "QUANTLAB_DATA_DIR": str(self.folder / "data"),
        }
        return found | ({"QUANTLAB_REDIS_URL": self.redis_url} if self.redis_url else {})

    def run(
        self, *arguments: str, stdin: str = "", **extra: str
    ) -> subprocess.CompletedProcess[str]:
        """Run ``quantlab ARGUMENTS``; the caller looks at status and output."""
        return subprocess.run(
            [tool("quantlab"), *arguments],
            env=base_environment(**{**self.environment(), **extra}),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def prepare(self) -> None:
        """Make roles, tables and keys, by the commands that an operator uses."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._must("db", "init-roles", QUANTLAB_ADMIN_DATABASE_URL=self.url())
        self._must("db", "upgrade")
        keyring = self._must("keys", "init")
        self.keys_file.touch(mode=0o600)
        self.keys_file.write_text(keyring)

    def _must(self, *arguments: str, **extra: str) -> str:
        done = self.run(*arguments, **extra)
        if done.returncode != 0:
            raise RuntimeError(f"quantlab {' '.join(arguments)}\n{done.stdout}\n{done.stderr}")
        return done.stdout


class CentralProcess(ServerProcess):
    """``quantlab serve`` on 127.0.0.1.

    Args:
        database: prepared; several processes may share one.
        args: settings as on a Jupyter server's command line (``--LimitSettings.general=5/minute``); they
            are put into a configuration file, which is how ``quantlab serve`` takes them.
        options: further options of ``quantlab serve``.
    """

    def __init__(
        self,
        database: CentralDatabase,
        folder: Path,
        *,
        args: tuple[str, ...] = (),
        options: tuple[str, ...] = (),
        env: dict[str, str] | None = None,
        base_url: str = "/",
    ) -> None:
        self.database = database
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}{base_url}"
        folder.mkdir(parents=True, exist_ok=True)
        settings = folder / "settings.py"
        # By default strangers need an invitation where no mail can be sent.
        settings.write_text(_as_settings(("--ServiceSettings.registration=open", *args)))
        super().__init__(
            [
                *(tool("quantlab"), "serve", "--port", str(self.port), "--base-url", base_url),
                *("--config", str(settings), *options),
            ],
            env=base_environment(**database.environment(), **(env or {})),
            log=folder / "central.log",
            ready_url=f"{self.url}health/live",
            cwd=folder,
        )

    @property
    def api_url(self) -> str:
        """The API, without a slash at the end."""
        return f"{self.url}api"

    def client(self, *, session: str | None = None) -> httpx.Client:
        """A client of the API; ``session`` is an access token."""
        headers = {} if session is None else {"Authorization": f"Bearer {session}"}
        return httpx.Client(base_url=self.api_url, headers=headers, timeout=30.0)


def _as_settings(args: tuple[str, ...]) -> str:
    """``--Class.trait=value`` as lines of a configuration file; numbers and True/False stay what they are."""
    lines = ["c = get_config()"]
    for argument in args:
        name, _, value = argument.removeprefix("--").partition("=")
        literal = value if value in ("True", "False") or _is_number(value) else repr(value)
        lines.append(f"c.{name} = {literal}")
    return "\n".join(lines) + "\n"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
