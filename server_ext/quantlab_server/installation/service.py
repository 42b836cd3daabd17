"""What operators set for the whole installation: kill switches, and settings that change at run time."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from quantlab_ext.schemas import installation as wire
from quantlab_server.audit.service import AuditService
from quantlab_server.audit.tags import AuditTag
from quantlab_server.config import Settings
from quantlab_server.db.session import UnitOfWork
from quantlab_server.errors import Field, Forbidden, Invalid
from quantlab_server.installation import fixed, repository
from quantlab_server.installation.live import LiveInstallation
from quantlab_server.installation.state import State, Stored, Switch, Target


class InstallationService:
    """The rules; ``live`` is what this process goes by."""

    def __init__(self, settings: Settings, live: LiveInstallation, audit: AuditService) -> None:
        self.live = live
        self._settings = settings
        self._audit = audit

    def switches(self, uow: UnitOfWork) -> wire.KillSwitches:
        """Both kill switches as they are stored."""
        state = State.of(repository.list_named_settings(uow))
        return wire.KillSwitches(
            access=_switch("access", state.access), trading=_switch("trading", state.trading)
        )

    def turn(
        self, uow: UnitOfWork, turn: wire.KillSwitchTurn, by: UUID | None
    ) -> tuple[wire.KillSwitches, dict[str, Any]]:
        """Turn a kill switch; ``by`` is the operator's id (None: the command line).

        Returns:
            Both switches, and what the audit row says.

        Raises:
            Invalid: it is turned on without a reason.
        """
        reason = " ".join(turn.reason.split())
        if turn.on and not reason:
            raise Invalid(fields=[_NO_REASON])
        before = getattr(self.switches(uow), turn.target)
        repository.put_setting(uow, turn.target, {"on": turn.on, "reason": reason}, _text(by))
        detail = {"target": turn.target, "from": before.on, "to": turn.on, "reason": reason}
        self._audit.installation(
            uow, AuditTag.KILL_SWITCH_TURNED, detail=detail | {"by": _text(by)}
        )
        uow.after_commit(self.live.tell)
        return self.switches(uow), detail

    def settings(self, uow: UnitOfWork) -> wire.InstallationSettings:
        """Every setting worth knowing, and where it is from."""
        stored = repository.list_named_settings(uow)
        return wire.InstallationSettings(
            registration=self._changeable("registration", stored),
            required_roles=self._changeable("required_roles", stored),
            fixed=fixed.list_fixed(self._settings),
        )

    def change(
        self, uow: UnitOfWork, patch: wire.InstallationSettingsPatch, by: UUID | None
    ) -> tuple[wire.InstallationSettings, dict[str, Any]]:
        """Change what the patch names.

        Returns:
            The settings, and of each that changed its value before and after.

        Raises:
            Forbidden: the configuration does not let it be changed.
        """
        before, changes = self.settings(uow), {}
        for name in sorted(patch.model_fields_set):
            self._require_changeable(name)
            value = getattr(patch, name)
            if value is None:
                repository.delete_setting(uow, name)
            else:
                kept = sorted(set(value)) if isinstance(value, list) else value
                repository.put_setting(uow, name, {"value": kept}, _text(by))
        after = self.settings(uow)
        for name in patch.model_fields_set:
            old, new = getattr(before, name), getattr(after, name)
            if (old.value, old.source) != (new.value, new.source):
                changes[name] = {"from": old.value, "to": new.value, "source": new.source}
        if changes:
            self._audit.installation(
                uow, AuditTag.SETTINGS_CHANGED, detail=changes | {"by": _text(by)}
            )
            uow.after_commit(self.live.tell)
        return after, changes

    def _require_changeable(self, name: str) -> None:
        if name not in self._settings.installation.changeable:
            raise Forbidden(
                f"The configuration of this service fixes {name}"
                " (InstallationSettings.changeable). Ask whoever runs it.",
                code="setting_fixed",
            )

    def _changeable(self, name: str, stored: dict[str, Stored]) -> wire.ChangeableSetting:
        changeable = name in self._settings.installation.changeable
        configured = self._configured(name)
        row = stored.get(name) if changeable else None
        return wire.ChangeableSetting(
            value=configured if row is None else row.value["value"],
            configured=configured,
            source="configuration" if row is None else "run_time",
            changeable=changeable,
            changed_at=None if row is None else row.changed_at,
            changed_by=None if row is None else row.changed_by,
        )

    def _configured(self, name: str) -> Any:
        if name == "registration":
            return self._settings.registration
        return sorted(self._settings.factors.required_roles)


def _text(by: UUID | None) -> str | None:
    """An id, never a name: it leads to nobody once the account is gone."""
    return None if by is None else str(by)


_NO_REASON: Field = {
    "path": "reason",
    "code": "required",
    "message": "Say why: whoever is kept out reads it.",
}


def _switch(target: Target, switch: Switch) -> wire.KillSwitch:
    return wire.KillSwitch(
        target=target,
        on=switch.on,
        reason=switch.reason,
        changed_at=switch.changed_at,
        changed_by=switch.changed_by,
        # Nothing trades in this release, so there is nothing that the other one could stop.
        in_force=switch.on and target == "access",
    )
