"""A provider in front of another: what is not said anew is the other's."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence

from quantlab_server.market.provider import (
    Capabilities,
    Listing,
    Provider,
    ProviderBars,
    Tick,
)
from quantlab_server.market.timeframes import Timeframe


class WrappedProvider(Provider):
    """Everything as ``inner`` has it."""

    def __init__(self, inner: Provider) -> None:
        self._inner = inner
        self.source, self.label, self.original = inner.source, inner.label, inner.original
        self.remote, self.limits = inner.remote, inner.limits

    @property
    def capabilities(self) -> Capabilities:
        return self._inner.capabilities

    def search(self, query: str, limit: int) -> Sequence[Listing]:
        return self._inner.search(query, limit)

    def instrument(self, ticker: str) -> Listing | None:
        return self._inner.instrument(ticker)

    def renamed(self, ticker: str) -> Listing | None:
        return self._inner.renamed(ticker)

    def bars(
        self, ticker: str, timeframe: Timeframe, start: int | None, end: int | None
    ) -> ProviderBars:
        return self._inner.bars(ticker, timeframe, start, end)

    def page(self, timeframe: Timeframe) -> int | None:
        return self._inner.page(timeframe)

    def final(self, timeframe: Timeframe) -> int:
        return self._inner.final(timeframe)

    def revision(self, ticker: str) -> str:
        return self._inner.revision(ticker)

    def stream(self, ticker: str) -> AsyncIterator[Sequence[Tick]] | None:
        return self._inner.stream(ticker)

    def meet(self, providers: Mapping[str, Provider]) -> None:
        self._inner.meet(providers)
