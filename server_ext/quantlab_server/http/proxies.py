"""What the bare central process has to know of the proxies in front of it, and the headers that it adds itself."""

from __future__ import annotations

import ipaddress

from tornado.web import RequestHandler

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'",
    "Referrer-Policy": "no-referrer",
    "Server": "QuantLab",
}
HSTS = "max-age=31536000; includeSubDomains"


def client_address(peer: str, forwarded_for: str, trusted_proxies: int) -> str:
    """The caller's address: as many entries of X-Forwarded-For are believed as there are proxies of ours.

    With none, or when the entry is not an address, it is the peer's.
    """
    if trusted_proxies <= 0:
        return peer
    hops = [part.strip() for part in forwarded_for.split(",") if part.strip()]
    if len(hops) < trusted_proxies:
        return peer
    try:
        return str(ipaddress.ip_address(hops[-trusted_proxies]))
    except ValueError:
        return peer


def client_protocol(peer: str, forwarded_proto: str, trusted_proxies: int) -> str:
    """The protocol of the caller's connection: the outermost proxy of ours says it in X-Forwarded-Proto.

    Proxies that replace the header instead of adding to it leave one entry, which is then the one.
    """
    said = [part.strip().lower() for part in forwarded_proto.split(",") if part.strip()]
    if trusted_proxies <= 0 or not said:
        return peer
    value = said[-min(trusted_proxies, len(said))]
    return value if value in ("http", "https") else peer


class SecureHeaders(RequestHandler):
    """Headers of every answer of the central process; its application's setting ``trusted_proxies`` is their number."""

    def set_default_headers(self) -> None:
        """Called by tornado before a handler's own ``initialize``."""
        for name, value in SECURITY_HEADERS.items():
            self.set_header(name, value)
        if self.is_https():
            self.set_header("Strict-Transport-Security", HSTS)

    def is_https(self) -> bool:
        """Whether the browser's connection is encrypted, whatever the last proxy speaks with us."""
        protocol = client_protocol(
            self.request.protocol,
            self.request.headers.get("X-Forwarded-Proto", ""),
            self.application.settings["trusted_proxies"],
        )
        return protocol == "https"

    def caller_address(self) -> str:
        """The caller's address, as far as proxies of ours say it."""
        return client_address(
            self.request.remote_ip or "unknown",
            self.request.headers.get("X-Forwarded-For", ""),
            self.application.settings["trusted_proxies"],
        )
