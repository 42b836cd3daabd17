"""Refresh tokens on PostgreSQL: 111 a second among very many sessions, and twenty uses of one at once.

The floor is the one statement that no rotation can do without, on a connection of its own.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import psycopg

from bench.client import Client
from bench.cpu import cpu_seconds
from bench.measure import Effort, percentile
from bench.people import central, paced, register
from bench.report import Row, bounded, compared
from bench.servers import folder
from quantlab_server.auth.refresh_tokens import RefreshToken, new_refresh_token
from quantlab_server.db.base import new_id

PER_SECOND = 111
AT_ONCE = 20
EACH = 100  # of the floor's comparison
_BARE = "UPDATE refresh_tokens SET used_at = now() WHERE token_hash = %s AND used_at IS NULL RETURNING id"


def run(effort: Effort) -> list[Row]:
    """A minute of refreshes at a steady pace, then one after the other beside the bare statement."""
    seconds = effort.at_most(5, 60)
    sessions = effort.at_most(10_000, 100_000)
    with folder() as home, central(home) as service:
        process = service.start()
        user = register(process, "bench")["user"]
        sql = service.sql()
        tokens = _seed(sql, UUID(user["tenant_id"]), UUID(user["id"]), sessions)

        def refresh(client: Client, number: int) -> str:
            return _refresh(client, tokens[number].text)

        paced(refresh, process.api_url, per_second=PER_SECOND, seconds=1)
        fresh = tokens[PER_SECOND:]
        before = cpu_seconds(process.pid)
        taken, failed = paced(
            lambda client, number: _refresh(client, fresh[number].text),
            process.api_url,
            per_second=PER_SECOND,
            seconds=seconds,
        )
        cpu = (cpu_seconds(process.pid) - before) / len(taken)
        left = fresh[PER_SECOND * seconds :]
        ours, bare = _beside(process.api_url, sql, left)
        successors = _at_once(process.api_url, left[2 * EACH].text)
    return [
        bounded(f"refreshes that failed of {len(taken)}", len(failed), at_most=0, unit=""),
        bounded(
            f"refresh at {PER_SECOND}/s among {sessions}, p99",
            percentile(taken, 0.99),
            at_most=0.05,
            unit="ms",
        ),
        bounded("  the same, median", percentile(taken, 0.5), at_most=0.05, unit="ms"),
        bounded("  CPU of the process for each", cpu, at_most=0.5 / PER_SECOND, unit="ms"),
        compared("refresh / bare UPDATE … RETURNING", ours, bare),
        bounded(f"successors of one token, {AT_ONCE} at once", successors, at_most=1, unit=""),
    ]


def _refresh(client: Client, text: str) -> str:
    body = json.dumps({"refresh_token": text}).encode()
    return str(client.send("POST", "/auth/refresh", body).json()["refresh_token"])


def _beside(
    url: str, sql: psycopg.Connection[Any], tokens: Sequence[RefreshToken]
) -> tuple[list[float], list[float]]:
    """Seconds of each refresh and of each bare statement, in turn."""
    client = Client(url)
    ours, bare = list[float](), list[float]()
    for number in range(EACH):
        began = time.perf_counter()
        _refresh(client, tokens[2 * number].text)
        between = time.perf_counter()
        row = sql.execute(_BARE, [tokens[2 * number + 1].hash]).fetchone()
        bare.append(time.perf_counter() - between)
        ours.append(between - began)
        assert row is not None
    client.close()
    return ours, bare


def _at_once(url: str, text: str) -> int:
    """How many different successors one token leads to."""
    clients = [Client(url) for _ in range(AT_ONCE)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = set(pool.map(lambda client: _refresh(client, text), clients))
    for client in clients:
        client.close()
    return len(found)


def _seed(
    sql: psycopg.Connection[Any], tenant_id: UUID, user_id: UUID, amount: int
) -> list[RefreshToken]:
    """So many sessions of one person, each with an unused token: rows like that of the session that there is."""
    tokens = [new_refresh_token(tenant_id, user_id) for _ in range(amount)]
    sql.execute("CREATE TEMP TABLE seed (session_id uuid, token_id uuid, token_hash bytea)")
    with sql.cursor() as cursor, cursor.copy("COPY seed FROM STDIN") as copy:
        for token in tokens:
            copy.write_row((str(new_id()), str(new_id()), token.hash))
    sql.execute(
        "INSERT INTO sessions SELECT (jsonb_populate_record(s, jsonb_build_object('id', seed.session_id))).*"
        " FROM seed, sessions s WHERE s.user_id = %s",
        [user_id],
    )
    # Or the foreign key of every token is looked up by reading all sessions.
    sql.execute("ANALYZE sessions")
    sql.execute(
        "INSERT INTO refresh_tokens SELECT (jsonb_populate_record(t, jsonb_build_object("
        "'id', seed.token_id, 'session_id', seed.session_id, 'token_hash', seed.token_hash))).*"
        " FROM seed, refresh_tokens t WHERE t.user_id = %s",
        [user_id],
    )
    sql.execute("ANALYZE")
    return tokens
