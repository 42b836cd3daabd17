"""Routes that every resource of saved objects has: written once, declared for each by :func:`declare`."""

from __future__ import annotations

from typing import TypeVar

from quantlab_ext.schemas.base import Page
from quantlab_ext.schemas.saved import (
    Draft,
    MergeResult,
    SavedCreate,
    SavedUpdate,
    VersionDiff,
    VersionInfo,
)
from quantlab_server.http.endpoint import endpoint
from quantlab_server.versioning.endpoints import SavedEndpoints, SavedRoutes
from quantlab_server.versioning.share_endpoints import declare_shares
from quantlab_server.versioning.thumbnails import MAX_BYTES, MEDIA_TYPE, decode_thumbnail

Create = TypeVar("Create", bound=SavedCreate)
Update = TypeVar("Update", bound=SavedUpdate)


def declare(routes: SavedRoutes[Create, Update]) -> SavedEndpoints[Create, Update]:
    """Declare the common routes of a resource."""
    functions = SavedEndpoints(routes)
    _declare_objects(routes, functions)
    _declare_changes(routes, functions)
    _declare_copies(routes, functions)
    _declare_drafts(routes, functions)
    _declare_looks(routes, functions)
    _declare_versions(routes, functions)
    _declare_version(routes, functions)
    declare_shares(routes)
    return functions


def _declare_objects(
    routes: SavedRoutes[Create, Update], does: SavedEndpoints[Create, Update]
) -> None:
    one, many = routes.one, routes.resource.noun
    models, tags, module = routes.models, routes.tags, routes.module
    endpoint(
        "GET",
        f"/{many}",
        scope=routes.read,
        answer=Page[models.item],  # type: ignore[name-defined]  # a model made at run time
        name=f"list_{many}",
        summary=f"List {many}: own ones, deleted ones, or those shared with the caller.",
        module=module,
    )(does.list)
    endpoint(
        "POST",
        f"/{many}",
        scope=routes.write,
        answer=models.item,
        status=201,
        audit=tags.created,
        max_body=routes.max_body,
        idempotent=True,
        decode=routes.decoders.create,
        body=models.create,
        errors=(409,),
        name=f"create_{one}",
        summary=f"Create {routes.a}.",
        module=module,
    )(does.create)
    endpoint(
        "GET",
        f"/{many}/{{id}}",
        scope=routes.read,
        answer=models.whole,
        name=f"get_{one}",
        summary=f"Open {routes.a}: everything about it, with its content.",
        module=module,
    )(does.get)


def _declare_changes(
    routes: SavedRoutes[Create, Update], does: SavedEndpoints[Create, Update]
) -> None:
    one, many = routes.one, routes.resource.noun
    models, tags, module = routes.models, routes.tags, routes.module
    endpoint(
        "PUT",
        f"/{many}/{{id}}",
        scope=routes.write,
        answer=models.item,
        audit=tags.saved,
        max_body=routes.max_body,
        needs_if_match=True,
        decode=routes.decoders.update,
        body=models.update,
        errors=(409,),
        name=f"save_{one}",
        summary=f"Save {routes.a}; content that is the same makes no version.",
        module=module,
    )(does.save)
    endpoint(
        "PATCH",
        f"/{many}/{{id}}",
        scope=routes.write,
        answer=models.item,
        audit=tags.changed,
        errors=(409, 412),
        name=f"patch_{one}",
        summary=f"Rename, describe, tag, move or pin {routes.a}; no new version.",
        module=module,
    )(does.patch)
    endpoint(
        "DELETE",
        f"/{many}/{{id}}",
        scope=routes.write,
        status=204,
        audit=tags.deleted,
        errors=(412,),
        name=f"delete_{one}",
        summary=f"Delete {routes.a}: it can be brought back for 30 days, with ?permanent=true it cannot.",
        module=module,
    )(does.delete)


def _declare_copies(
    routes: SavedRoutes[Create, Update], does: SavedEndpoints[Create, Update]
) -> None:
    one, many = routes.one, routes.resource.noun
    endpoint(
        "POST",
        f"/{many}/{{id}}/undelete",
        scope=routes.write,
        answer=routes.models.item,
        audit=routes.tags.undeleted,
        errors=(409,),
        name=f"undelete_{one}",
        summary=f"Bring a deleted {one} back, under a new name if the old one is taken.",
        module=routes.module,
    )(does.undelete)
    endpoint(
        "POST",
        f"/{many}/{{id}}/duplicate",
        scope=routes.write,
        answer=routes.models.item,
        status=201,
        audit=routes.tags.duplicated,
        idempotent=True,
        errors=(409,),
        name=f"duplicate_{one}",
        summary=f"Copy {routes.a} into the own library.",
        module=routes.module,
    )(does.duplicate)
    endpoint(
        "POST",
        f"/{many}/{{id}}/merge",
        scope=routes.read,
        answer=MergeResult,
        max_body=routes.max_body,
        decode=routes.decoders.merge,
        errors=(409,),
        name=f"merge_{one}",
        summary="Merge the caller's content with the current version; nothing is saved.",
        module=routes.module,
    )(does.merge)


