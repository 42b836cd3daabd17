"""What JupyterLab fetches before it is ready: ours, and nothing that merely came along."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from quantlab_server.http.page_config import OPTION, OURS, install, lighten

MANAGER = "@jupyter-widgets/jupyterlab-manager"


def page(*names: str, disabled: tuple[str, ...] = ()) -> dict[str, Any]:
    extensions = [{"name": name, "load": "entry.js", "extension": "./extension"} for name in names]
    return {"federated_extensions": extensions, "disabledExtensions": list(disabled)}


def names(extensions: list[dict[str, Any]]) -> list[str]:
    return [extension["name"] for extension in extensions]


def test_widget_extensions_wait_and_unused_ones_do_not_load() -> None:
    config = page(
        "nbdime-jupyterlab", "anywidget", MANAGER, OURS, "theirs", disabled=("nbdime-jupyterlab",)
    )
    light = lighten(config, {})
    assert names(light["federated_extensions"]) == [OURS, "theirs"]
    assert names(light[OPTION]) == ["anywidget", MANAGER]


def test_nbdime_that_somebody_turned_on_loads() -> None:
    light = lighten(page("nbdime-jupyterlab", OURS), {})
    assert names(light["federated_extensions"]) == ["nbdime-jupyterlab", OURS]


def test_a_disabled_widget_extension_never_loads() -> None:
    light = lighten(page("anywidget", MANAGER, OURS, disabled=("anywidget",)), {})
    assert names(light["federated_extensions"]) == [OURS]
    assert names(light[OPTION]) == [MANAGER]


@pytest.mark.parametrize(
    "package",
    [
        {"dependencies": {"@jupyter-widgets/base": "^6"}},
        {"jupyterlab": {"sharedPackages": {"@jupyter-widgets/base": {"singleton": True}}}},
    ],
)
def test_another_widget_library_finds_the_manager_at_the_start(package: dict[str, Any]) -> None:
    config = page("anywidget", MANAGER, OURS, "maps")
    light = lighten(config, {"maps": package, MANAGER: {"dependencies": {}}})
    assert names(light["federated_extensions"]) == ["anywidget", MANAGER, OURS, "maps"]
    assert light[OPTION] == []


@pytest.mark.parametrize("config", [page("anywidget"), page("anywidget", OURS, disabled=(OURS,))])
def test_without_our_labextension_nothing_changes(config: dict[str, Any]) -> None:
    before = names(config["federated_extensions"])
    assert names(lighten(config, {})["federated_extensions"]) == before
    assert OPTION not in config


def test_a_hook_that_was_there_runs_first() -> None:
    def theirs(handler: Any, config: dict[str, Any]) -> dict[str, Any]:
        return {**config, "theirs": True}

    settings: dict[str, Any] = {"page_config_hook": theirs}
    install(settings)
    app = SimpleNamespace(extra_labextensions_path=[], labextensions_path=[])
    config = settings["page_config_hook"](
        SimpleNamespace(extensionapp=app), page("anywidget", OURS)
    )
    assert config["theirs"] is True
    assert names(config["federated_extensions"]) == [OURS]
