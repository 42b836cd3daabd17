"""QuantLab beside user code: workflows and market data in a notebook or a script.

``import quantlab_ext as ql`` is cheap: what needs the network is imported when it is first used. In JupyterLab
and Notebook 7 the page hands the kernel its identity; elsewhere set ``QUANTLAB_URL`` and ``QUANTLAB_TOKEN``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quantlab_ext.errors import (
    Conflict,
    Forbidden,
    InvalidInput,
    NotFound,
    NotSignedIn,
    QuantLabError,
    TooManyRequests,
    Unavailable,
    VersionConflict,
)

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from quantlab_ext.client import Client
    from quantlab_ext.shortcuts import (
        bars,
        chart,
        connect,
        diff,
        history,
        instruments,
        layout,
        list,
        load,
        login,
        logout,
        restore,
        save,
        whoami,
    )

_HOME = {
    "Client": "quantlab_ext.client",
    "bars": "quantlab_ext.shortcuts",
    "chart": "quantlab_ext.shortcuts",
    "connect": "quantlab_ext.shortcuts",
    "diff": "quantlab_ext.shortcuts",
    "history": "quantlab_ext.shortcuts",
    "instruments": "quantlab_ext.shortcuts",
    "layout": "quantlab_ext.shortcuts",
    "list": "quantlab_ext.shortcuts",
    "load": "quantlab_ext.shortcuts",
    "login": "quantlab_ext.shortcuts",
    "logout": "quantlab_ext.shortcuts",
    "restore": "quantlab_ext.shortcuts",
    "save": "quantlab_ext.shortcuts",
    "whoami": "quantlab_ext.shortcuts",
}

__all__ = [
    "Client",
    "Conflict",
    "Forbidden",
    "InvalidInput",
    "NotFound",
    "NotSignedIn",
    "QuantLabError",
    "TooManyRequests",
    "Unavailable",
    "VersionConflict",
    "bars",
    "chart",
    "connect",
    "diff",
    "history",
    "instruments",
    "layout",
    "list",
    "load",
    "login",
    "logout",
    "restore",
    "save",
    "whoami",
]


def __getattr__(name: str) -> Any:
    """Import what needs the network or pydantic when it is first asked for."""
    from importlib import import_module, metadata

    if name == "__version__":
        return metadata.version("quantlab-ext")
    if name in _HOME:
        value = getattr(import_module(_HOME[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> Any:
    """Public names, so that completion shows the lazy ones too."""
    return sorted([*__all__, "__version__"])


def load_ipython_extension(shell: InteractiveShell) -> None:
    """``%load_ext quantlab_ext``: add ``%quantlab`` and ask the page who is working here."""
    from quantlab_ext.magics import register

    register(shell)


def _jupyter_labextension_paths() -> Any:
    """Where JupyterLab finds the built extension (development installs)."""
    return [{"src": "labextension", "dest": "@quantlab/labextension"}]