def _declare_drafts(
    routes: SavedRoutes[Create, Update], does: SavedEndpoints[Create, Update]
) -> None:
    one, path = routes.one, f"/{routes.resource.noun}/{{id}}/draft"
    endpoint(
        "GET",
        path,
        scope=routes.read,
        answer=Draft,
        name=f"get_{one}_draft",
        summary=f"Get the own draft of {routes.a}.",
        module=routes.module,
    )(does.get_draft)
    endpoint(
        "PUT",
        path,
        scope=routes.write,
        answer=Draft,
        bucket="drafts",
        max_body=routes.max_body,
        decode=routes.decoders.draft,
        errors=(412, 428),
        name=f"put_{one}_draft",
        summary="Write the own draft; If-Match or If-None-Match says which one it follows.",
        module=routes.module,
    )(does.put_draft)
    endpoint(
        "DELETE",
        path,
        scope=routes.write,
        bucket="drafts",
        status=204,
        errors=(412,),
        name=f"discard_{one}_draft",
        summary="Throw the own draft away; with If-Match only that very draft.",
        module=routes.module,
    )(does.discard_draft)


def _declare_looks(
    routes: SavedRoutes[Create, Update], does: SavedEndpoints[Create, Update]
) -> None:
    one, path = routes.one, f"/{routes.resource.noun}/{{id}}"
    endpoint(
        "POST",
        f"{path}/opened",
        scope=routes.read,
        bucket="drafts",
        status=204,
        name=f"opened_{one}",
        summary=f"Say that the caller opened {routes.a}, for lists in order of use; changes nothing of it.",
        module=routes.module,
    )(does.opened)
    if not routes.pictures:
        return
    endpoint(
        "PUT",
        f"{path}/thumbnail",
        scope=routes.write,
        bucket="drafts",
        status=204,
        body_type=MEDIA_TYPE,
        max_body=MAX_BYTES,
        decode=decode_thumbnail,
        needs_if_match=True,
        name=f"put_{one}_thumbnail",
        summary=f"Keep a small picture of {routes.a}; If-Match names the version that it shows.",
        module=routes.module,
    )(does.put_thumbnail)
    endpoint(
        "GET",
        f"{path}/thumbnail",
        scope=routes.read,
        name=f"get_{one}_thumbnail",
        summary=f"Get the small picture of {routes.a}, a PNG; it may show an older version.",
        module=routes.module,
    )(does.get_thumbnail)


def _declare_versions(
    routes: SavedRoutes[Create, Update], does: SavedEndpoints[Create, Update]
) -> None:
    one, path = routes.one, f"/{routes.resource.noun}/{{id}}/versions"
    endpoint(
        "GET",
        path,
        scope=routes.read,
        answer=Page[VersionInfo],
        name=f"list_{one}_versions",
        summary=f"List the versions of {routes.a}, newest first.",
        module=routes.module,
    )(does.list_versions)
    endpoint(
        "POST",
        path,
        scope=routes.write,
        answer=routes.models.item,
        status=201,
        audit=routes.tags.saved,
        needs_if_match=True,
        name=f"create_{one}_version",
        summary="Turn the own draft into a version.",
        module=routes.module,
    )(does.create_version)


def _declare_version(
    routes: SavedRoutes[Create, Update], does: SavedEndpoints[Create, Update]
) -> None:
    one, path = routes.one, f"/{routes.resource.noun}/{{id}}/versions"
    endpoint(
        "GET",
        f"{path}/{{n}}",
        scope=routes.read,
        answer=routes.models.version,
        name=f"get_{one}_version",
        summary=f"Get a version of {routes.a} with its content.",
        module=routes.module,
    )(does.get_version)
    endpoint(
        "GET",
        f"{path}/{{n}}/diff",
        scope=routes.read,
        answer=VersionDiff,
        name=f"diff_{one}_versions",
        summary=f"Compare two versions of {routes.a}.",
        module=routes.module,
    )(does.diff_versions)
    endpoint(
        "POST",
        f"{path}/{{n}}/restore",
        scope=routes.write,
        answer=routes.models.whole,
        audit=routes.tags.restored,
        needs_if_match=True,
        name=f"restore_{one}_version",
        summary="Make an old version the current one; that is a version too, so it can be undone.",
        module=routes.module,
    )(does.restore_version)
