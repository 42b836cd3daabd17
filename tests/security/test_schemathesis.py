"""Every operation of our own OpenAPI document, with values that schemathesis makes up: signed in and not."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    response_headers_conformance,
    response_schema_conformance,
)

from quantlab_server.http.openapi import build_document
from quantlab_server.routes import build_table
from tests.support.admins import make_team
from tests.support.api import Api


@schemathesis.serializer("application/zip", "image/png")
def _as_it_is(context: Any, value: Any) -> bytes:
    """Bytes for bodies that are no JSON."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


DOCUMENT = build_document(build_table())
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
OPERATIONS = [found.ok() for found in SCHEMA.get_all_operations()]
EXAMPLES = 10
CHECKS = [not_a_server_error, response_schema_conformance, response_headers_conformance]
# What is refused before the table is reached, by the HTTP server itself.
_BY_THE_SERVER = frozenset({400, 405})


def _name(operation: Any) -> str:
    return f"{operation.method.upper()} {operation.path}"


def _try(api: Api, operation: Any, token: str | None) -> None:
    headers = {**api.door, **({"X-QuantLab-Session": token} if token else {})}

    @given(case=operation.as_strategy())
    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def all_is_well(case: Any) -> None:
        answer = case.call(base_url=api.url, headers=headers)
        case.validate_response(answer, checks=CHECKS)
        assert answer.status_code < 500 or answer.status_code == 503, answer.text
        if answer.status_code >= 400 and answer.status_code not in _BY_THE_SERVER:
            error = answer.json()["error"]
            assert {"code", "message", "request_id"} <= set(error)
            assert "Traceback" not in answer.text
        if token is None and operation.definition.raw.get("security") != []:
            assert answer.status_code in (400, 401, 404, 405, 413), answer.text

    all_is_well()


def test_every_route_is_tried() -> None:
    assert len(OPERATIONS) == len(build_table().endpoints)


@pytest.mark.parametrize("operation", OPERATIONS, ids=_name)
def test_signed_in(api: Api, operation: Any) -> None:
    # A person of its own: some of these end sessions.
    is_administration = operation.path.startswith("/admin/")
    person = make_team(api).admin if is_administration else api.register()
    _try(api, operation, person.tokens["access_token"])


@pytest.mark.parametrize("operation", OPERATIONS, ids=_name)
def test_signed_out(central_api: Api, operation: Any) -> None:
    _try(central_api, operation, None)
