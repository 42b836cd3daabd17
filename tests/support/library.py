"""Saved objects without HTTP: services on a real database, and actors that use them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import func, insert, select

from quantlab_ext.schemas.saved import SavedItem, Trust
from quantlab_server.auth.actor import Actor, ActorKind
from quantlab_server.auth.scopes import PERSON
from quantlab_server.config import Settings
from quantlab_server.db.base import new_id, now
from quantlab_server.db.engine import Database
from quantlab_server.db.session import UnitOfWork
from quantlab_server.projects.service import ProjectService
from quantlab_server.transfer.service import TransferService
from quantlab_server.versioning.content import decode
from quantlab_server.versioning.values import Saved
from quantlab_server.workflows.resource import decode_create, decode_draft, decode_update
from quantlab_server.workflows.service import WorkflowService
from tests.support.database import TABLES, Person

T = TypeVar("T")


@dataclass(frozen=True)
class Desk:
    """One person at work: short forms of what the endpoints do, each in a transaction of its own."""

    database: Database
    workflows: WorkflowService
    projects: ProjectService
    transfer: TransferService
    actor: Actor

    def run(self, function: Callable[[UnitOfWork], T], *, writes: bool = True) -> T:
        """Run in a transaction of this person."""
        with self.database.transaction(
            tenant_id=self.actor.tenant_id, user_id=self.actor.user_id, writes=writes
        ) as uow:
            return function(uow)

    def as_token(self) -> Desk:
        """The same person, through a token."""
        return replace(self, actor=replace(self.actor, kind=ActorKind.KERNEL))

    def create(self, name: str, code: str = "1", **more: Any) -> SavedItem:
        """A new Python workflow."""
        body = decode_create(json.dumps({"name": name, "code": code, **more}).encode())
        return self.run(lambda uow: self.workflows.create(uow, self.actor, body))

    def save(self, id: UUID, base: int, code: str, **more: Any) -> Saved:
        """Save it."""
        body = decode_update(json.dumps({"code": code, **more}).encode())
        return self.run(lambda uow: self.workflows.save(uow, self.actor, id, body, base=base))

    def code(self, id: UUID) -> str:
        """Its current code."""
        opened = self.run(lambda uow: self.workflows.saved.open(uow, self.actor, id), writes=False)
        code: str = decode(opened.data)
        return code

    def trust(self, id: UUID) -> Trust:
        """What may happen by itself."""
        return self.run(
            lambda uow: self.workflows.saved.open(uow, self.actor, id), writes=False
        ).trust

    def draft(self, id: UUID, content: str, *, base: int, after: int | None) -> int:
        """Autosave; the new revision."""
        body = decode_draft(json.dumps({"base_version": base, "content": content}).encode())
        encoded = body.require_content()
        return self.run(
            lambda uow: self.workflows.drafts.put(
                uow, self.actor, id, after=after, base=base, content=encoded
            )
        ).revision

    def delete(self, id: UUID, *, permanent: bool = False) -> None:
        """Delete it."""
        lifecycle = self.workflows.lifecycle
        act = lifecycle.destroy if permanent else lifecycle.delete
        self.run(lambda uow: act(uow, self.actor, id, base=None))

    def used(self, what: str) -> int:
        """A counter."""
        return self.run(
            lambda uow: self.workflows.saved.quotas.used(uow, self.actor, what), writes=False
        )

    def stored(self) -> int:
        """What the storage counter ought to say: bytes of content, of open drafts and of thumbnails."""
        contents, drafts = TABLES["contents"].c, TABLES["object_drafts"].c
        pictures = TABLES["object_thumbnails"].c
        me = self.actor.user_id

        def count(uow: UnitOfWork) -> int:
            of_contents = select(func.coalesce(func.sum(func.length(contents.data)), 0)).where(
                contents.user_id == me
            )
            of_drafts = select(func.coalesce(func.sum(func.length(drafts.data)), 0)).where(
                drafts.user_id == me, drafts.drafter_id == me
            )
            of_pictures = select(func.coalesce(func.sum(func.length(pictures.data)), 0)).where(
                pictures.user_id == me
            )
            every = (of_contents, of_drafts, of_pictures)
            return sum(int(uow.execute(one).scalar_one()) for one in every)

        return self.run(count, writes=False)

    def share(self, id: UUID, other: Desk, access: str) -> None:
        """Give another person of the tenant access."""
        row = {
            "tenant_id": self.actor.tenant_id,
            "object_id": id,
            "grantee_id": other.actor.user_id,
            "user_id": self.actor.user_id,
            "access": access,
            "created_at": now(),
        }
        self.run(lambda uow: uow.execute(insert(TABLES["object_shares"]), row))


def make_desk(settings: Settings, database: Database, person: Person, name: str = "x") -> Desk:
    """A person at work on a database."""
    projects = ProjectService(settings)
    workflows = WorkflowService(settings, projects)
    actor = Actor(
        tenant_id=person.tenant_id,
        user_id=person.user_id,
        username=name,
        role="user",
        tier="free",
        session_id=new_id(),
        kind=ActorKind.SESSION,
        scopes=PERSON,
    )
    return Desk(
        database,
        workflows,
        projects,
        TransferService(settings, projects, (workflows.saved,)),
        actor,
    )
