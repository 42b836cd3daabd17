"""Routes of the installation: kill switches and settings, for operators."""

from __future__ import annotations

from quantlab_ext.schemas.installation import (
    InstallationSettings,
    InstallationSettingsPatch,
    KillSwitches,
    KillSwitchTurn,
)
from quantlab_server.audit.tags import AuditTag
from quantlab_server.auth.scopes import Scope
from quantlab_server.http.endpoint import Call, endpoint


@endpoint(
    "GET",
    "/admin/kill-switch",
    scope=Scope.INSTALLATION,
    answer=KillSwitches,
    interactive=True,
)
def get_kill_switches(call: Call) -> KillSwitches:
    """Get both kill switches."""
    return call.services.installation.switches(call.uow)


@endpoint(
    "POST",
    "/admin/kill-switch",
    scope=Scope.INSTALLATION,
    answer=KillSwitches,
    step_up=True,
    audit=AuditTag.KILL_SWITCH_TURNED,
    errors=(403, 422),
)
def turn_kill_switch(call: Call, body: KillSwitchTurn) -> KillSwitches:
    """Turn a kill switch on or off, in every process."""
    call.services.admin.require_role(call.uow, call.actor, "operator")
    found, call.audit_detail = call.services.installation.turn(call.uow, body, call.actor.user_id)
    return found


@endpoint(
    "GET",
    "/admin/settings",
    scope=Scope.INSTALLATION,
    answer=InstallationSettings,
    interactive=True,
)
def get_settings(call: Call) -> InstallationSettings:
    """Get the settings of the installation, and where each is from."""
    return call.services.installation.settings(call.uow)


@endpoint(
    "PATCH",
    "/admin/settings",
    scope=Scope.INSTALLATION,
    answer=InstallationSettings,
    step_up=True,
    audit=AuditTag.SETTINGS_CHANGED,
    errors=(403, 422),
)
def change_settings(call: Call, body: InstallationSettingsPatch) -> InstallationSettings:
    """Change settings of the installation, in every process within five seconds."""
    call.services.admin.require_role(call.uow, call.actor, "operator")
    found, call.audit_detail = call.services.installation.change(call.uow, body, call.actor.user_id)
    if not call.audit_detail:
        call.audit_tag = None
    return found
