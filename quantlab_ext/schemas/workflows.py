"""Wire models of workflows: a notebook or a Python script, saved with versions."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from quantlab_ext.schemas.base import JsonObject
from quantlab_ext.schemas.saved import SavedCreate, SavedItem, SavedUpdate, Trust

WorkflowKind = Literal["notebook", "python"]


class WorkflowItem(SavedItem):
    """A workflow as lists show it."""

    kind: WorkflowKind


class Workflow(WorkflowItem):
    """A workflow with its content: ``notebook`` (nbformat 4) or ``code`` (Python text), by kind."""

    notebook: JsonObject | None = None
    code: str | None = None
    trust: Trust | None = None


class WorkflowCreate(SavedCreate):
    """A new workflow: exactly one of ``notebook`` and ``code``."""

    code: str | None = None
    notebook: JsonObject | None = None

    @model_validator(mode="after")
    def _one_content(self) -> WorkflowCreate:
        if (self.code is None) == (self.notebook is None):
            raise PydanticCustomError(
                "content_required", "Give either “notebook” or “code”, and not both."
            )
        return self


class WorkflowUpdate(SavedUpdate):
    """A save. Members left out stay as they are; content of the other kind is refused."""

    code: str | None = None
    notebook: JsonObject | None = None


class WorkflowVersion(WorkflowItem):
    """One kept version with its content; metadata is that of the object today."""

    notebook: JsonObject | None = None
    code: str | None = None
