"""The rules of layouts: those of saved objects."""

from __future__ import annotations

from quantlab_server.config import Settings
from quantlab_server.layouts.resource import LAYOUTS
from quantlab_server.projects.service import ProjectService
from quantlab_server.versioning.library import SavedService


class LayoutService(SavedService):
    """Chart layouts of the actor and those shared with it."""

    def __init__(self, settings: Settings, projects: ProjectService) -> None:
        super().__init__(LAYOUTS, settings, projects)
