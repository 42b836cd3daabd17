"""Settings for commands: the same traits as the server's, from an optional Jupyter configuration file."""

from __future__ import annotations

import os
from pathlib import Path

from traitlets.config import Config
from traitlets.config.loader import JSONFileConfigLoader, PyFileConfigLoader

from quantlab_server.config import Settings, load_settings


def read_config(path: str | None) -> Config:
    """The configuration in a file (``.py`` or ``.json``), or an empty one.

    Raises:
        traitlets.config.loader.ConfigFileNotFound: there is no such file.
    """
    if not path:
        return Config()
    file = Path(path).resolve()
    loader = JSONFileConfigLoader if file.suffix == ".json" else PyFileConfigLoader
    return loader(file.name, path=str(file.parent)).load_config()


def central_settings(given: str | Config | None = None) -> Settings:
    """Settings of the central service, from a file or what was read from one."""
    config = given if isinstance(given, Config) else read_config(given)
    return load_settings(config, mode="central", local_account=False)


def embedded_settings(path: str | None = None) -> Settings:
    """Settings of embedded mode, for commands on a laptop's data folder."""
    return load_settings(read_config(path), mode="embedded")


def installed_settings(path: str | None = None) -> Settings:
    """Settings of what is installed here: the central service's where the database is PostgreSQL."""
    central = os.environ.get("QUANTLAB_DATABASE_URL", "").startswith("postgres")
    return central_settings(path) if central else embedded_settings(path)
