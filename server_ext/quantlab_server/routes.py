"""The one table of endpoints: the file to open first.

Importing an endpoints module declares its routes; a resource is one line here.
"""

from __future__ import annotations

from quantlab_server.accounts import endpoints as accounts
from quantlab_server.admin import endpoints as admin
from quantlab_server.api_tokens import endpoints as api_tokens
from quantlab_server.audit import endpoints as audit
from quantlab_server.device import endpoints as device
from quantlab_server.factors import endpoints as factors
from quantlab_server.handover import endpoints as handover
from quantlab_server.http.endpoint import REGISTRY
from quantlab_server.http.table import Table
from quantlab_server.installation import endpoints as installation
from quantlab_server.invitations import endpoints as invitations
from quantlab_server.joining import endpoints as joining
from quantlab_server.layouts import endpoints as layouts
from quantlab_server.leaving import endpoints as leaving
from quantlab_server.market import endpoints as market
from quantlab_server.meta import endpoints as meta
from quantlab_server.oidc import endpoints as oidc
from quantlab_server.people import endpoints as people
from quantlab_server.projects import endpoints as projects
from quantlab_server.recovery import endpoints as recovery
from quantlab_server.sessions import endpoints as sessions
from quantlab_server.studies import endpoints as studies
from quantlab_server.tenants import endpoints as tenants
from quantlab_server.transfer import endpoints as transfer
from quantlab_server.workflows import endpoints as workflows

RESOURCES = (
    accounts,
    sessions,
    api_tokens,
    oidc,
    recovery,
    factors,
    leaving,
    device,
    audit,
    admin,
    handover,
    installation,
    tenants,
    projects,
    workflows,
    layouts,
    people,
    invitations,
    joining,
    transfer,
    market,
    studies,
    meta,
)


def build_table() -> Table:
    """All endpoints of the API."""
    names = {module.__name__ for module in RESOURCES}
    return Table(e for e in REGISTRY if e.module in names)
