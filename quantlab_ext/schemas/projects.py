"""Wire models of projects: folders for saved objects."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from quantlab_ext.schemas.base import Answer, Description, Name, Wire


class Project(Answer):
    """A project of the caller; ``workflows`` and ``layouts`` count what it holds."""

    id: UUID
    name: str
    description: str
    workflows: int = 0
    layouts: int = 0
    created_at: datetime
    updated_at: datetime


class ProjectCreate(Wire):
    """A new project; names are unique per owner."""

    name: Name
    description: Description = ""


class ProjectUpdate(Wire):
    """A changed project. Members left out stay as they are."""

    name: Name | None = None
    description: Description | None = None
