"""Which reads are answered on the event loop, without a database thread: those that were small and quick the last time.

Handing a read to a thread and its answer back costs more than reading one row of a local file does. The reader of a
write-ahead log waits for nobody, so a small read holds the event loop for a fraction of a millisecond. Anything that
may be large goes to a thread first, and so does everything after a write, which may have made it large.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

# Bytes of an answer and seconds it took, above which it goes to a thread the next time.
MAX_BYTES = 128 * 1024
MAX_SECONDS = 0.003
_MOST = 1024


class QuickReads:
    """Remembers reads that may be repeated on the event loop. For the event loop's thread alone."""

    def __init__(self) -> None:
        self._quick: set[Hashable] = set()
        # Counts the writes: what began before one says nothing about what comes after it.
        self.generation = 0
        self._stamp: Hashable = None

    def look(self, stamp: Hashable) -> None:
        """Say how the database looks from outside, before a read: another process may have written."""
        if stamp != self._stamp:
            self._stamp = stamp
            self.forget()

    def __contains__(self, read: Hashable) -> bool:
        return read in self._quick

    def note(self, read: Hashable, *, size: int, seconds: float, generation: int) -> None:
        """Say how a read went that began in ``generation``."""
        if generation != self.generation:
            return
        if size > MAX_BYTES or seconds > MAX_SECONDS:
            self._quick.discard(read)
            return
        if len(self._quick) >= _MOST:
            self._quick.clear()
        self._quick.add(read)

    def forget(self) -> None:
        """Something was written: nothing is known any more."""
        self.generation += 1
        self._quick.clear()


def read_key(path: str, query: Mapping[str, Sequence[str]], who: Hashable) -> Hashable:
    """What makes two reads the same. JupyterLab adds the time to every address, as a name without a value."""
    asked = tuple((name, *values) for name, values in query.items() if any(values))
    return path, asked, who
