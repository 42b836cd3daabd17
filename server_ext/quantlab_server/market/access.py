"""How endpoints reach market data: on threads of its own, and loaded when it is first asked for.

Numerical libraries take a second to import, which opening JupyterLab must not wait for; and a source that answers
slowly must not hold the database's threads.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from quantlab_server.http.worker import Workers
from quantlab_server.market.libraries import load
from quantlab_server.settings_market import MarketSettings

if TYPE_CHECKING:
    from quantlab_server.market.service import MarketService

T = TypeVar("T")


class MarketAccess:
    """Runs functions on the market's threads with the one `MarketService` of the process.

    ``folder`` is where it keeps bars of remote sources.
    """

    def __init__(self, settings: MarketSettings, folder: Path | None = None) -> None:
        self._settings = settings
        self._folder = folder
        self._workers = Workers(settings.threads, settings.max_in_flight)
        self._lock = threading.Lock()
        self._service: MarketService | None = None

    async def run(self, function: Callable[[MarketService], T]) -> T:
        """What ``function`` makes of the service.

        Raises:
            Unavailable: too many requests wait already.
        """
        return await self._workers.run(lambda: function(self.service()))

    def service(self) -> MarketService:
        """The service itself, for who is not on the event loop."""
        with self._lock:
            if self._service is None:
                load("quantlab_server.market.service")
                from quantlab_server.market.service import MarketService

                self._service = MarketService(self._settings, folder=self._folder)
            return self._service

    def close(self) -> None:
        """Wait for running work, then end the threads."""
        self._workers.close()
