"""The router: what it finds, and what it says when there is nothing."""

from __future__ import annotations

import pytest

from quantlab_server.errors import MethodNotAllowed, NotFound
from quantlab_server.http.table import Table
from quantlab_server.routes import build_table


@pytest.fixture(scope="module")
def table() -> Table:
    return build_table()


def test_every_endpoint_is_found_by_its_own_path(table: Table) -> None:
    for endpoint in table.endpoints:
        path = endpoint.path
        for name in endpoint.path_params:
            path = path.replace("{" + name + "}", f"x-{name}")
        route = table.route(endpoint.method, path)
        assert route.endpoint is endpoint
        assert dict(route.params) == {name: f"x-{name}" for name in endpoint.path_params}


def test_head_is_served_where_get_is(table: Table) -> None:
    route = table.route("HEAD", "/workflows")
    assert route.endpoint is not None
    assert route.endpoint.method == "GET"


def test_parameters_are_percent_decoded(table: Table) -> None:
    assert table.route("GET", "/workflows/a%2Fb").params == {"id": "a/b"}


@pytest.mark.parametrize(
    "path", ["", "/", "/nothing", "/workflows/1/nothing", "/workflows//", "/auth"]
)
def test_unknown_address(table: Table, path: str) -> None:
    route = table.route("GET", path)
    assert route.endpoint is None
    assert isinstance(route.problem, NotFound)


def test_wrong_method_names_the_right_ones(table: Table) -> None:
    route = table.route("DELETE", "/workflows")
    assert route.endpoint is None
    assert isinstance(route.problem, MethodNotAllowed)
    assert route.problem.headers["Allow"] == "GET, POST"
    assert not route.public


def test_wrong_method_on_a_public_address_is_said_to_anyone(table: Table) -> None:
    assert table.route("DELETE", "/auth/login").public
