"""What concerns the whole installation and changes at run time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from quantlab_server.db.base import Base, now
from quantlab_server.db.types import Json, UtcDateTime


class InstallationSetting(Base):
    """A value that operators changed; none is secret, and every process reads them. Of no tenant.

    ``access`` and ``trading`` are kill switches; the others go before the configuration of the same name.
    """

    __tablename__ = "installation_settings"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[dict[str, Any]] = mapped_column(Json)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    # The operator's id as text; None: by the command line, or by somebody who is gone.
    changed_by: Mapped[str | None] = mapped_column(String(200))
