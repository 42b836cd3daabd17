"""Market data: instruments and bars from installable providers, cached within bounds."""
