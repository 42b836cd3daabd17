"""Routes of projects."""

from __future__ import annotations

from uuid import UUID

from quantlab_ext.schemas.base import Page
from quantlab_ext.schemas.projects import Project, ProjectCreate, ProjectUpdate
from quantlab_ext.schemas.stream import LibraryEvent
from quantlab_server.audit.tags import AuditTag
from quantlab_server.auth.scopes import Scope
from quantlab_server.http.endpoint import Call, endpoint
from quantlab_server.http.pagination import PageQuery, encode_cursor
from quantlab_server.versioning.query import text_cursor


@endpoint("GET", "/projects", scope=Scope.PROJECTS_READ, answer=Page[Project])
def list_projects(call: Call, query: PageQuery) -> Page[Project]:
    """List the own projects by name."""
    after = text_cursor(query.cursor) if query.cursor is not None else ""
    projects = call.services.projects
    items, following = projects.page(call.uow, call.actor, after=after, limit=query.limit)
    page = Page[Project].model_construct(items=items, next_cursor=None, total=None)
    page.total = projects.count(call.uow, call.actor)
    if following is not None:
        page.next_cursor = encode_cursor([following])
    return page


@endpoint(
    "POST",
    "/projects",
    scope=Scope.PROJECTS_WRITE,
    answer=Project,
    status=201,
    audit=AuditTag.PROJECT_CREATED,
    idempotent=True,
    errors=(409,),
)
def create_project(call: Call, body: ProjectCreate) -> Project:
    """Create a project."""
    project = call.services.projects.create(call.uow, call.actor, body)
    call.audit_subject = project.id
    call.tell(LibraryEvent(resource="projects", id=project.id, act="created"))
    return project


@endpoint("GET", "/projects/{id}", scope=Scope.PROJECTS_READ, answer=Project)
def get_project(call: Call, id: UUID) -> Project:
    """Get a project."""
    return call.services.projects.get(call.uow, call.actor, id)


@endpoint(
    "PUT",
    "/projects/{id}",
    scope=Scope.PROJECTS_WRITE,
    answer=Project,
    audit=AuditTag.PROJECT_CHANGED,
    errors=(409,),
)
def update_project(call: Call, id: UUID, body: ProjectUpdate) -> Project:
    """Rename or describe a project."""
    call.audit_subject = id
    call.tell(LibraryEvent(resource="projects", id=id, act="changed"))
    return call.services.projects.update(call.uow, call.actor, id, body)


@endpoint(
    "DELETE",
    "/projects/{id}",
    scope=Scope.PROJECTS_WRITE,
    status=204,
    audit=AuditTag.PROJECT_DELETED,
)
def delete_project(call: Call, id: UUID) -> None:
    """Delete a project; what it held stays, in no project."""
    call.services.projects.delete(call.uow, call.actor, id)
    call.audit_subject = id
    call.tell(LibraryEvent(resource="projects", id=id, act="deleted"))
