"""Remote providers get so much time for a call and no more: one that hangs must not hold the threads of all others."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import TypeVar

from quantlab_server.market.provider import Listing, Provider, ProviderBars, ProviderError
from quantlab_server.market.timeframes import Timeframe
from quantlab_server.market.wrapped import WrappedProvider

T = TypeVar("T")

# Seconds for which a source that did not answer is not asked again.
_PAUSE = 15.0


class PatientProvider(WrappedProvider):
    """Another provider, each of whose calls over the network ends in time.

    A call that takes longer is left to itself, and raises `ProviderError`. From then on until the source has answered
    one call again, it is asked once in a while only, and other calls fail at once.

    Args:
        seconds: that a call may take.
        clock: seconds, for tests.
    """

    def __init__(
        self, inner: Provider, seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(inner)
        self._seconds = seconds
        self._clock = clock
        self._lock = threading.Lock()
        # When a source that did not answer may be asked again; None: it answers.
        self._again: float | None = None

    def search(self, query: str, limit: int) -> Sequence[Listing]:
        return self._in_time(lambda: self._inner.search(query, limit))

    def instrument(self, ticker: str) -> Listing | None:
        return self._in_time(lambda: self._inner.instrument(ticker))

    def renamed(self, ticker: str) -> Listing | None:
        return self._in_time(lambda: self._inner.renamed(ticker))

    def bars(
        self, ticker: str, timeframe: Timeframe, start: int | None, end: int | None
    ) -> ProviderBars:
        return self._in_time(lambda: self._inner.bars(ticker, timeframe, start, end))

    def _in_time(self, function: Callable[[], T]) -> T:
        self._enter()
        answer: Future[T] = Future()
        # Not of a pool: the interpreter waits for those when it ends, and a hung one would never let it.
        threading.Thread(
            target=_answer, args=(answer, function), name=f"source {self.source}", daemon=True
        ).start()
        try:
            answer.exception(self._seconds)
        except TimeoutError:
            with self._lock:
                self._again = self._clock() + _PAUSE
            raise ProviderError(f"it did not answer within {self._seconds:g} seconds.") from None
        with self._lock:
            self._again = None
        return answer.result()

    def _enter(self) -> None:
        with self._lock:
            if self._again is not None:
                now = self._clock()
                if now < self._again:
                    raise ProviderError("it does not answer. Try again in a moment.")
                # This call finds out; others wait for what it finds.
                self._again = now + self._seconds


def _answer(answer: Future[T], function: Callable[[], T]) -> None:
    try:
        answer.set_result(function())
    except Exception as error:
        answer.set_exception(error)


def with_patience(providers: Sequence[Provider], seconds: float) -> list[Provider]:
    """The providers, the remote ones with a limit of time."""
    return [PatientProvider(each, seconds) if each.remote else each for each in providers]
