"""Instruments: which provider a symbol means, and ids of our own that outlive names."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID, uuid5

from quantlab_ext.schemas.market import Instrument, InstrumentAlias
from quantlab_server.errors import NotFound
from quantlab_server.market.provider import Listing, Provider
from quantlab_server.market.timeframes import available

T = TypeVar("T")

log = logging.getLogger("quantlab.market")

# Ids are made from it and from the symbol; it must never change.
_IDS = UUID("6f1c3f0e-7a55-4d0e-9a39-3c1f0d6b8b52")

_SYMBOL = re.compile(r"(?:([A-Za-z][A-Za-z0-9_-]{0,19}):)?([A-Za-z0-9._=^-]{1,40})")

# Instruments that are looked through for one of a given id.
_MOST = 100_000


class UnknownSymbol(NotFound):
    """404: no provider has the symbol."""

    code = "unknown_symbol"

    def __init__(self, symbol: str, sources: Sequence[str]) -> None:
        shown = symbol[:60]
        super().__init__(
            f"No source has “{shown}”. Look for it by name, or write SOURCE:TICKER with one of these sources: "
            f"{', '.join(sources) or 'none is installed'}.",
            symbol=shown,
            sources=list(sources),
        )


@dataclass(frozen=True, slots=True)
class Found:
    """An instrument and who has it."""

    provider: Provider
    listing: Listing

    @property
    def symbol(self) -> str:
        """``SOURCE:TICKER``."""
        return f"{self.provider.source}:{self.listing.ticker}"

    @property
    def id(self) -> UUID:
        """The instrument's own id: what is stored elsewhere, so that a ticker may change hands.

        Computed from the source and the oldest ticker, so it is the one from before a renaming.
        """
        listing = self.listing
        oldest = listing.aliases[0].ticker if listing.aliases else listing.ticker
        return uuid5(_IDS, f"{self.provider.source}:{listing.key or oldest}")

    def wire(self) -> Instrument:
        """As it crosses the wire."""
        listing = self.listing
        return Instrument(
            id=self.id,
            symbol=self.symbol,
            source=self.provider.source,
            ticker=listing.ticker,
            name=listing.name,
            kind=listing.kind,
            currency=listing.currency,
            timezone=listing.timezone,
            tick_size=listing.tick_size,
            calendar=listing.calendar,
            timeframes=[str(each) for each in available(listing.native)],
            native_timeframes=[str(each) for each in sorted(listing.native, key=lambda t: t.rank)],
            first=listing.first,
            last=listing.last,
            aliases=[
                InstrumentAlias(
                    symbol=f"{self.provider.source}:{each.ticker}", first=each.first, last=each.last
                )
                for each in listing.aliases
            ],
            adjusted=listing.adjusted,
            data_source=listing.source,
            licence=listing.licence,
            note=listing.note,
            live=self.provider.capabilities.live,
        )


class Directory:
    """Finds instruments over all providers, in their order."""

    def __init__(self, providers: Sequence[Provider]) -> None:
        self._providers = {provider.source: provider for provider in providers}

    @property
    def sources(self) -> list[str]:
        """Names of the providers, in the order in which a bare ticker is looked up."""
        return list(self._providers)

    def find(self, symbol: str) -> Found:
        """The instrument of a symbol, a bare ticker or an instrument's id; of an old ticker when none has it now.

        Raises:
            UnknownSymbol: 404.
        """
        found = self._by_symbol(symbol.strip()) or self._by_id(symbol.strip())
        if found is None:
            raise UnknownSymbol(symbol, self.sources)
        return found

    def search(self, query: str, limit: int) -> list[Found]:
        """At most ``limit`` instruments: whole tickers first, then each provider's own order.

        A query ``SOURCE:text`` asks that provider alone.
        """
        source, colon, rest = query.strip().partition(":")
        named = self._providers.get(source.upper()) if colon else None
        asked = [named] if named else list(self._providers.values())
        text = rest if named else query.strip()
        found = [
            Found(provider, listing)
            for provider, listings in _answers(asked, lambda each: each.search(text, limit))
            for listing in listings
        ]
        whole = text.casefold()
        found.sort(
            key=lambda each: (
                each.listing.ticker.casefold() != whole,
                all(alias.ticker.casefold() != whole for alias in each.listing.aliases),
            )
        )
        return found[:limit]

    def _by_symbol(self, symbol: str) -> Found | None:
        match = _SYMBOL.fullmatch(symbol)
        if match is None:
            return None
        source, ticker = match.groups()
        if source is not None:
            named = self._providers.get(source.upper())
            asked = [named] if named else []
        else:
            asked = [each for each in self._providers.values() if each.original]

        spellings = dict.fromkeys((ticker, ticker.upper()))

        def now(provider: Provider) -> Listing | None:
            return next(filter(None, map(provider.instrument, spellings)), None)

        def once(provider: Provider) -> Listing | None:
            return next(filter(None, map(provider.renamed, spellings)), None)

        for look in (now, once):
            for provider, listing in _answers(asked, look):
                if listing is not None:
                    return Found(provider, listing)
        return None

    def _by_id(self, text: str) -> Found | None:
        try:
            wanted = UUID(text)
        except ValueError:
            return None
        every = list(self._providers.values())
        for provider, listings in _answers(every, lambda each: each.search("", _MOST)):
            for listing in listings:
                if Found(provider, listing).id == wanted:
                    return self._by_symbol(f"{provider.source}:{listing.ticker}")
        return None


def _answers(
    providers: Sequence[Provider], ask: Callable[[Provider], T]
) -> Iterator[tuple[Provider, T]]:
    """What each provider answers, in order; one that fails is left out while another one can be asked.

    Raises:
        Exception: what the last one raised, when all of them failed.
    """
    problem: Exception | None = None
    answered = False
    for provider in providers:
        try:
            answer = ask(provider)
        except Exception as error:
            # Foreign code may raise anything; the service says it in words when it gets that far.
            log.warning("the source %s does not answer: %r", provider.source, error)
            problem = error
        else:
            answered = True
            yield provider, answer
    if problem is not None and not answered:
        raise problem
