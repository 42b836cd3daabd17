"""The table of endpoints as a router: one look-up per path segment, whatever the number of routes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from quantlab_server.auth.scopes import Scope
from quantlab_server.errors import ApiError, MethodNotAllowed, NotFound
from quantlab_server.http.endpoint import DEFAULT_BODY, Endpoint


@dataclass(slots=True)
class _Node:
    children: dict[str, _Node] = field(default_factory=dict)
    wildcard: _Node | None = None
    endpoints: dict[str, Endpoint] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Route:
    """Where a request goes. ``problem`` is set when there is no such address or method.

    Who asks for such an address is still authenticated first, unless the address itself is public: an
    anonymous caller learns nothing about which addresses exist.
    """

    endpoint: Endpoint | None
    params: Mapping[str, str]
    problem: ApiError | None = None
    public: bool = False

    @property
    def max_body(self) -> int:
        """Bytes that are read at most."""
        return self.endpoint.max_body if self.endpoint else DEFAULT_BODY


class Table:
    """All endpoints of the API."""

    def __init__(self, endpoints: Iterable[Endpoint]) -> None:
        self.endpoints = tuple(endpoints)
        self._root = _Node()
        for endpoint in self.endpoints:
            self._add(endpoint)

    def _add(self, endpoint: Endpoint) -> None:
        node = self._root
        for segment in endpoint.path.strip("/").split("/"):
            if segment.startswith("{"):
                node.wildcard = node.wildcard or _Node()
                node = node.wildcard
            else:
                node = node.children.setdefault(segment, _Node())
        if endpoint.method in node.endpoints:
            raise ValueError(f"{endpoint.method} {endpoint.path} is declared twice")
        node.endpoints[endpoint.method] = endpoint

    def route(self, method: str, path: str) -> Route:
        """Find the endpoint for a path below the API prefix (still percent-encoded)."""
        node: _Node | None = self._root
        values: list[str] = []
        for segment in path.removeprefix("/").split("/"):
            assert node is not None
            child = node.children.get(segment)
            if child is None and node.wildcard is not None and segment:
                child = node.wildcard
                values.append(unquote(segment))
            node = child
            if node is None:
                return Route(None, {}, NotFound("There is no such address."))
        assert node is not None
        if not node.endpoints:
            return Route(None, {}, NotFound("There is no such address."))
        endpoint = node.endpoints.get("GET" if method == "HEAD" else method)
        if endpoint is None:
            allowed = ", ".join(sorted(node.endpoints))
            public = all(e.scope is Scope.PUBLIC for e in node.endpoints.values())
            return Route(None, {}, MethodNotAllowed(headers={"Allow": allowed}), public)
        return Route(endpoint, dict(zip(endpoint.path_params, values, strict=True)))
