"""Workflows as a resource of saved objects: notebooks and Python scripts."""

from __future__ import annotations

from quantlab_ext.schemas.saved import DraftPut, MergeRequest
from quantlab_ext.schemas.workflows import WorkflowCreate, WorkflowItem, WorkflowUpdate
from quantlab_server.config import Settings
from quantlab_server.versioning.content import BodyDecoder, by_kind
from quantlab_server.versioning.notebooks import NotebookCodec
from quantlab_server.versioning.resource import Resource
from quantlab_server.versioning.texts import TextCodec

NOTEBOOK = NotebookCodec()
PYTHON = TextCodec(kind="python", member="code", extension=".py")
_CODECS = (NOTEBOOK, PYTHON)


def _max_bytes(settings: Settings) -> int:
    return settings.library.workflow_max_bytes


WORKFLOWS = Resource(
    noun="workflows", codecs=by_kind(_CODECS), item=WorkflowItem, max_bytes=_max_bytes
)

decode_create = BodyDecoder(WorkflowCreate, _CODECS)
decode_update = BodyDecoder(WorkflowUpdate, _CODECS)
decode_draft = BodyDecoder(DraftPut, _CODECS, by_type=True)
decode_merge = BodyDecoder(MergeRequest, _CODECS, by_type=True)
