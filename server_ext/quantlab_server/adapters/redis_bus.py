"""The bus over Redis publish and subscribe: one listening thread, short timeouts, reconnecting by itself."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable

import redis

log = logging.getLogger("quantlab.bus")

_TIMEOUT = 0.5  # seconds to connect, and to publish
_POLL = 1.0  # seconds between looks at whether to stop
_PING = 5  # seconds of silence after which the connection is tested
_RETRY = (0.1, 0.5, 1.0, 2.0)  # seconds between attempts to connect
_PAUSE = (
    5.0  # seconds without publishing after a failure, so that a dead Redis does not slow requests
)

Heard = Callable[[str], None]
Missed = Callable[[], None]


class RedisBus:
    """One connection that listens and one that publishes."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._publisher = redis.Redis.from_url(
            url, socket_timeout=_TIMEOUT, socket_connect_timeout=_TIMEOUT
        )
        self._topics: dict[str, tuple[Heard, Missed]] = {}
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._silent_until = 0.0
        # Set while the subscription stands; tests and /health wait for it.
        self.connected = threading.Event()

    def subscribe(self, topic: str, heard: Heard, missed: Missed) -> None:
        """Listen to a topic, from the next look of the listening thread on."""
        self._topics[topic] = (heard, missed)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="quantlab-bus", daemon=True)
            self._thread.start()

    def publish(self, topic: str, message: str) -> None:
        """Send; a failure is logged, because everything also works (a few seconds later) without the bus."""
        if time.monotonic() < self._silent_until:
            return
        try:
            self._publisher.publish(topic, message)
        except (redis.RedisError, OSError) as error:
            self._silent_until = time.monotonic() + _PAUSE
            log.warning("the bus is down: %s", type(error).__name__)

    def close(self) -> None:
        """Stop listening."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=2 * _POLL)
        self._publisher.close()

    def _run(self) -> None:
        attempt = 0
        while not self._stop.is_set():
            try:
                self._listen()
                attempt = 0
            except (redis.RedisError, OSError) as error:
                if self.connected.is_set():
                    attempt = 0
                    log.warning("the bus was interrupted: %s", type(error).__name__)
                self.connected.clear()
                self._stop.wait(_RETRY[min(attempt, len(_RETRY) - 1)])
                attempt += 1

    def _listen(self) -> None:
        client = redis.Redis.from_url(
            self._url,
            socket_timeout=_TIMEOUT,
            socket_connect_timeout=_TIMEOUT,
            health_check_interval=_PING,
        )
        subscription = client.pubsub(ignore_subscribe_messages=True)
        try:
            heard: set[str] = set()
            while not self._stop.is_set():
                # The thread starts with the first topic; others may be named while it connects.
                new = [topic for topic in list(self._topics) if topic not in heard]
                if new:
                    subscription.subscribe(*new)
                    heard.update(new)
                    self.connected.set()
                    # Nobody knows what was said before this moment.
                    for topic in new:
                        self._topics[topic][1]()
                message = subscription.get_message(timeout=_POLL)
                if message is not None and message["type"] == "message":
                    self._deliver(message["channel"], message["data"])
        finally:
            with contextlib.suppress(redis.RedisError, OSError):
                subscription.close()
                client.close()

    def _deliver(self, channel: bytes, data: bytes) -> None:
        heard, _ = self._topics[channel.decode()]
        try:
            heard(data.decode("utf-8", "replace"))
        except Exception:
            log.exception("a listener of the bus failed")


def make_bus(redis_url: str) -> RedisBus | None:
    """The bus for a configured Redis, or None."""
    return RedisBus(redis_url) if redis_url else None
