"""Where ``quantlab login`` keeps its token: one file that only its owner can read, one token for each address."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from quantlab_ext.errors import QuantLabError

FILE = "QUANTLAB_CREDENTIALS_FILE"


@dataclass(frozen=True, slots=True)
class Credential:
    """A token for an address."""

    url: str
    token: str = field(repr=False)


def credentials_file() -> Path:
    """``QUANTLAB_CREDENTIALS_FILE``, else ``quantlab/credentials.json`` among this person's configuration files."""
    given = os.environ.get(FILE, "").strip()
    if given:
        return Path(given)
    if sys.platform == "win32":
        base = os.environ.get("APPDATA") or str(Path.home() / "AppData" / "Roaming")
    else:
        base = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(base) / "quantlab" / "credentials.json"


def find_credential(url: str | None = None) -> Credential | None:
    """The token for an address, or of the last log-in; None when there is none.

    Raises:
        QuantLabError: the file is readable by others, or no file of ours.
    """
    found = [one for one in _read() if url is None or one.url == url.rstrip("/")]
    return found[-1] if found else None


def keep_credential(credential: Credential) -> Path:
    """Keep a token, in the place of another for the same address; where.

    Raises:
        QuantLabError: the file cannot be used.
    """
    others = [one for one in _read() if one.url != credential.url]
    return _write([*others, credential])


def forget_credential(url: str | None = None) -> Credential | None:
    """Forget the token for an address, or of the last log-in; which one it was.

    Raises:
        QuantLabError: the file cannot be used.
    """
    gone = find_credential(url)
    if gone is not None:
        _write([one for one in _read() if one.url != gone.url])
    return gone


def _read() -> list[Credential]:
    path = credentials_file()
    try:
        with path.open(encoding="utf-8") as file:
            if os.name == "posix" and os.fstat(file.fileno()).st_mode & 0o077:
                raise QuantLabError(
                    f"Others can read {path}, so the token in it is not used. Run: chmod 600 {path}",
                    code="credentials_exposed",
                )
            entries: Any = json.load(file)["credentials"]
            return [Credential(str(entry["url"]), str(entry["token"])) for entry in entries]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise QuantLabError(
            f"{path} cannot be used ({type(error).__name__}). Remove it and log in again.",
            code="credentials_broken",
        ) from None


def _write(credentials: list[Credential]) -> Path:
    path = credentials_file()
    text = json.dumps({"credentials": [{"url": c.url, "token": c.token} for c in credentials]})
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # mkstemp makes the file 0600; it gets its name when it is whole.
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            os.replace(temporary, path)
        finally:
            Path(temporary).unlink(missing_ok=True)
    except OSError as error:
        raise QuantLabError(
            f"{path} cannot be written: {error.strerror}.", code="credentials_unwritable"
        ) from None
    return path
