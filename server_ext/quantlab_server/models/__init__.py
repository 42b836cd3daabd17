"""Tables: columns, constraints, no behaviour. Importing this package fills ``Base.metadata``."""

from quantlab_server.db.base import Base
from quantlab_server.models import account, audit, factors, invitation, mail, oidc, saved

__all__ = ["Base", "account", "audit", "factors", "invitation", "mail", "oidc", "saved"]
