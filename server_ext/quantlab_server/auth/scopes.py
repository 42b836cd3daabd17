"""Scopes: declared once; the docs, the OpenAPI document and the checks are made from here."""

from __future__ import annotations

from enum import StrEnum


class Scope(StrEnum):
    """What a caller may do. A route names exactly one."""

    PUBLIC = "public"
    WORKFLOWS_READ = "workflows:read"
    WORKFLOWS_WRITE = "workflows:write"
    LAYOUTS_READ = "layouts:read"
    LAYOUTS_WRITE = "layouts:write"
    PROJECTS_READ = "projects:read"
    PROJECTS_WRITE = "projects:write"
    PROFILE_READ = "profile:read"
    PROFILE_WRITE = "profile:write"
    SESSIONS = "sessions"
    API_TOKENS = "api-tokens"
    AUDIT_READ = "audit:read"
    KERNEL_TOKENS = "kernel-tokens"
    TRANSFER = "transfer"
    MARKET_READ = "market:read"
    SHARES_WRITE = "shares:write"
    INVITATIONS = "admin:invitations"
    ADMIN_USERS = "admin:users"
    ADMIN_ITEMS = "admin:items"
    ADMIN_AUDIT = "admin:audit"
    ADMIN_TENANT = "admin:tenant"
    INSTALLATION = "admin:installation"


DESCRIPTIONS: dict[Scope, str] = {
    Scope.PUBLIC: "no identity needed",
    Scope.WORKFLOWS_READ: "list and read workflows, their versions and drafts",
    Scope.WORKFLOWS_WRITE: "create, save, rename, delete and restore workflows",
    Scope.LAYOUTS_READ: "list and read chart layouts, their versions and drafts",
    Scope.LAYOUTS_WRITE: "create, save, rename, delete and restore chart layouts",
    Scope.PROJECTS_READ: "list and read projects",
    Scope.PROJECTS_WRITE: "create, rename and delete projects",
    Scope.PROFILE_READ: "read the own profile",
    Scope.PROFILE_WRITE: "change the own profile and password, and delete the account",
    Scope.SESSIONS: "list and end the own sessions",
    Scope.API_TOKENS: "list, make and revoke the own API tokens",
    Scope.AUDIT_READ: "read the own activity, and export all that is known of oneself",
    Scope.KERNEL_TOKENS: "get and renew a token for a kernel",
    Scope.TRANSFER: "export and import everything",
    Scope.MARKET_READ: "find instruments, read bars and evaluate studies on them",
    Scope.SHARES_WRITE: "find people of the tenant, and share own saved objects with them",
    Scope.INVITATIONS: "invite people into the own tenant",
    Scope.ADMIN_USERS: "list, make, change, disable and delete people of the tenant",
    Scope.ADMIN_ITEMS: "see what people of the tenant have saved, and delete it",
    Scope.ADMIN_AUDIT: "read and export the events of the tenant",
    Scope.ADMIN_TENANT: "read and change the settings of the own tenant",
    Scope.INSTALLATION: "kill switches, settings and tenants of the installation; operators only",
}

LIBRARY: frozenset[Scope] = frozenset(
    {
        Scope.WORKFLOWS_READ,
        Scope.WORKFLOWS_WRITE,
        Scope.LAYOUTS_READ,
        Scope.LAYOUTS_WRITE,
        Scope.PROJECTS_READ,
        Scope.PROJECTS_WRITE,
    }
)

# What a kernel may do for its person: the library, market data, and reading who it acts for. Never keys, shares, admin,
# trading.
KERNEL: frozenset[Scope] = LIBRARY | {
    Scope.PROFILE_READ,
    Scope.KERNEL_TOKENS,
    Scope.MARKET_READ,
}

# What an API token may be given at most; it never opens what is under /auth but the own profile.
API_TOKEN: frozenset[Scope] = LIBRARY | {Scope.PROFILE_READ, Scope.MARKET_READ, Scope.TRANSFER}

# What only those have who look after a tenant, or the installation; a token that was issued with another set of these
# is outdated.
_TENANT_ADMIN: frozenset[Scope] = frozenset(
    {
        Scope.INVITATIONS,
        Scope.ADMIN_USERS,
        Scope.ADMIN_ITEMS,
        Scope.ADMIN_AUDIT,
        Scope.ADMIN_TENANT,
    }
)
ADMIN: frozenset[Scope] = _TENANT_ADMIN | {Scope.INSTALLATION}

# What everybody may do who is signed in. Listed, so that a new scope is nobody's until that was decided.
PERSON: frozenset[Scope] = LIBRARY | {
    Scope.PROFILE_READ,
    Scope.PROFILE_WRITE,
    Scope.SESSIONS,
    Scope.API_TOKENS,
    Scope.AUDIT_READ,
    Scope.KERNEL_TOKENS,
    Scope.TRANSFER,
    Scope.MARKET_READ,
    Scope.SHARES_WRITE,
}

# An operator does in any tenant what its admin does there, in one tenant's context at a time.
_OF_ROLE: dict[str, frozenset[Scope]] = {
    "admin": PERSON | _TENANT_ADMIN,
    "operator": PERSON | ADMIN,
}


def of_role(role: str) -> frozenset[Scope]:
    """What a person with this role may do."""
    return _OF_ROLE.get(role, PERSON)
