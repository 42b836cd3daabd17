"""Settings that are shown to operators as they are: named one by one, so that no secret is ever among them."""

from __future__ import annotations

import os
from typing import Any, Literal

from traitlets.config import Configurable

from quantlab_ext.schemas.installation import FixedSetting
from quantlab_server.config import Settings

Source = Literal["default", "configuration", "environment"]

# Of each Configurable the traits that say how accounts, limits and storage behave.
_SHOWN: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("service", ("default_tenant", "trusted_proxies", "allowed_origins")),
    ("passwords", ("min_length", "max_length")),
    (
        "sessions",
        ("access_lifetime", "refresh_idle", "refresh_absolute", "step_up_lifetime"),
    ),
    ("limits", ("general", "anonymous", "login_address", "login_global", "registration")),
    ("quotas", ("tiers",)),
    ("library", ("undelete_days",)),
)


def list_fixed(settings: Settings) -> list[FixedSetting]:
    """What was decided when the service was started, and where."""
    found = [
        FixedSetting(name="mode", value=settings.mode, source="configuration"),
        _named(
            "public_url",
            settings.public_url,
            "QUANTLAB_PUBLIC_URL",
            default=not settings.public_url,
        ),
        _named("database", settings.database_url.split(":")[0], "QUANTLAB_DATABASE_URL"),
        _named("redis", bool(settings.redis_url), "QUANTLAB_REDIS_URL"),
        _named("mail", settings.sends_mail, "QUANTLAB_SMTP_URL"),
    ]
    for attribute, names in _SHOWN:
        part: Configurable = getattr(settings, attribute)
        found += [_trait(part, name) for name in names]
    return found


def _named(name: str, value: Any, variable: str, *, default: bool | None = None) -> FixedSetting:
    """A setting that the environment may give."""
    given = variable in os.environ
    absent = not given if default is None else default
    source: Source = "environment" if given else "default" if absent else "configuration"
    return FixedSetting(name=name, value=value, source=source)


def _trait(part: Configurable, name: str) -> FixedSetting:
    value = getattr(part, name)
    default = part.traits()[name].default()
    source: Source = "default" if value == default else "configuration"
    return FixedSetting(name=f"{type(part).__name__}.{name}", value=value, source=source)
