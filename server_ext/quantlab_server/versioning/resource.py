"""What a resource of saved objects has to say about itself; all the rest is one mechanism."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from quantlab_ext.schemas.saved import SavedItem
from quantlab_server.config import Settings
from quantlab_server.versioning.content import Codec


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind of saved objects, such as workflows.

    Attributes:
        noun: the URL's noun; also the name of its quota.
        codecs: what is particular to the content, by the objects' ``kind``.
        item: wire model of an object without its content.
        max_bytes: the largest content, from the settings.
        words: what a search finds in content, beside name, description and tags; None: nothing.
    """

    noun: str
    codecs: Mapping[str, Codec]
    item: type[SavedItem]
    max_bytes: Callable[[Settings], int]
    words: Callable[[Any], Sequence[str]] | None = None
