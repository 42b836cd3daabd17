"""Small pictures of saved objects, made by the page that saved them.

Only PNG is taken: it is the one format whose size can be read from fixed places, without a decoder.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from uuid import UUID

from quantlab_ext.schemas.saved import SavedItem
from quantlab_server.auth.actor import Actor
from quantlab_server.db.base import now
from quantlab_server.db.session import UnitOfWork
from quantlab_server.errors import Invalid, NotFound
from quantlab_server.versioning import views
from quantlab_server.versioning.content import refused
from quantlab_server.versioning.quotas import STORAGE
from quantlab_server.versioning.repository import thumbnails
from quantlab_server.versioning.service import SavedObjects

MEDIA_TYPE = "image/png"
MAX_BYTES = 64 * 1024
# Pixels to a side. A browser that shows one holds at most 4 bytes for each.
MAX_SIDE = 1024

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_END = b"\x00\x00\x00\x00IEND\xaeB`\x82"
_HEADER = struct.Struct(
    ">I4sII5sI"
)  # length, "IHDR", width, height, five bytes of format, checksum
_HEADER_LENGTH = 13


class Thumbnails:
    """Pictures of objects of one resource. They belong to the object: its access, its storage, its end."""

    def __init__(self, saved: SavedObjects) -> None:
        self._saved = saved

    def put(self, uow: UnitOfWork, actor: Actor, id: UUID, data: bytes, *, base: int) -> SavedItem:
        """Keep the picture of version ``base``. The object's version and times stay as they are.

        Raises:
            VersionConflict: someone saved since: the picture shows what is outdated.
            NotFound, Forbidden, QuotaExceeded.
        """
        row = self._saved.lock(uow, actor, id)
        if row.version != base:
            raise self._saved.conflict(uow, actor, row, base)
        before = thumbnails.size(uow, tenant_id=actor.tenant_id, id=id)
        thumbnails.put(
            uow,
            tenant_id=actor.tenant_id,
            object_id=id,
            user_id=row.user_id,
            data=data,
            updated_at=now(),
        )
        thumbnails.mark(uow, **self._saved.where(actor, id), version=base)
        self._saved.quotas.add(uow, actor, row.user_id, STORAGE, len(data) - before)
        return views.item_of(self._saved.resource, row, actor.user_id, thumbnail_version=base)

    def get(self, uow: UnitOfWork, actor: Actor, id: UUID) -> bytes:
        """The picture, which may be of an older version.

        Raises:
            NotFound: there is none, or the object is not the actor's to see.
        """
        self._saved.require(uow, actor, id)
        data = thumbnails.get(uow, tenant_id=actor.tenant_id, id=id)
        if data is None:
            raise NotFound
        return data


def decode_thumbnail(data: bytes) -> bytes:
    """The picture as it came, if it is a whole PNG of a small size.

    Raises:
        Invalid: it is not.
    """
    if not data.startswith(_SIGNATURE) or not data.endswith(_END):
        raise _invalid("not_png", "Send a whole PNG picture.")
    start = len(_SIGNATURE)
    try:
        length, kind, width, height, _, checksum = _HEADER.unpack_from(data, start)
    except struct.error:
        raise _invalid("not_png", "Send a whole PNG picture.") from None
    checked = data[start + 4 : start + _HEADER.size - 4]
    if length != _HEADER_LENGTH or kind != b"IHDR" or zlib.crc32(checked) != checksum:
        raise _invalid("not_png", "Send a whole PNG picture.")
    if not (1 <= width <= MAX_SIDE and 1 <= height <= MAX_SIDE):
        message = f"A thumbnail is at most {MAX_SIDE} pixels wide and {MAX_SIDE} high."
        raise _invalid("too_large", message)
    return data


def tag_of(data: bytes) -> str:
    """The entity tag of a picture."""
    return f'"{hashlib.sha256(data).hexdigest()[:32]}"'


def _invalid(code: str, message: str) -> Invalid:
    return Invalid(fields=[refused("", code, message)])
