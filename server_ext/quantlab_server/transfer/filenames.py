"""File names that every system takes, for names that people gave."""

from __future__ import annotations

import re
import unicodedata

_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
# Names of devices on Windows, whatever the extension.
_DEVICES = re.compile(r"^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)", re.IGNORECASE)
# Most systems take 255 bytes; this leaves room for numbers and extensions.
_MAX_BYTES = 180


def safe_name(name: str) -> str:
    """A file or folder name close to ``name``: no separators, no device names, not hidden, not too long."""
    made = _FORBIDDEN.sub("_", unicodedata.normalize("NFC", name)).strip(" .")
    made = made.encode()[:_MAX_BYTES].decode(errors="ignore").rstrip(" .")
    if not made or _DEVICES.match(made):
        made = f"_{made}"
    return made


class UniquePaths:
    """Hands out paths that differ also where upper and lower case are one."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def take(self, folder: str, stem: str, extension: str) -> str:
        """``folder/stem.extension``, numbered when that is taken."""
        number = 1
        while True:
            suffix = "" if number == 1 else f" ({number})"
            path = f"{folder}/{stem}{suffix}{extension}"
            key = unicodedata.normalize("NFC", path.casefold())
            if key not in self._taken:
                self._taken.add(key)
                return path
            number += 1


def is_unsafe_path(path: str) -> bool:
    """Whether a path in a zip would leave the folder it is unpacked in, or means something else elsewhere."""
    parts = path.split("/")
    return (
        not path
        or path.startswith("/")
        or "\\" in path
        or "\0" in path
        or ":" in parts[0]
        or any(part in ("..", ".") for part in parts)
    )
