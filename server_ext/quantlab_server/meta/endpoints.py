"""The API about itself."""

from __future__ import annotations

from functools import lru_cache

from quantlab_server.auth.scopes import Scope
from quantlab_server.http.endpoint import Call, Reply, endpoint


@lru_cache(maxsize=1)
def _document() -> bytes:
    import orjson

    from quantlab_server.http.openapi import build_document
    from quantlab_server.routes import build_table

    return orjson.dumps(build_document(build_table()))


@endpoint("GET", "/openapi.json", scope=Scope.PUBLIC, bucket="none")
async def get_openapi(call: Call) -> Reply:
    """Get this API's OpenAPI document."""
    return Reply(raw=[_document()])
