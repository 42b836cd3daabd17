"""Settings of log-ins at OpenID Connect providers. Client secrets come from the environment, never from traits."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from traitlets import Dict, Float, List, TraitError, Unicode, validate
from traitlets.config import Configurable

_NAME = re.compile(r"^[a-z][a-z0-9-]{0,30}$")
_REQUIRED = frozenset({"issuer", "client_id"})
_OPTIONAL = frozenset({"label", "scopes", "link_by_email", "trust_mfa", "mfa_acr"})


@dataclass(frozen=True, slots=True)
class OidcProvider:
    """One provider that people may sign in at."""

    name: str
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    label: str
    scopes: str
    # Whether an address that it calls verified leads to the account here that has the address.
    link_by_email: bool
    # Whether it is believed that it asked for a second factor: by "mfa" in `amr`, or by one of these in `acr`.
    trust_mfa: bool = False
    mfa_acr: tuple[str, ...] = ()


class OidcSettings(Configurable):
    """Log-in at OpenID Connect providers; needs ``public_url``."""

    providers = Dict(
        default_value={},
        config=True,
        help='By a short name: {"issuer": "https://login.example.com", "client_id": "quantlab"} and, if wanted,'
        ' "label" (of the button), "scopes", "link_by_email", "trust_mfa" and "mfa_acr". The secret comes from'
        " `QUANTLAB_OIDC_<NAME>_SECRET` or the file that `QUANTLAB_OIDC_<NAME>_SECRET_FILE` names.",
    )
    allowed_hosts = List(
        Unicode(),
        default_value=[],
        config=True,
        help="Hosts (`host` or `host:port`) of providers that may be in a private network and speak plain http."
        " All others must have public addresses and https.",
    )
    timeout_seconds = Float(
        10.0, min=0.1, config=True, help="Seconds that one request to a provider may take."
    )

    @validate("providers")
    def _check_providers(self, proposal: Mapping[str, Any]) -> Mapping[str, Any]:
        value: dict[str, Any] = proposal["value"]
        for name, given in value.items():
            problem = _problem(name, given)
            if problem:
                raise TraitError(f"OidcSettings.providers: {problem}")
        return value

    def configured(self, environ: Mapping[str, str] | None = None) -> dict[str, OidcProvider]:
        """The providers with their secrets, by name.

        Raises:
            OSError: a secret's file cannot be read.
        """
        environ = os.environ if environ is None else environ
        return {
            name: OidcProvider(
                name=name,
                issuer=given["issuer"],
                client_id=given["client_id"],
                client_secret=_secret(name, environ),
                label=given.get("label") or name.capitalize(),
                scopes=given.get("scopes") or "openid email profile",
                link_by_email=given.get("link_by_email", True),
                trust_mfa=given.get("trust_mfa", False),
                mfa_acr=tuple(given.get("mfa_acr", ())),
            )
            for name, given in self.providers.items()
        }


def _problem(name: object, given: object) -> str:
    if not isinstance(name, str) or not _NAME.match(name):
        return "a name has small letters, digits and hyphens, at most 31"
    if not isinstance(given, dict) or not set(given) >= _REQUIRED:
        return f"{name} needs issuer and client_id"
    unknown = set(given) - _REQUIRED - _OPTIONAL
    if unknown:
        return f"{name} has unknown members: {', '.join(sorted(map(str, unknown)))}"
    texts = [given[key] for key in ("issuer", "client_id", "label", "scopes") if key in given]
    if not all(isinstance(text, str) and text for text in texts):
        return f"issuer, client_id, label and scopes of {name} are texts"
    for key in ("link_by_email", "trust_mfa"):
        if not isinstance(given.get(key, True), bool):
            return f"{key} of {name} is true or false"
    values = given.get("mfa_acr", [])
    if not isinstance(values, list) or not all(isinstance(v, str) and v for v in values):
        return f"mfa_acr of {name} is a list of texts"
    if "openid" not in given.get("scopes", "openid").split():
        return f"the scopes of {name} need openid"
    parts = urlsplit(given["issuer"])
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        return f"the issuer of {name} is no address"
    return ""


def _secret(name: str, environ: Mapping[str, str]) -> str:
    variable = f"QUANTLAB_OIDC_{name.upper().replace('-', '_')}_SECRET"
    file = environ.get(f"{variable}_FILE", "")
    return Path(file).read_text().strip() if file else environ.get(variable, "")
