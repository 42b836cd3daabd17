"""The rules of workflows: those of saved objects, and how bodies of this resource map to them."""

from __future__ import annotations

from uuid import UUID

from quantlab_ext.schemas.saved import SavedItem
from quantlab_ext.schemas.workflows import WorkflowCreate, WorkflowUpdate
from quantlab_server.auth.actor import Actor
from quantlab_server.config import Settings
from quantlab_server.db.session import UnitOfWork
from quantlab_server.projects.service import ProjectService
from quantlab_server.versioning.content import Submitted
from quantlab_server.versioning.drafts import Drafts
from quantlab_server.versioning.history import History
from quantlab_server.versioning.lifecycle import Lifecycle
from quantlab_server.versioning.service import SavedObjects
from quantlab_server.versioning.values import NewObject, Saved, given
from quantlab_server.workflows.resource import WORKFLOWS


class WorkflowService:
    """Workflows of the actor and those shared with it."""

    def __init__(self, settings: Settings, projects: ProjectService) -> None:
        self.saved = SavedObjects(WORKFLOWS, settings, projects)
        self.drafts = Drafts(self.saved)
        self.history = History(self.saved)
        self.lifecycle = Lifecycle(self.saved)

    def create(self, uow: UnitOfWork, actor: Actor, body: Submitted[WorkflowCreate]) -> SavedItem:
        """Keep a new workflow.

        Raises:
            NameTaken, QuotaExceeded, TooLarge, Invalid.
        """
        fields = body.fields
        imported = fields.origin == "imported"
        new = NewObject(
            name=fields.name,
            content=body.require_content(),
            source="import" if imported else "create",
            in_person=actor.is_interactive and not imported,
            description=fields.description,
            tags=fields.tags,
            project_id=fields.project_id,
            pinned=fields.pinned,
        )
        return self.saved.create(uow, actor, new)

    def save(
        self,
        uow: UnitOfWork,
        actor: Actor,
        id: UUID,
        body: Submitted[WorkflowUpdate],
        *,
        base: int,
    ) -> Saved:
        """Save a workflow that was changed from version ``base``.

        Raises:
            VersionConflict, NotFound, Forbidden, NameTaken, QuotaExceeded, TooLarge, Invalid.
        """
        fields = body.fields
        imported = fields.origin == "imported"
        return self.saved.save(
            uow,
            actor,
            id,
            base=base,
            content=body.content,
            metadata=given(fields),
            source="import" if imported else fields.source,
            in_person=actor.is_interactive and not imported,
        )
