"""A client that does not read what it is sent is let go, and takes nobody's place any longer."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from collections.abc import Callable
from contextlib import suppress

import httpx
import orjson

from tests.support.api import GENEROUS, Api
from tests.support.jupyter import JupyterServerProcess
from tests.support.stream import Closed, connect

# Two hundred topics that there are not: each is answered: little is said, much is to be heard.
QUESTIONS = orjson.dumps(
    {"type": "subscribe", "topics": [f"nothing:{number:0>120}" for number in range(200)]}
)
# Far more than the buffers of any system between the two ends hold: about 80 KB come of each question.
MOST = 1_000


def frame(text: bytes) -> bytes:
    """A client's text frame (RFC 6455): masked, as it has to be."""
    mask = os.urandom(4)
    masked = bytes(byte ^ mask[place % 4] for place, byte in enumerate(text))
    head = b"\x81" + (
        bytes([0x80 | len(text)])
        if len(text) < 126
        else bytes([0x80 | 126]) + struct.pack("!H", len(text))
    )
    return head + mask + masked


def opened(api: Api) -> socket.socket:
    """A WebSocket after its handshake, with as little room for answers as the system lets one have."""
    url = httpx.URL(api.url)
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.settimeout(120)
    raw.connect((url.host, url.port or 80))
    headers = {
        **api.door,
        "Host": f"{url.host}:{url.port}",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    lines = [f"GET {url.path}/stream HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items())]
    raw.sendall("\r\n".join([*lines, "", ""]).encode())
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        answer += raw.recv(1)
    assert b" 101 " in answer.splitlines()[0], answer
    return raw


async def has_room(api: Api, token: str) -> bool:
    """Whether the person gets a connection, of which they may have one."""
    async with connect(api.url, api.door) as another:
        await another.send(type="auth", token=token)
        with suppress(Closed):
            return bool((await another.next())["type"] == "authenticated")
    return False


async def until_room(api: Api, token: str, wanted: bool) -> None:
    """Ask until it is so: the server may learn of an end a moment later."""
    for _ in range(300):
        if await has_room(api, token) is wanted:
            return
        await asyncio.sleep(0.1)
    raise AssertionError("the place of a connection is not what it should be")


def test_who_does_not_read_is_let_go(
    make_jupyter_server: Callable[..., JupyterServerProcess],
) -> None:
    server = make_jupyter_server(
        app="server", args=(*GENEROUS, "--StreamSettings.connections_per_person=1")
    )
    api = Api("embedded", server.api_url, {"Authorization": f"token {server.token}"}, server)
    person = api.register()
    token = str(person.tokens["access_token"])
    raw = opened(api)
    raw.sendall(frame(orjson.dumps({"type": "auth", "token": token})))

    # The first connection has its place once a second one gets none.
    asyncio.run(until_room(api, token, False))
    sent = 0
    question = frame(QUESTIONS)
    with suppress(ConnectionError):
        while sent < MOST and not asyncio.run(has_room(api, token)):
            for _ in range(10):
                raw.sendall(question)
                sent += 1

    asyncio.run(until_room(api, token, True))
    assert sent < MOST
    raw.close()
    api.close()
