"""Keeps JupyterLab's start light: what only came along with QuantLab is fetched when it is used, or never.

JupyterLab fetches and evaluates every installed extension before it shows anything, even disabled ones. Three
come as dependencies of ours: the interface of nbdime (kept off by our configuration), the widget manager and
anywidget. Together they are 1 MB in 16 requests, for pages most of which never show a widget. The page gets the
widget extensions in an option of its own, and our labextension (``src/deferred``) loads them with the first
notebook or console.
"""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from typing import Any

OURS = "@quantlab/labextension"
# Needed by whatever can show a widget, and by nothing else on the page.
WIDGETS = ("@jupyter-widgets/jupyterlab-manager", "anywidget")
# Dependencies whose own interface is off unless somebody turned it on.
UNUSED = ("nbdime-jupyterlab",)
OPTION = "quantlabDeferredExtensions"
# An extension that shares this package is a widget library: it may need the widget manager at the start.
_WIDGET_PACKAGE = "@jupyter-widgets/base"

PageConfig = dict[str, Any]
Hook = Callable[[Any, PageConfig], PageConfig]


def install(settings: MutableMapping[str, Any]) -> None:
    """Add our step to the hook that JupyterLab and Notebook call with every page's configuration.

    Args:
        settings: of Jupyter's web application.
    """
    previous: Hook | None = settings.get("page_config_hook")

    def hook(handler: Any, page_config: PageConfig) -> PageConfig:
        if previous is not None:
            page_config = previous(handler, page_config)
        return lighten(page_config, _installed(handler))

    settings["page_config_hook"] = hook


def lighten(page_config: PageConfig, installed: dict[str, Any]) -> PageConfig:
    """Move what can wait out of ``federated_extensions``.

    Args:
        page_config: with lists ``federated_extensions`` and ``disabledExtensions``.
        installed: ``package.json`` of every installed extension, by name.
    """
    federated = page_config.get("federated_extensions", [])
    disabled = set(page_config.get("disabledExtensions", []))
    names = {extension["name"] for extension in federated}
    if OURS not in names or OURS in disabled:
        return page_config  # nobody would load them later
    late = () if _widgets_at_start(installed) else WIDGETS
    page_config[OPTION] = [
        extension
        for extension in federated
        if extension["name"] in late and extension["name"] not in disabled
    ]
    page_config["federated_extensions"] = [
        extension
        for extension in federated
        if extension["name"] not in late
        and not (extension["name"] in UNUSED and extension["name"] in disabled)
    ]
    return page_config


def _widgets_at_start(installed: dict[str, Any]) -> bool:
    """Whether some other extension builds on the widget manager and so needs it from the start."""
    return any(
        _WIDGET_PACKAGE in package.get("dependencies", {})
        or _WIDGET_PACKAGE in package.get("jupyterlab", {}).get("sharedPackages", {})
        for name, package in installed.items()
        if name not in (*WIDGETS, OURS)
    )


def _installed(handler: Any) -> dict[str, Any]:
    from jupyterlab_server.config import get_federated_extensions

    app = handler.extensionapp
    found: dict[str, Any] = get_federated_extensions(
        [*app.extra_labextensions_path, *app.labextensions_path]
    )
    return found
