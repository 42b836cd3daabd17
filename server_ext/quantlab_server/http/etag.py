"""Entity tags: ``"7"`` is version 7, ``"d3"`` is revision 3 of a draft."""

from __future__ import annotations

import re

from quantlab_server.errors import Malformed, PreconditionRequired
from quantlab_server.http.endpoint import Request

_VERSION = re.compile(r'^(?:W/)?"(\d{1,9})"$')
_REVISION = re.compile(r'^(?:W/)?"d(\d{1,9})"$')


def version_tag(version: int) -> str:
    """The tag of a version."""
    return f'"{version}"'


def draft_tag(revision: int) -> str:
    """The tag of a draft's revision."""
    return f'"d{revision}"'


def if_match_version(request: Request) -> int | None:
    """The version that the caller started from, or None when it does not say.

    Raises:
        Malformed: the header is there, but is not one version's tag.
    """
    value = request.headers.get("If-Match")
    if value is None:
        return None
    match = _VERSION.match(value.strip())
    if match is None:
        raise Malformed('If-Match must be one version\'s ETag, for example "7".')
    return int(match.group(1))


def require_version(request: Request) -> int:
    """As ``if_match_version``, but the header must be there.

    Raises:
        PreconditionRequired: 428.
        Malformed: 400.
    """
    version = if_match_version(request)
    if version is None:
        raise PreconditionRequired
    return version


def holds(request: Request, tag: str) -> bool:
    """Whether the caller says that it has what ``tag`` stands for (``If-None-Match``)."""
    given = request.headers.get("If-None-Match", "")
    return tag in (each.strip().removeprefix("W/") for each in given.split(","))


def require_revision(request: Request) -> int | None:
    """The draft revision that the caller holds; None when it says that there is none (``If-None-Match: *``).

    Raises:
        PreconditionRequired: neither header is there.
        Malformed: a header that is not understood.
    """
    if request.headers.get("If-None-Match", "").strip() == "*":
        return None
    value = request.headers.get("If-Match")
    if value is None:
        raise PreconditionRequired(
            'Say in If-Match which draft ("d<revision>") this follows, or If-None-Match: * for the first.'
        )
    match = _REVISION.match(value.strip())
    if match is None:
        raise Malformed('If-Match must be a draft\'s ETag, for example "d3".')
    return int(match.group(1))
