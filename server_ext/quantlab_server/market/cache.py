"""Bars kept in memory, within a stated number of bytes; what was not asked for longest goes first."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from quantlab_server.market.bars import Bars

Key = tuple[str, str, str]


class BarCache:
    """Bars by source, ticker and timeframe. For several threads.

    Args:
        max_bytes: what all kept columns take at most; bars larger than that are never kept.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._entries: OrderedDict[Key, tuple[str, Bars]] = OrderedDict()
        self._lock = threading.Lock()
        self.nbytes = 0

    def get(self, key: Key, revision: str) -> Bars | None:
        """What was kept under ``key``, if the source has not changed since."""
        with self._lock:
            kept = self._entries.get(key)
            if kept is None:
                return None
            if kept[0] != revision:
                self._drop(key)
                return None
            self._entries.move_to_end(key)
            return kept[1]

    def put(self, key: Key, revision: str, bars: Bars) -> None:
        """Keep ``bars``; others make room."""
        with self._lock:
            self._drop(key)
            if bars.nbytes > self._max_bytes:
                return
            self._entries[key] = (revision, bars)
            self.nbytes += bars.nbytes
            while self.nbytes > self._max_bytes:
                self._drop(next(iter(self._entries)))

    def __len__(self) -> int:
        return len(self._entries)

    def _drop(self, key: Key) -> None:
        kept = self._entries.pop(key, None)
        if kept is not None:
            self.nbytes -= kept[1].nbytes
