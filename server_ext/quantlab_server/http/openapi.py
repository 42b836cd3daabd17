"""The OpenAPI document, made from the table."""

from __future__ import annotations

from typing import Any, get_args, get_origin
from uuid import UUID

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from quantlab_ext.schemas.base import ErrorAnswer
from quantlab_ext.schemas.stream import (
    LibraryEvent,
    StreamAuth,
    StreamAuthenticated,
    StreamError,
    StreamQuotes,
    StreamResume,
    StreamSubscribe,
    StreamSubscribed,
    StreamUnsubscribe,
    StreamUnsubscribed,
)
from quantlab_server.auth.scopes import DESCRIPTIONS, Scope
from quantlab_server.http.endpoint import Endpoint
from quantlab_server.http.table import Table

# What is said over the WebSocket. OpenAPI has no word for it; its messages stand among the schemas all the same.
_SAID: tuple[type[BaseModel], ...] = (StreamAuth, StreamSubscribe, StreamUnsubscribe)
_HEARD: tuple[type[BaseModel], ...] = (
    StreamAuthenticated,
    StreamSubscribed,
    StreamUnsubscribed,
    StreamResume,
    LibraryEvent,
    StreamQuotes,
    StreamError,
)

_REF = "#/components/schemas/{model}"


def build_document(table: Table) -> dict[str, Any]:
    """The whole document as plain JSON values."""
    wanted: list[tuple[type[BaseModel], JsonSchemaMode]] = [(ErrorAnswer, "serialization")]
    for endpoint in table.endpoints:
        if endpoint.body is not None:
            wanted.append((endpoint.body, "validation"))
        if _is_model(endpoint.answer):
            wanted.append((endpoint.answer, "serialization"))
    wanted += [(model, "validation") for model in _SAID]
    wanted += [(model, "serialization") for model in _HEARD]
    wanted = list(dict.fromkeys(wanted))
    references, definitions = models_json_schema(wanted, ref_template=_REF)
    paths: dict[str, Any] = {}
    for endpoint in table.endpoints:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(
            endpoint, references
        )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "QuantLab",
            "version": "1",
            "description": "Saved research, versions and accounts. Paths follow the API prefix.",
        },
        "servers": [{"url": "/quantlab/api"}],
        "paths": dict(sorted(paths.items())),
        "x-websocket": {
            "path": "/stream",
            "client": [references[(model, "validation")] for model in _SAID],
            "server": [references[(model, "serialization")] for model in _HEARD],
        },
        "components": {
            "schemas": dict(sorted(definitions.get("$defs", {}).items())),
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "header", "name": "X-QuantLab-Session"},
            },
        },
    }


def _is_model(answer: Any) -> bool:
    return isinstance(answer, type) and issubclass(answer, BaseModel)


def _operation(endpoint: Endpoint, references: Any) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "tags": [endpoint.path.strip("/").split("/")[0]],
        "parameters": _parameters(endpoint),
        "responses": _responses(endpoint, references),
        "x-scope": str(endpoint.scope),
    }
    if endpoint.step_up:
        operation["x-step-up"] = True
    if endpoint.scope is Scope.PUBLIC:
        operation["security"] = []
    else:
        operation["security"] = [{"bearer": []}, {"session": []}]
        operation["description"] = f"Scope `{endpoint.scope}`: {DESCRIPTIONS[endpoint.scope]}."
    if endpoint.body is not None:
        operation["requestBody"] = {
            "required": any(f.is_required() for f in endpoint.body.model_fields.values()),
            "content": {endpoint.body_type: {"schema": references[(endpoint.body, "validation")]}},
        }
    elif endpoint.body_type != "application/json":
        operation["requestBody"] = {
            "required": True,
            "content": {endpoint.body_type: {"schema": {"type": "string", "format": "binary"}}},
        }
    return operation


def _parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    parameters: list[dict[str, Any]] = []
    for name, kind in endpoint.path_params.items():
        schema: dict[str, Any] = {"type": "string"}
        if kind is UUID:
            schema["format"] = "uuid"
        elif kind is int:
            schema = {"type": "integer", "minimum": 1}
        parameters.append({"name": name, "in": "path", "required": True, "schema": schema})
    if endpoint.query is not None:
        whole = endpoint.query.model_json_schema()
        for name, schema in whole["properties"].items():
            schema.pop("title", None)
            required = name in whole.get("required", ())
            parameters.append({"name": name, "in": "query", "required": required, "schema": schema})
    if endpoint.needs_if_match:
        parameters.append(_header("If-Match", True))
    if endpoint.idempotent:
        parameters.append(_header("Idempotency-Key", False))
    return parameters


def _header(name: str, required: bool) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": required, "schema": {"type": "string"}}


def _responses(endpoint: Endpoint, references: Any) -> dict[str, Any]:
    good: dict[str, Any] = {"description": endpoint.summary}
    if _is_model(endpoint.answer):
        schema = references[(endpoint.answer, "serialization")]
        good["content"] = {"application/json": {"schema": schema}}
    elif get_origin(endpoint.answer) is not None:
        raise TypeError(f"{endpoint.name}: declare a model, not {get_args(endpoint.answer)}")
    statuses = {400, 404, 422, 429, 503, *endpoint.errors}
    if endpoint.scope is not Scope.PUBLIC:
        statuses |= {401, 403}
    if endpoint.needs_if_match:
        statuses |= {412, 428}
    if endpoint.body is not None or endpoint.decode is not None:
        statuses |= {413, 415}
    error = {"application/json": {"schema": references[(ErrorAnswer, "serialization")]}}
    responses = {str(endpoint.status): good}
    for status in sorted(statuses):
        responses[str(status)] = {"description": "Refused; see the error's code.", "content": error}
    return responses
