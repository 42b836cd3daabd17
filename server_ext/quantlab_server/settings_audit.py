"""Settings of the audit log."""

from __future__ import annotations

from traitlets import Bool, Float, Int, TraitError, validate
from traitlets.config import Configurable
from traitlets.utils.bunch import Bunch

_LEAST_DAYS = 30  # PostgreSQL refuses to remove what is younger, whoever asks


class AuditSettings(Configurable):
    """The audit log: how rows are sealed, and how long they are kept."""

    retention_days = Int(
        400,
        min=0,
        config=True,
        help="Days that audit rows are kept, at least 30; 0: for ever.",
    )
    gather = Float(
        0.5, min=0.0, config=True, help="Seconds that new rows are gathered before they are sealed."
    )
    poll = Float(
        5.0, min=0.05, config=True, help="Seconds between looks at rows that others left unsealed."
    )
    checkpoint_interval = Float(
        300.0,
        min=0.0,
        config=True,
        help="Seconds after which the end of a chain that has grown is signed, and written to the log.",
    )
    checkpoint_rows = Int(
        1000, min=1, config=True, help="Rows after which that happens in any case."
    )

    jupyter_events = Bool(
        None,
        allow_none=True,
        config=True,
        help=(
            "Emit audit events through Jupyter's event logger. Default: True, but False on a Jupyter server without"
            " a local account: its own event socket would show everybody's to all who may enter."
        ),
    )

    @validate("retention_days")
    def _check_days(self, proposal: Bunch) -> int:
        days = int(proposal["value"])
        if 0 < days < _LEAST_DAYS:
            raise TraitError(f"AuditSettings.retention_days: at least {_LEAST_DAYS}, or 0.")
        return days
