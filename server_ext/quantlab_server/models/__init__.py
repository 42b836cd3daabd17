"""Tables: columns, constraints, no behaviour. Importing this package fills ``Base.metadata``."""

from quantlab_server.db.base import Base
from quantlab_server.models import (
    account,
    audit,
    audit_seals,
    factors,
    installation,
    invitation,
    mail,
    oidc,
    saved,
)

__all__ = [
    "Base",
    "account",
    "audit",
    "audit_seals",
    "factors",
    "installation",
    "invitation",
    "mail",
    "oidc",
    "saved",
]
