"""Signing in: does the time of a refusal tell whether the account exists?

Wall-clock time over loopback at the default cost of a hash, the cases in turn, so that whatever disturbs the machine
disturbs all alike. This is the worst case: a network only adds noise.
"""

from __future__ import annotations

import json
import secrets
import time
from contextlib import ExitStack

from bench.client import Client
from bench.measure import Effort
from bench.report import Row, compared
from bench.servers import folder, jupyter, jupyter_client

_PASSWORD = "seven brown foxes 81"
_CLOSE = 0.05  # of a refusal's time: far below what differs between two refusals of the same kind
_UNLIMITED = tuple(
    f"--LimitSettings.{name}=1000000/hour"
    for name in ("login_pair", "login_address", "login_account", "login_global", "anonymous")
)


def run(effort: Effort) -> list[Row]:
    """A wrong password against an account that does not exist, by name and by address."""
    with ExitStack() as stack:
        home = stack.enter_context(folder())
        server = stack.enter_context(jupyter(home / "ours", args=_UNLIMITED))
        client = jupyter_client(server, "quantlab/api")
        body = {"username": "anna", "email": "anna@example.com", "password": _PASSWORD}
        client.send("POST", "/auth/register", json.dumps(body).encode())
        times: dict[str, list[float]] = {"wrong": [], "no name": [], "no address": []}
        for number in range(effort.at_most(30, 150)):
            logins = {
                "wrong": "anna" if number % 2 else "anna@example.com",
                "no name": secrets.token_hex(2),
                "no address": f"{secrets.token_hex(2)}@example.com",
            }
            names = list(logins)[:: -1 if number % 2 else 1]
            for name in names:
                times[name].append(_refused(client, logins[name]))
    # The first ones warm caches and threads.
    kept = {name: values[5:] for name, values in times.items()}
    return [
        compared(
            f"sign-in refused, {name} / wrong password",
            kept[name],
            kept["wrong"],
            at_least=1 - _CLOSE,
            at_most=1 + _CLOSE,
        )
        for name in ("no name", "no address")
    ]


def _refused(client: Client, login: str) -> float:
    body = json.dumps({"login": login, "password": secrets.token_hex(8)}).encode()
    started = time.perf_counter()
    try:
        client.send("POST", "/auth/login", body)
    except RuntimeError as refusal:
        if ": 401 " not in str(refusal):
            raise
    return time.perf_counter() - started
