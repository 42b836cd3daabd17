"""Settings of second factors."""

from __future__ import annotations

from traitlets import Enum, Int, List, Unicode
from traitlets.config import Configurable


class FactorSettings(Configurable):
    """Second factors: codes of an app, recovery codes, passkeys."""

    required_roles = List(
        Enum(["user", "admin", "operator"]),
        default_value=[],
        config=True,
        help="Roles whose people must set up a second factor before they do anything else. The local account has no"
        " password and is exempt.",
    )
    issuer = Unicode("QuantLab", config=True, help="What an app for codes calls this installation.")
    challenge_lifetime = Int(300, min=30, config=True, help="Seconds a passkey has to answer in.")
