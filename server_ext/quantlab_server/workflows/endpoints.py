"""Routes of workflows: those of saved objects, and trust."""

from __future__ import annotations

from uuid import UUID

from quantlab_ext.schemas.saved import Trust, TrustPut
from quantlab_ext.schemas.workflows import (
    Workflow,
    WorkflowCreate,
    WorkflowItem,
    WorkflowUpdate,
    WorkflowVersion,
)
from quantlab_server.audit.tags import AuditTag
from quantlab_server.auth.scopes import Scope
from quantlab_server.http.endpoint import MB, Call, endpoint
from quantlab_server.versioning.endpoints import Decoders, Models, SavedRoutes, Tags
from quantlab_server.versioning.routes import declare
from quantlab_server.workflows.resource import (
    WORKFLOWS,
    decode_create,
    decode_draft,
    decode_merge,
    decode_update,
)

declare(
    SavedRoutes(
        module=__name__,
        one="workflow",
        resource=WORKFLOWS,
        service=lambda services: services.workflows,
        read=Scope.WORKFLOWS_READ,
        write=Scope.WORKFLOWS_WRITE,
        tags=Tags(
            created=AuditTag.WORKFLOW_CREATED,
            saved=AuditTag.WORKFLOW_SAVED,
            changed=AuditTag.WORKFLOW_CHANGED,
            restored=AuditTag.WORKFLOW_RESTORED,
            duplicated=AuditTag.WORKFLOW_DUPLICATED,
            deleted=AuditTag.WORKFLOW_DELETED,
            undeleted=AuditTag.WORKFLOW_UNDELETED,
            purged=AuditTag.WORKFLOW_PURGED,
            shared=AuditTag.WORKFLOW_SHARED,
            share_revoked=AuditTag.WORKFLOW_SHARE_REVOKED,
        ),
        models=Models(WorkflowItem, Workflow, WorkflowVersion, WorkflowCreate, WorkflowUpdate),
        decoders=Decoders(decode_create, decode_update, decode_draft, decode_merge),
        # Content of 20 MB as JSON, and what is around it.
        max_body=20 * MB,
        trusts=True,
    )
)


@endpoint(
    "PUT",
    "/workflows/{id}/trust",
    scope=Scope.WORKFLOWS_WRITE,
    answer=Trust,
    interactive=True,
    audit=AuditTag.WORKFLOW_TRUSTED,
)
def put_trust(call: Call, id: UUID, body: TrustPut) -> Trust:
    """Say that the caller ran or trusts a version."""
    trust = call.services.workflows.history.trust(call.uow, call.actor, id, body)
    call.audit_subject = id
    call.audit_detail = {"version": body.version, "act": body.act}
    return trust
