"""What ``quantlab keys`` has to know of the database: which keys secrets are sealed under, and moving them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from quantlab_server.auth.keys import Keyring
from quantlab_server.auth.sealing import Sealer
from quantlab_server.cli.settings import installed_settings
from quantlab_server.db import migrate
from quantlab_server.db.engine import Database
from quantlab_server.errors import Unavailable
from quantlab_server.factors.resealing import PURPOSE, count_sealed, reseal


class Unreachable(Exception):
    """The database cannot be asked which keys are needed."""


def count(config: str | None) -> Counter[str]:
    """How many secrets are sealed under which key.

    Raises:
        Unreachable.
    """
    with _database(config) as database:
        return Counter() if database is None else count_sealed(database)


def move(config: str | None, keyring: Keyring) -> int:
    """Seal every secret under the active key that is not; how many.

    Raises:
        Unreachable.
    """
    with _database(config) as database:
        return 0 if database is None else reseal(database, Sealer(keyring, PURPOSE))


@contextmanager
def _database(config: str | None) -> Iterator[Any]:
    settings = installed_settings(config)
    path = migrate.sqlite_path(settings)
    if path is not None and not path.exists():
        # Nothing was ever saved here.
        yield None
        return
    try:
        if migrate.check_database(settings):
            raise Unreachable
        database = Database(settings)
        try:
            yield database
        finally:
            database.close()
    except (migrate.DatabaseNotReady, Unavailable) as error:
        raise Unreachable from error
