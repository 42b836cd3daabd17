"""One exchange's public REST interface through ccxt: one request at a time, every failure a sentence for people."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

from quantlab_server.market.libraries import load
from quantlab_server.market.provider import ProviderError

T = TypeVar("T")

log = logging.getLogger("quantlab.market")

# Seconds for which the list of markets is right, and for which an exchange that failed is left alone.
_MARKETS, _QUIET, _LONGEST_QUIET = 3600.0, 10.0, 300.0

# Bars that an exchange answers at least when it is asked for many, where ccxt does not know how many.
_FEWEST = 300

# What would make requests that are somebody's own. Only public data are asked for.
_SECRETS = frozenset(
    ("apiKey", "secret", "password", "uid", "login", "privateKey", "walletAddress", "token")
)


def check_name(name: str, options: Mapping[str, Any]) -> None:
    """Refuse what cannot work, without loading ccxt, which takes seconds.

    Raises:
        ProviderError: ccxt is missing or does not know the exchange, or the options hold a key.
    """
    spec = find_spec("ccxt")
    if spec is None or not spec.submodule_search_locations:
        raise ProviderError('Exchanges need the package ccxt: pip install "quantlab-ext[ccxt]".')
    if (
        not name.isidentifier()
        or not (Path(spec.submodule_search_locations[0]) / f"{name}.py").is_file()
    ):
        raise ProviderError(f"ccxt does not know an exchange “{name}”.")
    secrets = sorted(_SECRETS & set(options))
    if secrets:
        raise ProviderError(
            f"MarketSettings.ccxt_options holds {', '.join(secrets)} for {name}; only public data are read, "
            "remove it."
        )


def arguments(timeout: float, options: Mapping[str, Any]) -> dict[str, Any]:
    """What an exchange of ccxt is made with; spot markets only, and never faster than the exchange allows."""
    own = {
        "defaultType": "spot",
        "fetchMarkets": {"types": ["spot"]},
        "fetchCurrencies": False,
        **options.get("options", {}),
    }
    return {
        **options,
        "enableRateLimit": True,
        "timeout": round(timeout * 1000),
        "options": own,
    }


def _strict(base: Any) -> Any:
    """An exchange's class of ccxt that does not take rows which it cannot read for none at all."""
    errors = load("ccxt")

    class Strict(base):  # type: ignore[misc]  # known when it runs
        def parse_ohlcvs(self, ohlcvs: Any, market: Any = None, *_: Any, **__: Any) -> list[Any]:
            if not isinstance(ohlcvs, list):
                raise errors.BadResponse("no rows")
            rows = [self.parse_ohlcv(each, market) for each in ohlcvs]
            if not all(isinstance(row, list) and row and row[0] is not None for row in rows):
                raise errors.BadResponse("rows without a time")
            return rows

    return Strict


class Client:
    """Asks one exchange. For several threads, which wait for each other: exchanges count requests.

    Args:
        name: ccxt's id of the exchange.
        options: what an operator set for it.
        timeout: seconds that one request may take.
        clock: seconds since 1970.
    """

    def __init__(
        self,
        name: str,
        options: Mapping[str, Any],
        *,
        timeout: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._name = name
        self._arguments = arguments(timeout, options)
        self._clock = clock
        self._lock = threading.RLock()
        self._exchange: Any = None
        self._loaded = 0.0
        self._quiet_until = 0.0
        self._quiet_reason = ""

    @property
    def exchange(self) -> Any:
        """ccxt's object. The first access loads ccxt, which takes seconds; no request is made."""
        # Whoever only looks at it must not wait for a request of somebody else.
        if self._exchange is not None:
            return self._exchange
        with self._lock:
            if self._exchange is None:
                made = _strict(getattr(load("ccxt"), self._name))(self._arguments)
                # Else an answer that is no JSON looks like one without bars.
                made.enableLastJsonResponse = True
                self._exchange = made
            return self._exchange

    def markets(self) -> Mapping[str, Mapping[str, Any]]:
        """The exchange's markets by ccxt's symbol, at most an hour old; older ones while it does not answer.

        Raises:
            ProviderError: there are none and it does not answer.
        """
        with self._lock:
            exchange = self.exchange
            if exchange.markets and self._clock() < self._loaded + _MARKETS:
                return dict(exchange.markets)
            try:
                found = self._ask(lambda: exchange.load_markets(True))
            except ProviderError:
                if not exchange.markets:
                    raise
                return dict(exchange.markets)
            if not found:
                raise self._failed("answers with no markets")
            self._loaded = self._clock()
            return dict(found)

    def candles(self, symbol: str, timeframe: str, since: int, limit: int) -> list[Any]:
        """Rows ``[time, open, high, low, close, volume]`` as the exchange gives them, from ``since`` on.

        Args:
            symbol, timeframe: in ccxt's names.
            since: milliseconds since 1970 UTC.

        Raises:
            ProviderError: it does not answer, or not with rows.
        """
        with self._lock:
            rows = self._ask(lambda: self.exchange.fetch_ohlcv(symbol, timeframe, since, limit))
            answer = self.exchange.last_json_response
            if not isinstance(rows, list) or not isinstance(answer, list | dict) or answer == {}:
                raise self._failed("answers with something that are no prices")
            return rows

    def most(self, symbol: str) -> int:
        """Bars that one request answers at most."""
        known = self.exchange.feature_value(symbol, "fetchOHLCV", "limit", _FEWEST)
        return int(known) if isinstance(known, int) and known > 0 else _FEWEST

    def _ask(self, function: Callable[[], T]) -> T:
        now = self._clock()
        if now < self._quiet_until:
            seconds = round(self._quiet_until - now) or 1
            raise ProviderError(f"{self._quiet_reason} Try again in {seconds} seconds.")
        errors = load("ccxt")
        try:
            return function()
        except errors.DDoSProtection:
            # Whoever goes on asking is shut out for longer.
            raise self._failed("asks for fewer requests", quiet=self._wished()) from None
        except errors.RequestTimeout:
            raise self._failed("does not answer in time") from None
        except errors.NetworkError:
            raise self._failed("cannot be reached") from None
        except errors.BadResponse:
            raise self._failed("answers with something that are no prices") from None
        except errors.BaseError as error:
            # Its text has addresses in it.
            log.warning("%s refuses a request: %s", self._name, type(error).__name__)
            raise self._failed("refuses the request", quiet=0.0) from None
        except Exception as error:
            log.warning("%s answers what ccxt cannot read: %r", self._name, error)
            raise self._failed("answers with something that is not understood") from None

    def _failed(self, what: str, *, quiet: float = _QUIET) -> ProviderError:
        """The error to raise; until ``quiet`` seconds are over nothing more is asked."""
        self._quiet_reason = f"The exchange {self._exchange.name} {what}."
        self._quiet_until = self._clock() + quiet
        return ProviderError(self._quiet_reason)

    def _wished(self) -> float:
        """Seconds that the exchange wants to be left alone."""
        headers = getattr(self.exchange, "last_response_headers", None) or {}
        text = next((str(v) for k, v in headers.items() if k.lower() == "retry-after"), "")
        return min(float(text), _LONGEST_QUIET) if text.isdecimal() else _QUIET
