"""What an operator does with a keyring: prepare, rotate, revoke. On its JSON document; files are the command's."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from quantlab_server.auth.keys import (
    KeyringError,
    KeyState,
    audit_secret,
    generate_key,
    is_tombstone,
    login_secret,
    new_login_secret,
)

Document = dict[str, Any]
Entry = dict[str, Any]


def with_next(document: Document, alg: str | None = None) -> Document:
    """The keyring with a key that will sign at the next rotation; unchanged when there is one (of that algorithm).

    Raises:
        KeyringError: there is no such algorithm.
    """
    wanted = alg or _active(document)["alg"]
    following = [entry for entry in document["keys"] if _is(entry, KeyState.NEXT)]
    if any(entry["alg"] == wanted for entry in following):
        return document
    # One of another algorithm would be taken for the next: it never signed, so nothing depends on it.
    rest = [entry for entry in document["keys"] if entry not in following]
    return {**document, "keys": [*rest, generate_key(wanted, KeyState.NEXT)]}


def rotate(
    document: Document, now: int, grace: int, needed: Container[str] | None = frozenset()
) -> Document:
    """Let the next key sign from now on; what retired longer than ``grace`` seconds ago is dropped.

    Keys in ``needed`` stay: secrets are sealed under them. None: nobody knows under which, so all stay.
    The document must have a next key (``with_next``); the one after it is prepared.
    """
    keys: list[Entry] = []
    promoted = False
    for entry in document["keys"]:
        if _is(entry, KeyState.ACTIVE):
            keys.append({**entry, "state": KeyState.RETIRED.value, "retired_at": now})
        elif _is(entry, KeyState.NEXT) and not promoted:
            promoted = True
            keys.append({**entry, "state": KeyState.ACTIVE.value})
        elif (
            needed is None
            or entry["kid"] in needed
            or not _is(entry, KeyState.RETIRED)
            or entry.get("retired_at", now) + grace >= now
        ):
            keys.append(entry)
        else:
            keys.append(_tombstone(entry))
    if not promoted:
        raise KeyringError("there is no next key")
    # From here on the active key is another one, and people's failed log-ins must go on counting.
    logins = document.get("logins") or login_secret(_active(document))
    return with_next({"keys": keys, "logins": logins})


def revoke(document: Document, kid: str, *, forget: bool = True) -> Document:
    """Have a key verify nothing any more, and forget its material; if it signed, the next one does.

    Without ``forget`` the material stays, so that what is sealed under it can be sealed anew.

    Raises:
        KeyringError: there is no such key.
    """
    found = next((entry for entry in document["keys"] if entry.get("kid") == kid), None)
    if found is None:
        raise KeyringError(f"there is no key {kid}")
    if is_tombstone(found):
        return document
    if _is(found, KeyState.ACTIVE):
        document = with_next(document)
    gone = _tombstone(found)
    if not forget:
        gone["key"] = found["key"]
    keys = [gone if entry.get("kid") == kid else dict(entry) for entry in document["keys"]]
    if _is(found, KeyState.ACTIVE):
        following = next(entry for entry in keys if _is(entry, KeyState.NEXT))
        following["state"] = KeyState.ACTIVE.value
    return with_next({"keys": keys, "logins": _logins_without(document, found)})


def _logins_without(document: Document, found: Entry) -> str:
    """What logins are told apart by once a key is revoked: whoever has that must not know it."""
    kept: str = document.get("logins") or login_secret(_active(document))
    derived = login_secret(found) if "key" in found else None
    return new_login_secret() if kept == derived else kept


def _tombstone(entry: Entry) -> Entry:
    """What stays of a key: that its id is taken, and what the audit log was sealed with, which signs no token."""
    gone = {"kid": entry["kid"], "alg": entry["alg"], "state": KeyState.REVOKED.value}
    return gone | {"audit": audit_secret(entry)}


def _active(document: Document) -> Entry:
    entry: Entry = next(entry for entry in document["keys"] if _is(entry, KeyState.ACTIVE))
    return entry


def _is(entry: Entry, state: KeyState) -> bool:
    return bool(entry.get("state") == state.value)
