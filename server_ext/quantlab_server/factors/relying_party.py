"""For which host name and origin passkeys are made and accepted.

The host name of a request is believed only as far as a passkey remembers it: each is good for the name that it was
made for, and the browser lets no page use another site's.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from quantlab_server.errors import Conflict


class PasskeysUnavailable(Conflict):
    """409: this address has no name, and passkeys belong to names."""

    code = "passkeys_unavailable"
    message = (
        "Passkeys do not work with this address. Open QuantLab by its host name (localhost on your own machine),"
        " over https."
    )


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """``id`` is a host name; ``origins`` are the pages that may ask for its passkeys."""

    id: str
    origins: tuple[str, ...]


def find_relying_party(public_url: str, host: str) -> RelyingParty | None:
    """The public URL's, or else that of the request's Host header; None for addresses without a name.

    Browsers offer passkeys to secure pages only: https, or plain http on the machine itself.
    """
    try:
        parts = urlsplit(public_url or f"//{host}")
        host = parts.hostname or ""
        port = parts.port
    except ValueError:
        return None
    name = host.rstrip(".")
    if not name or _is_address(name):
        return None
    if public_url:
        return RelyingParty(name, (_origin(parts.scheme, host, port),))
    here = name == "localhost" or name.endswith(".localhost")
    schemes = ("https", "http") if here else ("https",)
    return RelyingParty(name, tuple(_origin(scheme, host, port) for scheme in schemes))


def _origin(scheme: str, host: str, port: int | None) -> str:
    """An origin as browsers write it: lower case, without the port that its scheme has anyway."""
    shown = "" if port in (None, {"http": 80, "https": 443}.get(scheme)) else f":{port}"
    return f"{scheme}://{host}{shown}"


def require_relying_party(public_url: str, host: str) -> RelyingParty:
    """Like ``find_relying_party``.

    Raises:
        PasskeysUnavailable: this address has no name.
    """
    found = find_relying_party(public_url, host)
    if found is None:
        raise PasskeysUnavailable
    return found


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
