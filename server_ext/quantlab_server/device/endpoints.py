"""Routes of log-in by device code (RFC 8628)."""

from __future__ import annotations

from quantlab_ext.schemas.device import (
    DeviceCode,
    DeviceCodes,
    DevicePoll,
    DeviceRequest,
    DeviceStart,
    DeviceToken,
)
from quantlab_server.auth.scopes import Scope
from quantlab_server.device import flow
from quantlab_server.http.endpoint import Call, Reply, endpoint


@endpoint("POST", "/auth/device", scope=Scope.PUBLIC, answer=DeviceCodes, errors=(422, 429))
async def start_device(call: Call, body: DeviceStart) -> DeviceCodes:
    """Ask for codes with which a person at another screen can let this program in."""
    return await flow.start(call, body)


@endpoint(
    "POST", "/auth/device/token", scope=Scope.PUBLIC, answer=DeviceToken, errors=(400, 403, 422)
)
async def poll_device(call: Call, body: DevicePoll) -> DeviceToken:
    """Ask whether the person has decided; the token is given once."""
    return await flow.poll(call, body)


@endpoint(
    "POST",
    "/auth/device/request",
    scope=Scope.API_TOKENS,
    answer=DeviceRequest,
    interactive=True,
    errors=(404, 422, 429),
)
async def look_at_device(call: Call, body: DeviceCode) -> DeviceRequest:
    """Get who asks with a code, before letting it in."""
    return await flow.look(call, body)


@endpoint(
    "POST",
    "/auth/device/approve",
    scope=Scope.API_TOKENS,
    answer=DeviceRequest,
    step_up=True,
    errors=(403, 404, 422, 429),
)
async def approve_device(call: Call, body: DeviceCode) -> DeviceRequest:
    """Let the program in that asks with a code: it gets an API token."""
    return await flow.approve(call, body)


@endpoint(
    "POST",
    "/auth/device/deny",
    scope=Scope.API_TOKENS,
    status=204,
    interactive=True,
    errors=(404, 422, 429),
)
async def deny_device(call: Call, body: DeviceCode) -> Reply:
    """Send the program away that asks with a code."""
    await flow.deny(call, body)
    return Reply(status=204)
