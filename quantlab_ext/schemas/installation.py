"""Wire models of what operators set for the whole installation."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from quantlab_ext.schemas.accounts import Role
from quantlab_ext.schemas.base import Answer, Wire, clean_text

Registration = Literal["open", "invitation", "closed"]


class KillSwitch(Answer):
    """A kill switch. ``in_force``: it stops something now; nothing here trades yet, so ``trading`` is only kept."""

    target: Literal["access", "trading"]
    on: bool
    reason: str
    changed_at: datetime | None
    changed_by: str | None = Field(
        description="Null: by the command line, by somebody who is gone, or never."
    )
    in_force: bool


class KillSwitches(Answer):
    """Both kill switches."""

    access: KillSwitch
    trading: KillSwitch


class KillSwitchTurn(Wire):
    """Turn a kill switch. Everybody who is kept out reads the reason."""

    target: Literal["access", "trading"]
    on: bool
    reason: Annotated[str, Field(max_length=300), AfterValidator(clean_text)] = ""


class ChangeableSetting(Answer):
    """A setting that may be changed at run time. ``source`` says where ``value`` is from."""

    value: Any
    configured: Any = Field(description="What counts when nothing is set at run time.")
    source: Literal["run_time", "configuration"]
    changeable: bool = Field(description="False: InstallationSettings.changeable does not name it.")
    changed_at: datetime | None
    changed_by: str | None


class FixedSetting(Answer):
    """A setting that is as the service was started with."""

    name: str
    value: Any
    source: Literal["default", "configuration", "environment"]


class InstallationSettings(Answer):
    """Settings of the installation; nothing secret is among them."""

    registration: ChangeableSetting
    required_roles: ChangeableSetting
    fixed: list[FixedSetting]


class InstallationSettingsPatch(Wire):
    """What changes; members left out stay as they are, and null is what the configuration says."""

    registration: Registration | None = None
    required_roles: Annotated[list[Role], Field(max_length=3)] | None = None
