"""Routes of chart layouts: those of saved objects."""

from __future__ import annotations

from quantlab_ext.schemas.layouts import (
    Layout,
    LayoutCreate,
    LayoutItem,
    LayoutUpdate,
    LayoutVersion,
)
from quantlab_server.audit.tags import AuditTag
from quantlab_server.auth.scopes import Scope
from quantlab_server.http.endpoint import DEFAULT_BODY
from quantlab_server.layouts.resource import (
    LAYOUTS,
    decode_create,
    decode_draft,
    decode_merge,
    decode_update,
)
from quantlab_server.versioning.endpoints import Decoders, Models, SavedRoutes, Tags
from quantlab_server.versioning.routes import declare

declare(
    SavedRoutes(
        module=__name__,
        one="layout",
        resource=LAYOUTS,
        service=lambda services: services.layouts,
        read=Scope.LAYOUTS_READ,
        write=Scope.LAYOUTS_WRITE,
        tags=Tags(
            created=AuditTag.LAYOUT_CREATED,
            saved=AuditTag.LAYOUT_SAVED,
            changed=AuditTag.LAYOUT_CHANGED,
            restored=AuditTag.LAYOUT_RESTORED,
            duplicated=AuditTag.LAYOUT_DUPLICATED,
            deleted=AuditTag.LAYOUT_DELETED,
            undeleted=AuditTag.LAYOUT_UNDELETED,
            purged=AuditTag.LAYOUT_PURGED,
            shared=AuditTag.LAYOUT_SHARED,
            share_revoked=AuditTag.LAYOUT_SHARE_REVOKED,
        ),
        models=Models(LayoutItem, Layout, LayoutVersion, LayoutCreate, LayoutUpdate),
        decoders=Decoders(decode_create, decode_update, decode_draft, decode_merge),
        max_body=DEFAULT_BODY,
        pictures=True,
    )
)
