"""Which settings operators may change while the service runs."""

from __future__ import annotations

from traitlets import Enum, List
from traitlets.config import Configurable

CHANGEABLE = ("registration", "required_roles")


class InstallationSettings(Configurable):
    """What operators may change at run time, on the administration page and over the API."""

    changeable = List(
        Enum(CHANGEABLE),
        default_value=list(CHANGEABLE),
        config=True,
        help="Settings that operators may change at run time, in every process within five seconds: registration"
        " (ServiceSettings.registration) and required_roles (FactorSettings.required_roles). What is not named here"
        " is as the configuration says, also where it was changed before.",
    )
