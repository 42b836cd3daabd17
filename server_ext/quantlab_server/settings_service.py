"""Settings of the central process."""

from __future__ import annotations

from traitlets import Enum, Int, Unicode
from traitlets.config import Configurable


class ServiceSettings(Configurable):
    """The central process."""

    trusted_proxies = Int(
        0,
        min=0,
        config=True,
        help="Proxies in front whose X-Forwarded-For and -Proto are believed.",
    )
    registration = Enum(
        ["", "open", "invitation", "closed"],
        default_value="",
        config=True,
        help="Who may sign up; empty: open, but by invitation in a central service that cannot send mail.",
    )
    default_tenant = Unicode(
        "", config=True, help="Name of the tenant that new accounts join; empty: one of their own."
    )
    allowed_origins = Unicode(
        "", config=True, help="Further origins, separated by spaces, that browsers may call from."
    )
