"""What the service calls things has words in JupyterLab."""

from __future__ import annotations

import re

import pytest

from quantlab_server.audit.tags import AuditTag
from tests.architecture.source import ROOT

EVENTS = ROOT / "labextension" / "src" / "account" / "events.ts"


@pytest.mark.parametrize("tag", AuditTag, ids=lambda tag: tag.value)
def test_every_event_has_words_in_the_list_of_activity(tag: AuditTag) -> None:
    text = EVENTS.read_text()
    saved = re.fullmatch(r"library:(workflow|layout):(\w+)", tag.value)
    wanted = rf"^ +{saved[2]}: " if saved else rf"^ +'{re.escape(tag.value)}':"
    assert re.search(wanted, text, re.MULTILINE)
