"""Passwords that have leaked: asked of a service which is told five hexadecimal digits of a hash, and no more."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import unicodedata
from importlib import import_module
from typing import Protocol
from urllib.parse import urlsplit

from quantlab_server.adapters.outgoing import Outgoing, OutgoingFailed
from quantlab_server.errors import Invalid
from quantlab_server.settings_breaches import BreachSettings

log = logging.getLogger("quantlab.breaches")

_PREFIX = 5  # hexadecimal digits


class BreachedPasswords(Protocol):
    """What ``BreachSettings.checker`` names."""

    async def contains(self, password: str) -> bool:
        """Whether a password (in NFC) is known from a leak; any exception says that nobody knows."""


class RangeService:
    """The range API of Have I Been Pwned, or another that speaks like it."""

    def __init__(self, settings: BreachSettings) -> None:
        self._url = settings.range_url
        self._outgoing = Outgoing(settings.allowed_hosts, seconds=settings.seconds)

    async def contains(self, password: str) -> bool:
        """Whether the service has the password.

        Raises:
            OutgoingRefused: its address must not be asked.
            OutgoingFailed: no good answer in time.
        """
        # The service's choice; nothing is kept by this hash.
        digest = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper()
        answer = await self._outgoing.fetch(
            "GET",
            self._url + digest[:_PREFIX],
            # Answers of one length: who watches the line learns nothing of the digits.
            headers={"Add-Padding": "true"},
        )
        if answer.status != 200:
            raise OutgoingFailed(f"status {answer.status}")
        for line in answer.body.decode("ascii", "replace").splitlines():
            rest, _, count = line.strip().partition(":")
            # What only fills the answer up has the count 0.
            if rest.upper() == digest[_PREFIX:]:
                return count != "0"
        return False


class Breaches:
    """Looks new passwords up, and lets them pass when nobody answers."""

    def __init__(self, settings: BreachSettings) -> None:
        self._seconds = settings.seconds
        self._checker: BreachedPasswords | None = None
        if settings.checker:
            module, _, name = settings.checker.rpartition(".")
            self._checker = getattr(import_module(module), name)(settings)
            host = urlsplit(settings.range_url).hostname
            log.info("new passwords are looked up: %s (%s)", settings.checker, host)

    async def refuse(self, password: str, *, path: str = "password") -> None:
        """Refuse a new password that has leaked.

        Raises:
            Invalid: with the code ``breached`` at ``path``.
        """
        if self._checker is None:
            return
        try:
            async with asyncio.timeout(self._seconds):
                found = await self._checker.contains(unicodedata.normalize("NFC", password))
        except Exception as error:
            # Another's fault keeps nobody out; the type only, a message may hold what was asked for.
            log.warning("a new password could not be looked up: %s", type(error).__name__)
            return
        if found:
            message = "This password is known from a leak elsewhere. Choose another one."
            raise Invalid(fields=[{"path": path, "code": "breached", "message": message}])
