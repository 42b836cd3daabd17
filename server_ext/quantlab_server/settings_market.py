"""Settings of market data."""

from __future__ import annotations

from traitlets import Dict, Float, Int, List, Unicode
from traitlets.config import Configurable

MB = 1024 * 1024


class MarketSettings(Configurable):
    """Market data: instruments and bars."""

    provider_order = List(
        Unicode(),
        default_value=["FILES", "SAMPLE"],
        config=True,
        help="Sources in which a bare ticker is looked up, first to last; others follow by name.",
    )
    disabled_providers = List(
        Unicode(),
        default_value=[],
        config=True,
        help="Entry points of the group quantlab.providers that are not loaded.",
    )
    provider_seconds = Float(
        60.0,
        min=0.1,
        config=True,
        help="Seconds that a remote source may take for one call; it is then left alone for a moment.",
    )
    cache_bytes = Int(
        256 * MB,
        min=0,
        config=True,
        help="Bytes of bars kept in memory at most; what was not asked for longest goes first.",
    )
    store_bytes = Int(
        1024 * MB,
        min=0,
        config=True,
        help="Bytes of bars of remote sources kept on disk at most, in the folder bars of the data folder; 0: none.",
    )
    threads = Int(4, min=1, max=64, config=True, help="Threads that read and encode market data.")
    max_in_flight = Int(
        64, min=1, config=True, help="Requests waiting for such a thread before new ones get 503."
    )
    files_folder = Unicode(
        "",
        config=True,
        help="Folder of CSV and Parquet files offered as the source FILES; empty: none. "
        "Everybody who is signed in can read them.",
    )
    files_timezone = Unicode(
        "UTC", config=True, help="IANA name of the zone of times without one in those files."
    )
    files_currency = Unicode("", config=True, help="Currency of the prices in those files.")
    files_max_bytes = Int(
        256 * MB, min=1, config=True, help="Bytes of one such file; larger ones are refused."
    )
    replay_source = Unicode(
        "SAMPLE",
        config=True,
        help="Source whose histories are offered as the source REPLAY, the last part of them as a live feed; empty:"
        " none.",
    )
    replay_bars = Int(
        250,
        min=1,
        config=True,
        help="Bars at the end of a history that are replayed; at most half of it.",
    )
    replay_bar_seconds = Float(
        2.0, min=0.01, config=True, help="Seconds that each bar of a replay takes."
    )
    ccxt_exchanges = List(
        Unicode(),
        default_value=[],
        config=True,
        help="Crypto exchanges, by their ccxt ids (binance, kraken), whose public prices are offered; this server then"
        " connects to them. Empty: none, and no outgoing traffic.",
    )
    ccxt_options = Dict(
        default_value={},
        config=True,
        help="By exchange: further arguments for ccxt, such as urls or httpsProxy. Keys of accounts are refused.",
    )
    ccxt_timeout_seconds = Float(
        10.0, min=0.1, config=True, help="Seconds that one request to an exchange may take."
    )
    ccxt_history_bars = Int(
        20_000,
        min=100,
        config=True,
        help="Bars of each timeframe that an exchange is asked for at once; so many more whenever somebody scrolls back"
        " beyond them. Days are all read.",
    )
