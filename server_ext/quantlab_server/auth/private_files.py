"""Files that hold secrets: mode 0600 from their first byte, written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def create_file(path: Path, text: str) -> bool:
    """Write a new private file; of several processes that try at once, the first wins.

    Returns:
        False when there is a file already: it stays as it is.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = _write_beside(path, text)
    try:
        try:
            os.link(temporary, path)
        except FileExistsError:
            return False
        except OSError:
            # A file system without hard links. Renaming replaces, so two first starts at the very same instant
            # could disagree there until the next start; nothing else is atomic on such a file system.
            if path.exists():
                return False
            os.replace(temporary, path)
        return True
    finally:
        temporary.unlink(missing_ok=True)


def replace_file(path: Path, text: str) -> None:
    """Write a private file in the place of another, whose owner it keeps: readers see the old or the new one.

    Raises:
        OSError: the folder cannot be written, or the owner cannot be kept; the old file is still there.
    """
    path = path.resolve()
    temporary = _write_beside(path, text)
    try:
        if hasattr(os, "chown") and path.exists():
            # An administrator's command must not take the file away from the service that reads it.
            before = path.stat()
            os.chown(temporary, before.st_uid, before.st_gid)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _write_beside(path: Path, text: str) -> Path:
    # mkstemp makes the file 0600; it gets its name only when its content is on the disk.
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return Path(temporary)
