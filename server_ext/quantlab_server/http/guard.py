"""Checks against requests that a foreign page makes a browser send."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from quantlab_server.errors import Forbidden, WrongType
from quantlab_server.http.endpoint import Request

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def check_origin(request: Request, allowed: str) -> None:
    """Refuse a state change that another site asked a browser for.

    Browsers always say where such a request comes from; programs send neither header.

    Raises:
        Forbidden: ``cross_site``.
    """
    if request.method not in _SAFE:
        check_site(request.headers, allowed)


def check_site(headers: Mapping[str, str], allowed: str) -> None:
    """Refuse what a page of another site asked a browser for, whatever the method.

    Raises:
        Forbidden: ``cross_site``.
    """
    origin = headers.get("Origin")
    if origin is not None:
        same = urlsplit(origin).netloc == headers.get("Host")
        if not same and origin not in allowed.split():
            raise Forbidden("Requests from other sites are refused.", code="cross_site")
    elif headers.get("Sec-Fetch-Site") in ("cross-site", "same-site"):
        raise Forbidden("Requests from other sites are refused.", code="cross_site")


def check_content_type(request: Request, expected: str) -> None:
    """Refuse a body of another type; a form of a foreign page cannot send ours.

    Raises:
        WrongType: 415.
    """
    if request.method in _SAFE:
        return
    given = request.headers.get("Content-Type")
    if given is None:
        if request.body.size:
            raise WrongType(f"Send {expected}.")
        return
    kind, _, parameters = given.partition(";")
    if kind.strip().lower() != expected:
        # DELETE and bodiless POSTs of some clients name a type although nothing follows; JSON is harmless.
        if not request.body.size and kind.strip().lower() == "application/json":
            return
        raise WrongType(f"Send {expected}.")
    charset = parameters.strip().lower()
    if charset and charset.replace('"', "") not in ("charset=utf-8", "charset=utf8"):
        raise WrongType("Send JSON in UTF-8.")
