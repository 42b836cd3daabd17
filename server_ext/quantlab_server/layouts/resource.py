"""Chart layouts as a resource of saved objects."""

from __future__ import annotations

from quantlab_ext.schemas.layouts import LayoutCreate, LayoutItem, LayoutUpdate
from quantlab_ext.schemas.saved import DraftPut, MergeRequest
from quantlab_server.config import Settings
from quantlab_server.layouts.codec import LayoutCodec, symbols_of
from quantlab_server.versioning.content import BodyDecoder, by_kind
from quantlab_server.versioning.resource import Resource

LAYOUT = LayoutCodec()
_CODECS = (LAYOUT,)


def _max_bytes(settings: Settings) -> int:
    return settings.library.layout_max_bytes


LAYOUTS = Resource(
    noun="layouts",
    codecs=by_kind(_CODECS),
    item=LayoutItem,
    max_bytes=_max_bytes,
    words=symbols_of,
)

decode_create = BodyDecoder(LayoutCreate, _CODECS)
decode_update = BodyDecoder(LayoutUpdate, _CODECS)
decode_draft = BodyDecoder(DraftPut, _CODECS, by_type=True)
decode_merge = BodyDecoder(MergeRequest, _CODECS, by_type=True)
