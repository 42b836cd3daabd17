"""Everything that endpoints ask of one resource of saved objects, in one place."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

from quantlab_ext.schemas.saved import SavedCreate, SavedItem, SavedUpdate
from quantlab_server.auth.actor import Actor
from quantlab_server.config import Settings
from quantlab_server.db.session import UnitOfWork
from quantlab_server.versioning.content import Submitted
from quantlab_server.versioning.drafts import Drafts
from quantlab_server.versioning.history import History
from quantlab_server.versioning.lifecycle import Lifecycle
from quantlab_server.versioning.openings import Openings
from quantlab_server.versioning.resource import Resource
from quantlab_server.versioning.service import SavedObjects
from quantlab_server.versioning.sharing import Sharing
from quantlab_server.versioning.thumbnails import Thumbnails
from quantlab_server.versioning.values import NewObject, Saved, given

if TYPE_CHECKING:
    from quantlab_server.projects.service import ProjectService

Create = TypeVar("Create", bound=SavedCreate)
Update = TypeVar("Update", bound=SavedUpdate)


class SavedService:
    """Objects of one resource, of the actor and those shared with it, and how bodies map to them."""

    def __init__(self, resource: Resource, settings: Settings, projects: ProjectService) -> None:
        self.saved = SavedObjects(resource, settings, projects)
        self.drafts = Drafts(self.saved)
        self.history = History(self.saved)
        self.lifecycle = Lifecycle(self.saved)
        self.openings = Openings(self.saved)
        self.sharing = Sharing(self.saved)
        self.thumbnails = Thumbnails(self.saved)

    def create(self, uow: UnitOfWork, actor: Actor, body: Submitted[Create]) -> SavedItem:
        """Keep a new object.

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
        self, uow: UnitOfWork, actor: Actor, id: UUID, body: Submitted[Update], *, base: int
    ) -> Saved:
        """Save an object that was changed from version ``base``.

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
            draft_revision=fields.draft_revision,
        )
