"""Requests of this server to addresses that a setting or somebody else names, kept out of private networks.

A name is resolved once and every address of it is checked; the connection then goes to a checked address, so that a
name that means something else a moment later (DNS rebinding) leads nowhere. Redirects are checked like first
addresses. Time and size are bounded, and no proxy of the environment is used.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from urllib.parse import urljoin, urlsplit

import httpx

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PORTS = {"http": 80, "https": 443}


class OutgoingRefused(Exception):
    """The address is not one that this server asks: private, plain http, or no address at all."""


class OutgoingFailed(Exception):
    """No answer, a broken one, too large or too late."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: status and the whole body."""

    status: int
    body: bytes
    content_type: str


def is_public(text: str) -> bool:
    """Whether an address (IPv4 or IPv6, also one wrapped in the other) is one of the public internet."""
    try:
        address: Address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address.teredo is not None:
            inner = address.teredo[1]
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return address.is_global and not (
        address.is_multicast or address.is_reserved or address.is_unspecified
    )


async def resolve_name(host: str, port: int) -> Sequence[str]:
    """Every address of a host name, in the system's order.

    Raises:
        OSError: there is none.
    """
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Outgoing:
    """Asks addresses over HTTP.

    Args:
        allowed_hosts: ``host`` or ``host:port`` that may be private and may speak plain http.
        seconds: that one request may take, redirects included.
        max_bytes: of one answer.
    """

    def __init__(
        self,
        allowed_hosts: Sequence[str] = (),
        *,
        seconds: float = 10.0,
        max_bytes: int = 512 * 1024,
        resolve: Resolve = resolve_name,
    ) -> None:
        self._allowed = frozenset(host.lower() for host in allowed_hosts)
        self._seconds = seconds
        self._max_bytes = max_bytes
        self._resolve = resolve

    def check(self, url: str) -> tuple[str, str, int]:
        """Scheme, host and port of an address that may be asked, as far as can be told without asking for its name.

        Raises:
            OutgoingRefused: another scheme, a name and password in it, no host.
        """
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or "").lower(), parts.port
        except ValueError as error:
            raise OutgoingRefused("this is no address") from error
        if parts.scheme not in _PORTS or not host or "@" in parts.netloc or "\\" in url:
            raise OutgoingRefused("this is no address of a web server")
        port = port or _PORTS[parts.scheme]
        if parts.scheme != "https" and not self._is_allowed(host, port):
            raise OutgoingRefused("only https is used")
        return parts.scheme, host, port

    async def fetch(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
        redirects: int = 0,
    ) -> Answer:
        """Ask an address.

        Args:
            data: sent as a form.
            redirects: that are followed at most, each checked anew; a redirect beyond them is the answer.

        Raises:
            OutgoingRefused: the address, or one it leads to, must not be asked.
            OutgoingFailed: no answer within the bounds.
        """
        try:
            async with asyncio.timeout(self._seconds):
                while True:
                    answer, location = await self._once(method, url, headers or {}, data)
                    if not location or redirects <= 0:
                        return answer
                    url, redirects = urljoin(url, location), redirects - 1
        except (TimeoutError, OSError, httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            raise OutgoingFailed(f"no answer ({type(error).__name__})") from error

    def _is_allowed(self, host: str, port: int) -> bool:
        return host in self._allowed or f"{host}:{port}" in self._allowed

    async def _addresses(self, host: str, port: int) -> Sequence[str]:
        found = await self._resolve(host, port)
        if not found:
            raise OutgoingFailed("the name has no address")
        if not self._is_allowed(host, port) and not all(map(is_public, found)):
            raise OutgoingRefused("this host is in a private network")
        return found

    async def _once(
        self, method: str, url: str, headers: Mapping[str, str], data: Mapping[str, str] | None
    ) -> tuple[Answer, str]:
        scheme, host, port = self.check(url)
        failure: httpx.HTTPError | None = None
        for address in await self._addresses(host, port):
            try:
                return await self._ask(method, url, scheme, host, port, address, headers, data)
            except httpx.ConnectError as error:
                failure = error
        raise failure or OutgoingFailed("the name has no address")

    async def _ask(
        self,
        method: str,
        url: str,
        scheme: str,
        host: str,
        port: int,
        address: str,
        headers: Mapping[str, str],
        data: Mapping[str, str] | None,
    ) -> tuple[Answer, str]:
        # The address in place of the name; the name goes into Host and, for TLS, into what the certificate must say.
        literal = address.partition("%")[0]
        target = httpx.URL(url).copy_with(host=literal, port=port)
        name = f"[{host}]" if ":" in host else host
        sent = {
            **headers,
            "Host": name if port == _PORTS[scheme] else f"{name}:{port}",
            "Accept-Encoding": "identity",
            "User-Agent": "QuantLab",
        }
        async with (
            httpx.AsyncClient(
                verify=_tls(), trust_env=False, timeout=self._seconds, follow_redirects=False
            ) as client,
            client.stream(
                method, target, headers=sent, data=data, extensions={"sni_hostname": host}
            ) as response,
        ):
            body = await self._read(response)
        location = (
            response.headers.get("Location", "") if response.status_code in _REDIRECTS else ""
        )
        return Answer(
            response.status_code, body, response.headers.get("Content-Type", "")
        ), location

    async def _read(self, response: httpx.Response) -> bytes:
        if response.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise OutgoingFailed("the answer is compressed, which was not asked for")
        body = bytearray()
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > self._max_bytes:
                raise OutgoingFailed("the answer is too large")
        return bytes(body)


@cache
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context()
