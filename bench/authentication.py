"""What it costs to know who is calling: inside the process, on SQLite, without HTTP around it."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Awaitable, Callable

from tornado.httputil import HTTPHeaders
from traitlets.config import Config

from bench.measure import Effort, median, percentile
from bench.report import Row, bounded
from bench.servers import folder
from quantlab_server.auth.actor import Actor
from quantlab_server.config import load_settings
from quantlab_server.http.dispatch import Dispatcher
from quantlab_server.http.endpoint import Body, Request
from quantlab_server.routes import build_table
from quantlab_server.wiring import build_services, prepare_database

CALLS = 20_000
UNSEEN = 500
MICRO = 1e-6


def run(effort: Effort) -> list[Row]:
    """Seen before, with and without the limiter; and seen for the first time."""
    return asyncio.run(_run(effort))


async def _run(effort: Effort) -> list[Row]:
    with folder() as home:
        os.environ["QUANTLAB_DATA_DIR"] = str(home)
        settings = load_settings(Config({"LimitSettings": {"general": "100000000/minute"}}))
        prepare_database(settings, upgrade=True)
        dispatcher = Dispatcher(build_services(settings), build_table())
        try:
            token = await _register(dispatcher)
            request = _request("GET", "/workflows", {"X-QuantLab-Session": token})
            actor = await dispatcher.identify(request)
            return [
                *await _seen(dispatcher, request, actor, effort),
                await _unseen(dispatcher, request, effort),
            ]
        finally:
            dispatcher.services.close()


async def _seen(
    dispatcher: Dispatcher, request: Request, actor: Actor, effort: Effort
) -> list[Row]:
    services = dispatcher.services

    async def identity() -> None:
        # SQLite is looked at once a second for what other processes changed: that look is no part of this.
        services.authenticator.cached(request)

    async def limited() -> None:
        services.authenticator.cached(request)
        await services.rate_limiter.hit("general", str(actor.user_id), actor)

    calls = effort.at_most(2_000, CALLS)
    return [
        bounded(
            "identity, token seen before",
            await _each(identity, calls),
            at_most=5 * MICRO,
            unit="µs",
        ),
        bounded(
            "the same with the limiter", await _each(limited, calls), at_most=20 * MICRO, unit="µs"
        ),
    ]


async def _each(act: Callable[[], Awaitable[None]], calls: int) -> float:
    """CPU seconds of one call: the median of rounds, the loop around it taken off."""

    async def nothing() -> None:
        return

    def timed(function: Callable[[], Awaitable[None]]) -> Awaitable[float]:
        async def rounds() -> float:
            before = time.process_time()
            for _ in range(calls):
                await function()
            return (time.process_time() - before) / calls

        return rounds()

    figures = [await timed(act) - await timed(nothing) for _ in range(7)]
    return median(figures)


async def _unseen(dispatcher: Dispatcher, request: Request, effort: Effort) -> Row:
    """Verify the token and ask the database for its session, and count the request: wall time."""
    authenticator = dispatcher.services.authenticator
    took = []
    for _ in range(effort.at_most(50, UNSEEN)):
        authenticator._entries.clear()  # as if this process had never seen the token
        started = time.perf_counter()
        actor = await dispatcher.identify(request)
        await dispatcher.services.rate_limiter.hit("general", str(actor.user_id), actor)
        took.append(time.perf_counter() - started)
    return bounded("authentication, unseen, p95", percentile(took, 0.95), at_most=0.005, unit="ms")


async def _register(dispatcher: Dispatcher) -> str:
    body = {
        "username": "bench",
        "email": "bench@example.com",
        "password": "a horse that counts its oats",
        "transport": "body",
    }
    request = _request("POST", "/auth/register", {"Content-Type": "application/json"}, body)
    route = dispatcher.table.route("POST", "auth/register")
    answer = await dispatcher.handle(request, route)
    return str(json.loads(b"".join(answer.body))["access_token"])


def _request(method: str, path: str, headers: dict[str, str], body: object = None) -> Request:
    return Request(
        method=method,
        path=path,
        query={},
        headers=HTTPHeaders(headers),
        cookies={},
        body=Body(b"" if body is None else json.dumps(body).encode()),
        address="127.0.0.1",
        secure=False,
        request_id="bench-request",
        base_path="/quantlab/api",
        host_user="bench",
    )
