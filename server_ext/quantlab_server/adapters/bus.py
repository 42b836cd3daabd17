"""Messages between the processes of one installation: the Protocol, and the bus of a single process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol


class Bus(Protocol):
    """Fire and forget: a message may be lost when the bus is down, and listeners are told that some may be."""

    def subscribe(
        self, topic: str, heard: Callable[[str], None], missed: Callable[[], None]
    ) -> None:
        """Call ``heard`` with each message of other processes, from any thread.

        ``missed`` is called after an interruption, during which messages may have been lost.
        """
        ...

    def publish(self, topic: str, message: str) -> None:
        """Send to the other processes. Never raises and never blocks for more than a second."""
        ...

    def close(self) -> None:
        """Stop listening."""
        ...


class MemoryBus:
    """For one process: there is nobody else to tell."""

    def subscribe(
        self, topic: str, heard: Callable[[str], None], missed: Callable[[], None]
    ) -> None:
        """Nothing will ever be heard."""

    def publish(self, topic: str, message: str) -> None:
        """Nobody else is there."""

    def close(self) -> None:
        """Nothing to stop."""
