"""Parsing and validating bodies: small ones where they are, large ones in another process."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial
from typing import Any

from pydantic import BaseModel, ValidationError

from quantlab_server.errors import ApiError, Malformed
from quantlab_server.http import problems
from quantlab_server.http.endpoint import Body, Endpoint
from quantlab_server.http.worker import Workers

# A JSON parser holds the interpreter lock: 1 MB took 29 ms, so above this a process does it.
PARSE_INLINE = 256 * 1024


def _validate(model: type[BaseModel], data: bytes) -> BaseModel:
    return model.model_validate_json(data or b"{}")


def _decoder(endpoint: Endpoint) -> Callable[[bytes], Any]:
    if endpoint.decode is not None:
        return endpoint.decode
    assert endpoint.body is not None
    return partial(_validate, endpoint.body)


def decode_here(endpoint: Endpoint, body: Body) -> Any:
    """Parse and validate in this thread.

    Raises:
        ApiError: 400 not JSON or not UTF-8, 422 refused members.
    """
    return _decode(_decoder(endpoint), body.read())


def _decode(decoder: Callable[[bytes], Any], data: bytes) -> Any:
    try:
        return decoder(data)
    except ValidationError as error:
        raise problems.from_validation(error) from None
    except UnicodeDecodeError:
        raise Malformed("The body is not valid UTF-8.") from None


async def decode_in_worker(workers: Workers, endpoint: Endpoint, body: Body) -> Any:
    """Parse and validate in the parsing process; it reads a spooled body from its file.

    Raises:
        ApiError: as ``decode_here``.
    """
    source: str | bytes = body.path if body.path is not None else body.read()
    good, value = await workers.run_in_process(_decode_packed, _decoder(endpoint), source)
    if not good:
        raise problems.unpack(value)
    return value


def _decode_packed(decoder: Callable[[bytes], Any], source: str | bytes) -> tuple[bool, Any]:
    """Runs in the parsing process; errors come back as plain values."""
    if isinstance(source, str):
        with open(source, "rb") as file:
            source = file.read()
    try:
        return True, _decode(decoder, source)
    except ApiError as error:
        return False, problems.pack(error)


def body_hash(body: Body) -> str:
    """SHA-256 of the body, in hexadecimal."""
    return hashlib.sha256(body.read()).hexdigest()
