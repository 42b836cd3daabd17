"""Tags of audit events: ``source:subject:action``. An enum, so that a misspelt event does not type-check."""

from __future__ import annotations

from enum import StrEnum


class AuditTag(StrEnum):
    """What can be recorded."""

    ACCOUNT_REGISTERED = "account:user:registered"
    ACCOUNT_CREATED_BY_OPERATOR = "operator:user:created"
    LOGIN_SUCCEEDED = "account:session:started"
    LOGIN_FAILED = "account:session:refused"
    LOGIN_THROTTLED = "account:session:throttled"
    LOGOUT = "account:session:ended"
    LOCAL_CONTINUED = "account:session:local_continued"
    TOKEN_REUSED = "account:session:token_reused"
    SESSION_ENDED = "account:session:ended_by_owner"
    PASSWORD_CHANGED = "account:password:changed"
    PROFILE_CHANGED = "account:profile:changed"
    KERNEL_TOKEN_ISSUED = "account:kernel_token:issued"
    TENANT_CREATED = "operator:tenant:created"
    PROJECT_CREATED = "library:project:created"
    PROJECT_CHANGED = "library:project:changed"
    PROJECT_DELETED = "library:project:deleted"
    WORKFLOW_CREATED = "library:workflow:created"
    WORKFLOW_SAVED = "library:workflow:saved"
    WORKFLOW_CHANGED = "library:workflow:changed"
    WORKFLOW_RESTORED = "library:workflow:restored"
    WORKFLOW_DUPLICATED = "library:workflow:duplicated"
    WORKFLOW_DELETED = "library:workflow:deleted"
    WORKFLOW_UNDELETED = "library:workflow:undeleted"
    WORKFLOW_PURGED = "library:workflow:purged"
    WORKFLOW_TRUSTED = "library:workflow:trusted"
    EXPORTED = "library:export:made"
    IMPORTED = "library:import:done"
