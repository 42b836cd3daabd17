"""What operators have set for the whole installation, as one value that is read without waiting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from quantlab_server.errors import Maintenance

Target = Literal["access", "trading"]
# What goes on while access is switched off: looking, for whoever looks after people.
_READERS = frozenset({"admin", "operator"})
# What an operator needs to switch it on again, and to look after the installation meanwhile.
_OPERATORS_OWN = ("/auth/", "/admin/")


@dataclass(frozen=True, slots=True)
class Stored:
    """A value, when it was set, and by whom (None: by the command line)."""

    value: Mapping[str, Any]
    changed_at: datetime
    changed_by: str | None


@dataclass(frozen=True, slots=True)
class Switch:
    """A kill switch. ``on``: what it is named after is stopped."""

    on: bool = False
    reason: str = ""
    changed_at: datetime | None = None
    changed_by: str | None = None


@dataclass(frozen=True, slots=True)
class State:
    """Everything that was set; ``values`` by name, without the switches."""

    access: Switch
    trading: Switch
    values: Mapping[str, Stored]

    @classmethod
    def of(cls, stored: Mapping[str, Stored]) -> State:
        """From the rows of the table, by name."""
        rest = {name: one for name, one in stored.items() if name not in ("access", "trading")}
        return cls(_switch(stored.get("access")), _switch(stored.get("trading")), rest)

    def let_in(self, role: str) -> None:
        """Whether somebody of that role may be signed in now.

        Raises:
            Maintenance: access is switched off.
        """
        if self.access.on and role not in _READERS:
            raise self._maintenance()

    def admit(self, role: str | None, method: str, path: str) -> None:
        """Whether a request of somebody (None: nobody is known) may be answered now.

        Args:
            path: as the endpoint declares it.

        Raises:
            Maintenance: access is switched off, and this is not what goes on.
        """
        if not self.access.on:
            return
        if role == "operator" and path.startswith(_OPERATORS_OWN):
            return
        if role not in _READERS or method != "GET":
            raise self._maintenance()

    def _maintenance(self) -> Maintenance:
        return Maintenance(self.access.reason, self.access.changed_at)


def _switch(stored: Stored | None) -> Switch:
    if stored is None:
        return Switch()
    value = stored.value
    return Switch(
        bool(value.get("on")), str(value.get("reason", "")), stored.changed_at, stored.changed_by
    )


NOTHING = State.of({})
