"""A folder of CSV and Parquet files: ``AAPL.csv`` has daily bars, ``BTCUSD_5m.parquet`` five-minute ones.

Only names that are found by listing the folder are ever opened: no path is made from what a caller sends.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

from quantlab_server.market.provider import (
    Capabilities,
    Listing,
    Provider,
    ProviderBars,
    ProviderError,
)
from quantlab_server.market.providers.tabular import read_csv, read_parquet
from quantlab_server.market.timeframes import Timeframe

if TYPE_CHECKING:
    from quantlab_server.settings_market import MarketSettings

_READERS = {".csv": read_csv, ".parquet": read_parquet}

_TICKER = re.compile(r"[A-Za-z0-9][A-Za-z0-9.=^-]{0,39}")
_TIMEFRAMES = {str(each) for each in Timeframe}

# ticker -> timeframe -> file
_Files = dict[str, dict[Timeframe, Path]]


class FilesProvider(Provider):
    """Bars from the files of one folder.

    Args:
        folder: read whenever something is asked for, so that new files are there at once.
        max_bytes: of one file; a larger one is refused, as all of it has to be in memory.
        timezone: of times without one, and the one in which days, weeks and months are counted.

    Raises:
        KeyError: no such time zone.
    """

    source = "FILES"
    label = "Files"

    def __init__(
        self,
        folder: Path,
        *,
        timezone: str = "UTC",
        currency: str = "",
        max_bytes: int = 256 * 1024 * 1024,
    ) -> None:
        self._folder = folder
        self._zone = ZoneInfo(timezone)
        self._currency = currency or None
        self._max_bytes = max_bytes

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(search=True, native_timeframes=tuple(Timeframe))

    def search(self, query: str, limit: int) -> Sequence[Listing]:
        wanted = query.casefold()
        files = self._files()
        found = sorted(ticker for ticker in files if wanted in ticker.casefold())
        found.sort(key=lambda ticker: not ticker.casefold().startswith(wanted))
        return [self._listing(ticker, files[ticker]) for ticker in found[:limit]]

    def instrument(self, ticker: str) -> Listing | None:
        files = self._files().get(ticker)
        return self._listing(ticker, files) if files else None

    def bars(
        self, ticker: str, timeframe: Timeframe, start: int | None, end: int | None
    ) -> ProviderBars:
        path = self._files()[ticker][timeframe]
        try:
            if path.stat().st_size > self._max_bytes:
                raise ProviderError(
                    f"“{path.name}” is larger than {self._max_bytes:,} bytes. Split it, or have "
                    "MarketSettings.files_max_bytes raised."
                )
            answer = _READERS[path.suffix.lower()](path, self._zone, dates=not timeframe.intraday)
        except OSError:
            raise ProviderError(f"“{path.name}” cannot be opened.") from None
        moments = answer.table.column("time").to_numpy().astype("datetime64[ms]").astype(np.int64)
        low = 0 if start is None else int(np.searchsorted(moments, start))
        high = len(moments) if end is None else int(np.searchsorted(moments, end))
        return ProviderBars(answer.table.slice(low, max(0, high - low)), answer.problems)

    def revision(self, ticker: str) -> str:
        files = self._files().get(ticker, {})
        states = [(str(each), path.stat()) for each, path in sorted(files.items())]
        return " ".join(f"{name}:{stat.st_mtime_ns}:{stat.st_size}" for name, stat in states)

    def _listing(self, ticker: str, files: dict[Timeframe, Path]) -> Listing:
        names = ", ".join(sorted(path.name for path in files.values()))
        return Listing(
            ticker=ticker,
            name=ticker,
            native=tuple(files),
            currency=self._currency,
            timezone=self._zone.key,
            source=f"file {names}",
            licence="as the files say",
            note="Prices are shown as they are in the file.",
        )

    def _files(self) -> _Files:
        """What the folder offers now; of two files for the same bars the first by name."""
        found: _Files = {}
        home = self._folder.resolve()
        try:
            with os.scandir(home) as entries:
                there = sorted(
                    (entry.name, entry.is_symlink()) for entry in entries if entry.is_file()
                )
        except OSError:
            raise ProviderError("The folder of data files cannot be read.") from None
        for name, is_link in there:
            path = home / name
            known = _meaning(path)
            # A link may lead anywhere, also to what only the server's own account may read.
            if known is None or (is_link and path.resolve().parent != home):
                continue
            ticker, timeframe = known
            found.setdefault(ticker, {}).setdefault(timeframe, path)
        return found


def _meaning(path: Path) -> tuple[str, Timeframe] | None:
    """Ticker (in capitals) and timeframe that a file's name stands for, or None."""
    if path.suffix.lower() not in _READERS:
        return None
    stem, underscore, suffix = path.stem.rpartition("_")
    if not underscore or suffix not in _TIMEFRAMES:
        stem, suffix = path.stem, str(Timeframe.DAY)
    if _TICKER.fullmatch(stem) is None:
        return None
    return stem.upper(), Timeframe(suffix)


def files(settings: MarketSettings) -> Provider | None:
    """The provider, for the entry point; None without a folder."""
    if not settings.files_folder:
        return None
    return FilesProvider(
        Path(settings.files_folder).expanduser(),
        timezone=settings.files_timezone,
        currency=settings.files_currency,
        max_bytes=settings.files_max_bytes,
    )
