"""QuantLab's server: what runs where secrets live. Start reading at ``routes.py``."""

from __future__ import annotations

from typing import Any


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    """Where jupyter_server finds the extension."""
    from quantlab_server.extension import QuantLabExtension

    return [{"module": "quantlab_server", "app": QuantLabExtension}]
