"""The rules of workflows: those of saved objects."""

from __future__ import annotations

from quantlab_server.config import Settings
from quantlab_server.projects.service import ProjectService
from quantlab_server.versioning.library import SavedService
from quantlab_server.workflows.resource import WORKFLOWS


class WorkflowService(SavedService):
    """Workflows of the actor and those shared with it."""

    def __init__(self, settings: Settings, projects: ProjectService) -> None:
        super().__init__(WORKFLOWS, settings, projects)
