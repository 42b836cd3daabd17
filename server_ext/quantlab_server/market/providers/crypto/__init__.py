"""Crypto exchanges, their public market data only, through the library ccxt: off until an operator names exchanges."""
