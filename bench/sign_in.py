"""Signing in: does a refusal's cost tell what is wrong, or whether the account exists?

CPU of the server and wall-clock time over loopback, at the default cost of a hash, the kinds in turn, so that whatever
disturbs the machine disturbs all alike. This is the worst case: a network only adds noise.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable

from bench.client import Client
from bench.cpu import cpu_seconds
from bench.measure import Effort, median
from bench.people import PASSWORD, central, register
from bench.report import Row, bounded
from bench.servers import folder
from tests.support.central import CentralProcess

TRIES = 200  # of each kind
_CLOSE = 0.10  # of a refusal's CPU and time
_WARM = 5  # the first ones fill caches and start threads

# What is changed of a person, whose right password is then refused.
_CHANGES = {
    "disabled": "is_active = false",
    "unverified": "verification_pending = true, email_verified_at = NULL",
    "leaving": "is_active = false, deleted_at = now()",
}


def run(effort: Effort) -> list[Row]:
    """Each kind of refusal beside a wrong password."""
    with folder() as home, central(home) as service:
        process = service.start()
        sql = service.sql()
        for name in ("wrong", "factor", *_CHANGES):
            register(process, name)
        for name, change in _CHANGES.items():
            sql.execute(f"UPDATE users SET {change} WHERE username = %s", [name])  # type: ignore[arg-type]  # constants
        sql.execute("UPDATE users SET has_second_factor = true WHERE username = 'factor'")
        figures = _tries(process, effort.at_most(30, TRIES))
    rows = []
    for what, unit in (("CPU", 0), ("time", 1)):
        floor = median([one[unit] for one in figures["wrong password"]])
        for kind, taken in figures.items():
            if kind == "wrong password":
                continue
            ours = median([one[unit] for one in taken])
            differs = abs(ours / floor - 1)
            rows.append(
                bounded(
                    f"sign-in refused, {kind}: {what} {1e3 * ours:.1f} ms, differs by",
                    differs,
                    at_most=_CLOSE,
                    unit="",
                )
            )
    return rows


def _tries(process: CentralProcess, amount: int) -> dict[str, list[tuple[float, float]]]:
    """CPU and wall-clock seconds of every try, by kind."""
    client = Client(process.api_url)
    kinds: dict[str, Callable[[], tuple[str, str]]] = {
        "wrong password": lambda: ("wrong", secrets.token_hex(8)),
        "no such name": lambda: (secrets.token_hex(4), secrets.token_hex(8)),
        "no such address": lambda: (f"{secrets.token_hex(4)}@example.com", secrets.token_hex(8)),
        "second factor, wrong password": lambda: ("factor", secrets.token_hex(8)),
        "second factor missing": lambda: ("factor", PASSWORD),
        **{f"{name}, right password": _right(name) for name in _CHANGES},
    }
    figures: dict[str, list[tuple[float, float]]] = {kind: [] for kind in kinds}
    for number in range(amount + _WARM):
        for kind in list(kinds)[:: -1 if number % 2 else 1]:
            figures[kind].append(_refused(process.pid, client, *kinds[kind]()))
    client.close()
    return {kind: taken[_WARM:] for kind, taken in figures.items()}


def _right(name: str) -> Callable[[], tuple[str, str]]:
    return lambda: (name, PASSWORD)


def _refused(pid: int, client: Client, login: str, password: str) -> tuple[float, float]:
    body = json.dumps({"login": login, "password": password, "transport": "body"}).encode()
    cpu, began = cpu_seconds(pid), time.perf_counter()
    try:
        client.send("POST", "/auth/login", body)
    except RuntimeError as refusal:
        if ": 401 " not in str(refusal):
            raise
    else:
        raise RuntimeError(f"{login} was let in")
    return cpu_seconds(pid) - cpu, time.perf_counter() - began
