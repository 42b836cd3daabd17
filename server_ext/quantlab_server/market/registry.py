"""Finds the installed providers. One that cannot be loaded is left out and named in the log."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from quantlab_server.market.provider import Provider

if TYPE_CHECKING:
    from quantlab_server.settings_market import MarketSettings

GROUP = "quantlab.providers"

log = logging.getLogger("quantlab.market")


def load_providers(settings: MarketSettings) -> list[Provider]:
    """Every configured provider, in the order in which a bare ticker is looked up."""
    found: dict[str, Provider] = {}
    for entry in sorted(entry_points(group=GROUP), key=lambda each: each.name):
        if entry.name in settings.disabled_providers:
            continue
        try:
            answer = entry.load()(settings)
        except Exception:
            # Whatever a foreign package does at import: the others are of use without it.
            log.exception("provider %s cannot be loaded", entry.name)
            continue
        if answer is None:
            continue
        for provider in answer if isinstance(answer, list | tuple) else [answer]:
            if not isinstance(provider, Provider) or provider.source in found:
                log.error("provider %s is no provider, or its source is taken", entry.name)
                continue
            found[provider.source] = provider
    return in_order(list(found.values()), settings.provider_order)


def in_order(providers: Sequence[Provider], order: Sequence[str]) -> list[Provider]:
    """Those that ``order`` names first, the rest by source."""
    wanted = {source.upper(): place for place, source in enumerate(order)}
    return sorted(providers, key=lambda each: (wanted.get(each.source, len(wanted)), each.source))
