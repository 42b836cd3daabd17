"""Names as they are compared and searched."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from quantlab_ext.schemas.base import NAME_MAX


def name_key(name: str) -> str:
    """The form in which names are unique: NFC, case folded."""
    return unicodedata.normalize("NFC", name.casefold())


# Between metadata and words of the content; neither can hold it.
_MARK = "\x1f"


def search_text(name: str, description: str, tags: Sequence[str], words: str = "") -> str:
    """What a search looks in, folded as names are. ``words``: what it finds in the content."""
    text = name_key("\n".join((name, description, *tags)))
    return f"{text}{_MARK}{name_key(words)}" if words else text


def words_of(search_text: str) -> str:
    """The words of the content in a stored ``search_text``."""
    return search_text.partition(_MARK)[2]


def columns(name: str, description: str, tags: Sequence[str], words: str = "") -> dict[str, str]:
    """The columns of an object that follow from how people call it, and from words of its content."""
    return {
        "name": name,
        "name_key": name_key(name),
        "description": description,
        "tags": "\n".join(tags),
        "search_text": search_text(name, description, tags, words),
    }


def like_pattern(text: str, *, anywhere: bool) -> str:
    """A LIKE pattern, with a backslash as escape, for what begins with or contains ``text``, folded."""
    escaped = name_key(text).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%" if anywhere else f"{escaped}%"


def with_suffix(name: str, suffix: str) -> str:
    """``name`` and ``suffix``, the name cut so that both fit."""
    return name[: NAME_MAX - len(suffix)].rstrip() + suffix


def free_name(name: str, suffix: str, taken: set[str]) -> str:
    """The first of ``name suffix``, ``name suffix 2``, … whose key is not taken."""
    number = 1
    while True:
        made = with_suffix(name, suffix if number == 1 else f"{suffix} {number}")
        if name_key(made) not in taken:
            return made
        number += 1
