"""Bars on disk: one Parquet file per instrument, timeframe and content, named by what is in it.

A file's name is the bars' snapshot and the SHA-256 of the file, so whoever opens it can tell whether it is whole. Files
are written beside and renamed, and never changed after that: several processes may share a folder.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import re
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from quantlab_server.market.bars import SCHEMA, Bars

log = logging.getLogger("quantlab.market")

# Bars that are read at least where some are asked for.
_GROUP = 50_000

# Seconds after which a file that was never finished is removed.
_ABANDONED = 3600

_NAME = re.compile(r"([0-9a-f]{64})\.([0-9a-f]{64})\.parquet")
# In each folder of an instrument and timeframe: the name of the newest file.
_CURRENT = "current"


@dataclass(frozen=True, slots=True)
class Stored:
    """A whole file. ``first``, ``last``: times of its bars, milliseconds since 1970 UTC; ``rows``: how many."""

    path: Path
    snapshot: str
    rows: int
    first: int
    last: int


class BarStore:
    """Bars of remote sources, within a stated number of bytes. For several threads and processes.

    Args:
        folder: made when something is first kept; nobody else on the machine may read it.
        max_bytes: what all files take at most; the ones not used for longest go first.
    """

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        # Files that were found whole: path -> size and time of change then.
        self._whole: dict[Path, tuple[int, int]] = {}

    def current(self, source: str, ticker: str, timeframe: str) -> Stored | None:
        """The newest bars of an instrument and timeframe, if they are there and undamaged."""
        folder = self._place(source, ticker, timeframe)
        try:
            name = (folder / _CURRENT).read_text(encoding="ascii")
        except (OSError, ValueError):
            return None
        match = _NAME.fullmatch(name)
        return None if match is None else self._stored(folder / name, match[1])

    def find(self, source: str, ticker: str, timeframe: str, snapshot: str) -> Stored | None:
        """The bars of a snapshot, also when there are newer ones, for as long as they were not evicted."""
        folder = self._place(source, ticker, timeframe)
        if re.fullmatch("[0-9a-f]{64}", snapshot) is None or not folder.is_dir():
            return None
        paths = sorted(folder.glob(f"{snapshot}.*.parquet"))
        return next(filter(None, (self._stored(path, snapshot) for path in paths)), None)

    def read(self, stored: Stored, start: int | None, end: int | None) -> pa.Table | None:
        """Its bars in ``[start, end)`` as a table of `SCHEMA`; None when the file has gone or cannot be read.

        Only the parts of the file that bars of the range are in are read.
        """
        low = stored.first if start is None else max(start, stored.first)
        high = stored.last + 1 if end is None else min(end, stored.last + 1)
        if low >= high:
            return SCHEMA.empty_table()
        try:
            with parquet.ParquetFile(stored.path, page_checksum_verification=True) as file:
                groups = [
                    number
                    for number in range(file.metadata.num_row_groups)
                    if _overlaps(file.metadata.row_group(number), low, high)
                ]
                table = file.read_row_groups(groups, use_threads=False).cast(SCHEMA)
        except (OSError, pa.ArrowException):
            self._damaged(stored.path)
            return None
        if low <= stored.first and high > stored.last:
            return table
        times = table.column("time").cast(pa.int64())
        return table.filter(pc.and_(pc.greater_equal(times, low), pc.less(times, high)))

    def put(self, source: str, ticker: str, timeframe: str, bars: Bars) -> None:
        """Keep bars as the newest; others make room. A full disk is logged: the bars can be asked for again."""
        if not len(bars):
            return
        folder = self._place(source, ticker, timeframe)
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for each in (self._folder, folder.parent.parent, folder.parent, folder):
                each.chmod(0o700)
            name = self._write(folder, bars)
            _replace(folder / _CURRENT, name.encode())
            with self._lock:
                self._evict(folder / name)
        except OSError as error:
            log.warning("bars cannot be kept on disk: %s", error.strerror)

    def _place(self, source: str, ticker: str, timeframe: str) -> Path:
        # A ticker may be "..", or differ from another one in capitals only, which some file systems do not tell apart.
        return self._folder / _safe(source) / _safe(ticker) / _safe(timeframe)

    def _write(self, folder: Path, bars: Bars) -> str:
        handle, temporary = tempfile.mkstemp(dir=folder, prefix=".", suffix=".tmp")  # made as 0600
        try:
            with os.fdopen(handle, "wb") as file:
                parquet.write_table(
                    bars.table(),
                    file,
                    compression="zstd",
                    row_group_size=_GROUP,
                    write_page_checksum=True,
                )
                file.flush()
                os.fsync(file.fileno())
            name = f"{bars.snapshot}.{_digest(Path(temporary))}.parquet"
            Path(temporary).replace(folder / name)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        return name

    def _stored(self, path: Path, snapshot: str) -> Stored | None:
        """A file that is what its name says; one that is not is removed."""
        try:
            state = path.stat()
            known = (state.st_size, state.st_mtime_ns)
            if self._whole.get(path) != known and _digest(path) != path.name.split(".")[1]:
                self._damaged(path)
                return None
            # Its time of change is when it was last used.
            os.utime(path)
            state = path.stat()
            self._whole[path] = (state.st_size, state.st_mtime_ns)
            metadata = parquet.read_metadata(path)
            ends = [
                metadata.row_group(n).column(0).statistics for n in range(metadata.num_row_groups)
            ]
            first, last = _millis(ends[0].min), _millis(ends[-1].max)
        except (OSError, pa.ArrowException):
            return None
        return Stored(path, snapshot, metadata.num_rows, first, last)

    def _damaged(self, path: Path) -> None:
        log.warning("bars on disk were damaged; they are asked for again: %s", path.name[:16])
        self._whole.pop(path, None)
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)

    def _evict(self, kept: Path) -> None:
        """Make room, without ``kept``."""
        files: list[tuple[int, int, Path]] = []
        for path in self._folder.glob("*/*/*/*.parquet"):
            with contextlib.suppress(OSError):
                state = path.stat()
                files.append((state.st_mtime_ns, state.st_size, path))
        total = sum(size for _, size, _ in files)
        for path in self._folder.glob("*/*/*/.*.tmp"):
            # Left behind by a process that ended while it wrote.
            with contextlib.suppress(OSError):
                if path.stat().st_mtime < time.time() - _ABANDONED:
                    path.unlink()
        for _, size, path in sorted(files):
            if total <= self._max_bytes:
                break
            if path != kept:
                with contextlib.suppress(OSError):
                    path.unlink()
                    self._whole.pop(path, None)
                    total -= size


def _safe(text: str) -> str:
    """A name of a folder that no other text has, whatever the file system; nothing in it leads elsewhere."""
    return "".join(
        each if re.fullmatch("[a-z0-9_-]", each) else f"%{each.encode().hex()}" for each in text
    )


def _overlaps(group: pa.Table, low: int, high: int) -> bool:
    times = group.column(0).statistics
    return times is None or (_millis(times.max) >= low and _millis(times.min) < high)


def _millis(moment: object) -> int:
    return int(pa.scalar(moment, SCHEMA.field("time").type).cast(pa.int64()).as_py())


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _replace(path: Path, content: bytes) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    Path(temporary).replace(path)
