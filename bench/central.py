"""Central on PostgreSQL: what everything the dispatcher does costs over a constant reply of bare tornado."""

from __future__ import annotations

import json
from contextlib import ExitStack

from bench.client import Client
from bench.documents import KB, notebook, touch
from bench.measure import Contestant, Effort, cpu_per_request
from bench.report import Row, compared
from bench.servers import bare_tornado, folder
from tests.support.central import CentralDatabase, CentralProcess
from tests.support.postgres import EmbeddedPostgres

SIZE = 2 * KB


def run(effort: Effort) -> list[Row]:
    """GET and PUT of a 2 KB notebook against the floor, which answers the same bytes."""
    with ExitStack() as stack:
        home = stack.enter_context(folder())
        postgres = stack.enter_context(EmbeddedPostgres())
        database = CentralDatabase(
            postgres.urls.create_database(), postgres.urls, home / "database"
        )
        database.prepare()
        # The limiter counts, as it does in service; it only never says no.
        limits = ("--LimitSettings.general=100000000/minute",)
        central = CentralProcess(database, home / "central", args=limits)
        stack.callback(central.terminate)
        central.start()
        client = _signed_in(central)
        document = notebook(SIZE)
        body = json.dumps({"name": "bench", "notebook": document}).encode()
        made = client.send("POST", "/workflows", body).json()
        path, version = f"/workflows/{made['id']}", made["version"]
        answer = client.send("GET", path).body
        bare, url = stack.enter_context(bare_tornado(home / "bare", answer))
        floor = Client(url)

        def put() -> None:
            nonlocal version
            touch(document, version)
            body = json.dumps({"notebook": document}).encode()
            client.send("PUT", path, body, If_Match=f'"{version}"')
            version += 1

        figures = cpu_per_request(
            {
                "GET": Contestant(central.pid, lambda: client.send("GET", path)),
                "PUT": Contestant(central.pid, put),
                "floor GET": Contestant(bare.pid, lambda: floor.send("GET", "/")),
                "floor PUT": Contestant(bare.pid, lambda: floor.send("PUT", "/", body)),
            },
            effort,
        )
        client.close()
        floor.close()
    return [
        compared("central GET 2 KB / constant", figures["GET"], figures["floor GET"], at_most=3.5),
        compared("central PUT 2 KB / constant", figures["PUT"], figures["floor PUT"], at_most=4.0),
    ]


def _signed_in(central: CentralProcess) -> Client:
    """A client of a person who has just registered."""
    body = {
        "username": "bench",
        "email": "bench@example.com",
        "password": "a horse that counts its oats",
        "transport": "body",
    }
    door = Client(central.api_url)
    tokens = door.send("POST", "/auth/register", json.dumps(body).encode()).json()
    door.close()
    return Client(central.api_url, {"Authorization": f"Bearer {tokens['access_token']}"})
