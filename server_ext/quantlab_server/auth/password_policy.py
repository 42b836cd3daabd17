"""Which new passwords are refused, and why: length, well-known, or made of the person's own names.

No composition rules: length and unpredictability count. ``common_passwords.txt`` says where its words are from.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib import resources

from quantlab_server.config import PasswordSettings
from quantlab_server.errors import Field, Invalid

PRODUCT = "quantlab"
_MIN_NAME = 3  # characters; a shorter name is in too many words
_MIN_DISTINCT = 5  # different characters
_MIN_RUN = 3  # characters of a keyboard row or alphabet in order

_LEET = str.maketrans("@4831!0$57", "aabeiiosst")
_RUNS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890123456789",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qwertzuiopü",
    "azertyuiop",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
)
_RUN_TEXTS = tuple(run for row in _RUNS for run in (row, row[::-1]))


def check_password(
    password: str, settings: PasswordSettings, names: Sequence[str], *, path: str = "password"
) -> None:
    """Refuse a new password that is too easy to guess.

    Args:
        names: the person's username and e-mail address.
        path: the field that the error names.

    Raises:
        Invalid: with one of the codes too_short, too_long, too_common, contains_name.
    """
    problem = _problem(unicodedata.normalize("NFC", password), settings, names)
    if problem is not None:
        raise Invalid(fields=[{"path": path, **problem}])


def _problem(password: str, settings: PasswordSettings, names: Sequence[str]) -> Field | None:
    if len(password) < settings.min_length:
        return {
            "code": "too_short",
            "message": f"Use at least {settings.min_length} characters; several words work well.",
        }
    if len(password) > settings.max_length:
        return {"code": "too_long", "message": f"Use at most {settings.max_length} characters."}
    folded = unicodedata.normalize("NFKC", password).casefold()
    rest = folded
    for name in sorted(_names(names), key=len, reverse=True):
        rest = rest.replace(name, "")
    if len(rest) < len(folded) and len(rest) < settings.min_length:
        return {
            "code": "contains_name",
            "message": "Your name, your address and ours are the first things to be guessed.",
        }
    if is_common(folded):
        return {
            "code": "too_common",
            "message": "This password is easy to guess. Choose another one.",
        }
    return None


def is_common(folded: str) -> bool:
    """Whether a case-folded password is well known, or a pattern that every guessing tool tries."""
    if len(set(folded)) < _MIN_DISTINCT or _is_runs(folded):
        return True
    words = _words()
    return any(form in words for form in _forms(folded))


def _forms(folded: str) -> Iterator[str]:
    for text in (folded, _unrepeated(folded)):
        yield text
        bare = _bare(text)
        yield bare
        plain = text.translate(_LEET)
        yield plain
        yield _bare(plain)
        # "password1!": the leet digits of the ending belong to the ending, not to the word.
        yield _bare(bare.translate(_LEET))
        yield _unrepeated(bare)


def _bare(text: str) -> str:
    """Without the digits and signs that people put around a word. Too short a word counts as none."""
    bare = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", text)
    return bare if len(bare) > 3 else text


def _unrepeated(text: str) -> str:
    """``abcabcabc`` -> ``abc``."""
    place = (text + text).find(text, 1)
    return text[:place]


def _is_runs(text: str) -> bool:
    """Made only of pieces of keyboard rows, alphabets and digits in order, or of one repeated character."""
    place = 0
    while place < len(text):
        end = place + 1
        while end < len(text) and (
            any(text[place : end + 1] in run for run in _RUN_TEXTS)
            or text[place : end + 1] == text[place] * (end + 1 - place)
        ):
            end += 1
        if end - place < _MIN_RUN:
            return False
        place = end
    return True


def _names(names: Sequence[str]) -> set[str]:
    found = {PRODUCT}
    for name in names:
        folded = unicodedata.normalize("NFKC", name).casefold()
        found |= {folded, folded.partition("@")[0], folded.partition("@")[2]}
    return {name for name in found if len(name) >= _MIN_NAME}


@lru_cache(maxsize=1)
def _words() -> frozenset[str]:
    text = (
        resources.files("quantlab_server.auth").joinpath("common_passwords.txt").read_text("utf-8")
    )
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#!"))
