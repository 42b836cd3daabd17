"""The keyring of a running process: when its file changes, the process goes by the new one within two seconds."""

from __future__ import annotations

import logging
import os
import threading
import time

from quantlab_server.auth.clock import Clock
from quantlab_server.auth.keys import Key, Keyring, KeyringError, KeyringPlace

log = logging.getLogger("quantlab.keys")

_LOOK = 1.0  # seconds between looks at the file


class LiveKeyring:
    """The keys of a file as they are now, looked at whenever they are used, at most once a second.

    A file that became unreadable or wrong changes nothing: the last good keys stay, and the log says why.
    """

    def __init__(self, place: KeyringPlace, *, monotonic: Clock = time.monotonic) -> None:
        self._place = place
        self._monotonic = monotonic
        self._lock = threading.Lock()
        # Before the first reading: what changes in between is read again.
        self._stamp = self._look()
        self._keyring = place.read()
        self._generation = 0
        self._look_at = monotonic() + _LOOK

    @property
    def generation(self) -> int:
        """Moves when the keys have changed."""
        self._refresh()
        return self._generation

    @property
    def active(self) -> Key:
        """The key that signs."""
        return self._current().active

    @property
    def login_secret(self) -> bytes:
        """By which logins are told apart in limits and the audit log."""
        return self._current().login_secret

    @property
    def usable(self) -> list[Key]:
        """Every key that is not revoked."""
        return self._current().usable

    def find(self, kid: str) -> Key | None:
        """The key to verify with, or None when it is unknown or revoked."""
        return self._current().find(kid)

    def derive(self, purpose: str, kid: str | None = None) -> bytes:
        """32 bytes for one purpose, from the active key of this moment or from the one named ``kid``.

        Raises:
            KeyringError: the keyring has no such key.
        """
        return self._current().derive(purpose, kid)

    def _current(self) -> Keyring:
        self._refresh()
        return self._keyring

    def _refresh(self) -> None:
        if self._place.path is None or self._monotonic() < self._look_at:
            return
        with self._lock:
            if self._monotonic() < self._look_at:
                return
            self._look_at = self._monotonic() + _LOOK
            stamp = self._look()
            if stamp == self._stamp:
                return
            self._stamp = stamp
            try:
                self._keyring = self._place.read()
            except KeyringError as problem:
                log.error("the changed keys are not taken: %s", problem)
                return
            self._generation += 1
            log.info("the keys have changed; %s signs", self._keyring.active.kid)

    def _look(self) -> tuple[int, ...]:
        """What differs after every change: the file is replaced, never written over."""
        if self._place.path is None:
            return ()
        try:
            found = os.stat(self._place.path)
        except OSError:
            return ()
        return found.st_ino, found.st_mtime_ns, found.st_size
