"""Usernames and e-mail addresses: what is accepted, and the key under which two spellings are the same name.

A username's key folds case, compatibility forms and letters of other alphabets that look like Latin ones, so that
nobody can pass for somebody else.
"""

from __future__ import annotations

import re
import unicodedata

import idna

from quantlab_server.errors import Field, Invalid

USERNAME_MAX = 64  # characters
EMAIL_MAX = 254  # characters (RFC 5321)
_LOCAL_PART_MAX = 64

_JOINERS = "._-"
_LETTERS = frozenset({"Ll", "Lu", "Lt", "Lm", "Lo", "Mn", "Mc", "Nd", "Nl"})
_LOCAL_PART = re.compile(r"^[^\s@\"(),:;<>\[\]\\.]+(?:\.[^\s@\"(),:;<>\[\]\\.]+)*$")

# Small letters that look like Latin ones (from Unicode's confusables), after case folding.
_LOOK_ALIKES = str.maketrans(
    "аеорсухіјѕһԁԛԝьвмткнг" + "αοριυνκχγτ" + "օսոհց" + "ıɑɡⅼ",  # noqa: RUF001  # that is the point
    "aeopcyxijshdqwbbmtkhr" + "aopiuvkxyt" + "ounhg" + "iagl",
)
# Scripts that one name may mix: what Japanese, Korean and Chinese writing mixes anyway.
_TOGETHER = (
    frozenset({"CJK", "HIRAGANA", "KATAKANA", "LATIN"}),
    frozenset({"CJK", "HANGUL", "LATIN"}),
    frozenset({"CJK", "BOPOMOFO", "LATIN"}),
)


def clean_username(value: str) -> str:
    """A username in its stored form (NFKC).

    Raises:
        Invalid: with one of the codes too_short, too_long, invalid_character, mixed_scripts.
    """
    name = unicodedata.normalize("NFKC", value).strip()
    if not name:
        raise _refused("username", "too_short", "Give a username.")
    if len(name) > USERNAME_MAX:
        raise _refused("username", "too_long", f"Use at most {USERNAME_MAX} characters.")
    if not all(map(_is_letter, name)) or name[0] in _JOINERS or name[-1] in _JOINERS:
        raise _refused(
            "username",
            "invalid_character",
            "Use letters, digits, and between them “.”, “-” and “_”.",
        )
    scripts = {script for char in name if (script := _script(char))}
    if len(scripts) > 1 and not any(scripts <= group for group in _TOGETHER):
        raise _refused("username", "mixed_scripts", "Use the letters of one alphabet.")
    return name


def username_key(name: str) -> str:
    """Names with the same key are the same name."""
    folded = unicodedata.normalize("NFKC", name).strip().casefold()
    return unicodedata.normalize("NFKC", folded).translate(_LOOK_ALIKES)


def clean_email(value: str) -> str:
    """An address in its stored form: NFC, the domain in lower case.

    Raises:
        Invalid: with one of the codes too_long, invalid_email.
    """
    address = unicodedata.normalize("NFC", value).strip()
    if len(address) > EMAIL_MAX:
        raise _refused("email", "too_long", f"Use at most {EMAIL_MAX} characters.")
    local, at, domain = address.rpartition("@")
    good = (
        at
        and len(local.encode()) <= _LOCAL_PART_MAX
        and _LOCAL_PART.match(local)
        and all(char.isprintable() for char in local)
        and _domain(domain) is not None
    )
    if not good:
        raise _refused("email", "invalid_email", "This is not an e-mail address.")
    return f"{local}@{domain.lower()}"


def email_key(address: str) -> str:
    """Addresses with the same key are the same address; the domain counts in its ASCII form."""
    local, _, domain = unicodedata.normalize("NFKC", address).strip().rpartition("@")
    return f"{local.casefold()}@{_domain(domain) or domain.casefold()}"


def login_key(login: str) -> tuple[str, str]:
    """``(kind, key)`` of what somebody typed as login: with an @ it is an address."""
    return ("email", email_key(login)) if "@" in login else ("username", username_key(login))


def tenant_key(name: str) -> str:
    """Shared tenants with the same key have the same name."""
    return username_key(name)


def _domain(domain: str) -> str | None:
    try:
        ascii_form = idna.encode(domain, uts46=True).decode()
    except (idna.IDNAError, UnicodeError):
        return None
    return ascii_form if "." in ascii_form or ascii_form == "localhost" else None


def _is_letter(char: str) -> bool:
    # Letters with their marks, and decimal digits; what cannot be seen or only decorates is no part of a name.
    return char in _JOINERS or unicodedata.category(char) in _LETTERS


def _script(char: str) -> str | None:
    if not char.isalpha():
        return None
    name = unicodedata.name(char, "UNKNOWN")
    first = name.split(" ", 1)[0].split("-", 1)[0]
    return "CJK" if first in ("CJK", "IDEOGRAPHIC") else first


def _refused(path: str, code: str, message: str) -> Invalid:
    field: Field = {"path": path, "code": code, "message": message}
    return Invalid(fields=[field])
