"""How tokens leave the server: the access token in the body, the refresh token in a cookie or, asked for, the body."""

from __future__ import annotations

import hashlib

from quantlab_ext.schemas.accounts import Tokens
from quantlab_server.auth.tokens import Issued
from quantlab_server.http.endpoint import Cookie, Reply, Request
from quantlab_server.sessions.beginning import Origin
from quantlab_server.sessions.service import Started

REFRESH = "quantlab_refresh"
DEVICE = "quantlab_device"


def origin_of(request: Request) -> Origin:
    """Where a request came from."""
    headers = request.headers
    return Origin.of(
        request.address,
        headers.get("User-Agent"),
        request.request_id,
        headers.get("Accept-Language", ""),
    )


def cookie_name(request: Request, kind: str) -> str:
    """Cookies ignore ports, so the name tells servers on one host apart: by port, and by address below it.

    Over https the name says that the cookie is Secure, and browsers hold everybody to it: nobody on the network can
    plant one over plain http. ``__Host-`` would send it to every address of the host, also to other people's servers.
    """
    host = request.headers.get("Host", "")
    port = host.rpartition(":")[2]
    if not port.isascii() or not port.isdigit():
        port = "443" if request.secure else "80"
    place = hashlib.sha256(request.base_path.encode()).hexdigest()[:6]
    prefix = "__Secure-" if request.secure else ""
    return f"{prefix}{kind}_{port[:5]}_{place}"


def refresh_token_of(request: Request, given: str | None) -> tuple[str, bool]:
    """The refresh token of the body or else of the cookie, and whether it came in the body."""
    if given is not None:
        return given, True
    return request.cookies.get(cookie_name(request, REFRESH), ""), False


def signed_in(
    request: Request, started: Started, *, in_body: bool, status: int, device: Issued | None
) -> Reply:
    """The answer to signing in: a new pair, and the cookie by which this device is known."""
    cookies = []
    if not in_body:
        cookies.append(_cookie(request, REFRESH, started.refresh.text, started.refresh_lifetime))
    if device is not None:
        cookies.append(device_cookie(request, device))
    tokens = Tokens(
        access_token=started.access.token,
        expires_in=started.access.expires_in,
        user=started.account.to_wire(),
        refresh_token=started.refresh.text if in_body else None,
    )
    return Reply(value=tokens, status=status, cookies=cookies)


def device_cookie(request: Request, device: Issued) -> Cookie:
    """By which this device is known from now on."""
    return _cookie(request, DEVICE, device.token, device.expires_in)


def signed_out(request: Request) -> Reply:
    """The answer to logging out: the refresh cookie goes, the device stays known."""
    return Reply(status=204, cookies=[_cookie(request, REFRESH, "", 0)])


def _cookie(request: Request, kind: str, value: str, max_age: int) -> Cookie:
    return Cookie(cookie_name(request, kind), value, f"{request.base_path}/auth", max_age)
