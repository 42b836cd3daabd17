"""What both sides of a log-in by device code do, between limits and transactions."""

from __future__ import annotations

from collections.abc import Callable

from quantlab_ext.schemas.device import (
    DeviceCode,
    DeviceCodes,
    DevicePoll,
    DeviceRequest,
    DeviceStart,
    DeviceToken,
)
from quantlab_server.audit.service import clean
from quantlab_server.audit.tags import AuditTag
from quantlab_server.auth.ratelimit import network_of
from quantlab_server.db.session import UnitOfWork
from quantlab_server.device.service import INTERVAL, LIFETIME, TOKEN_DAYS, Pending
from quantlab_server.errors import ApiError, NotFound
from quantlab_server.http.endpoint import Call, Request

_WORDS = {
    Pending.WAITING: "Nobody has decided yet. Ask again in some seconds.",
    Pending.TOO_FAST: f"Ask every {INTERVAL} s at most.",
    Pending.EXPIRED: "The code has expired or was used. Start again.",
    Pending.DENIED: "The person said no.",
}


async def start(call: Call, body: DeviceStart) -> DeviceCodes:
    """Give a program its codes.

    Raises:
        Invalid: a scope that no API token can have.
        TooManyRequests: too many begin from its address.
    """
    services, address = call.services, call.request.address
    await services.rate_limiter.login.device_start(network_of(address))
    codes = await call.transaction(
        lambda uow: services.device.start(uow, body, str(clean(address)))
    )
    place = _page(call.request, services.settings.public_url, services.settings.embedded)
    return DeviceCodes(
        device_code=codes.device,
        user_code=codes.user,
        verification_uri=place,
        verification_uri_complete=f"{place}#{codes.user}",
        expires_in=LIFETIME,
        interval=INTERVAL,
    )


async def poll(call: Call, body: DevicePoll) -> DeviceToken:
    """Give a program that was let in its token.

    Raises:
        ApiError: 400 with one of the codes of RFC 8628.
    """

    def act(uow: UnitOfWork) -> DeviceToken | Pending:
        made = call.services.device.poll(uow, body.device_code)
        if isinstance(made, Pending):
            return made
        token = made.api_token
        assert uow.tenant_id is not None
        assert uow.user_id is not None
        call.services.audit.record_about(
            uow,
            uow.tenant_id,
            uow.user_id,
            AuditTag.API_TOKEN_CREATED,
            actor_id=uow.user_id,
            subject_id=token.id,
            request_id=call.request_id,
            address=call.request.address,
            detail={"name": token.name, "scopes": token.scopes, "device": True},
        )
        return DeviceToken(
            access_token=made.token, expires_in=TOKEN_DAYS * 86400, scope=" ".join(token.scopes)
        )

    answer = await call.transaction(act)
    # What a refusal changed (when it was asked last) is kept, so it is raised after the commit.
    if isinstance(answer, Pending):
        raise ApiError(_WORDS[answer], status=400, code=answer.value)
    return answer


async def look(call: Call, body: DeviceCode) -> DeviceRequest:
    """Who asks with a code.

    Raises:
        NotFound, TooManyRequests: see `_with_code`.
    """
    return await _with_code(call, body, lambda uow, found: None)


async def approve(call: Call, body: DeviceCode) -> DeviceRequest:
    """Let the program in that asks with a code.

    Raises:
        NotFound, TooManyRequests: see `_with_code`.
        Forbidden: there is nothing that the person can give, or it has too many tokens.
    """

    def act(uow: UnitOfWork, found: DeviceRequest) -> None:
        call.services.device.approve(uow, call.actor, body.user_code, found)
        _record(call, uow, AuditTag.DEVICE_APPROVED, found)

    return await _with_code(call, body, act)


async def deny(call: Call, body: DeviceCode) -> None:
    """Send the program away that asks with a code.

    Raises:
        NotFound, TooManyRequests: see `_with_code`.
    """

    def act(uow: UnitOfWork, found: DeviceRequest) -> None:
        call.services.device.deny(uow, body.user_code, found)
        _record(call, uow, AuditTag.DEVICE_DENIED, found)

    await _with_code(call, body, act)


async def _with_code(
    call: Call, body: DeviceCode, act: Callable[[UnitOfWork, DeviceRequest], None]
) -> DeviceRequest:
    """Look a code up and act on it in one transaction. Who guesses at codes is stopped after five.

    Raises:
        NotFound: there is no such code (any more).
        TooManyRequests: too many wrong ones.
    """
    services, actor = call.services, call.actor

    def work(uow: UnitOfWork) -> DeviceRequest | None:
        found = services.device.look(uow, actor, body.user_code)
        if found is not None:
            act(uow, found)
        return found

    async with services.rate_limiter.login.guess(str(actor.user_id)) as attempt:
        found = await call.transaction(work)
        if found is None:
            await attempt.failed()
            raise NotFound("This code is not known. Look at it again, or have a new one shown.")
    return found


def _record(call: Call, uow: UnitOfWork, tag: AuditTag, found: DeviceRequest) -> None:
    call.services.audit.record(
        uow,
        call.actor,
        tag,
        request_id=call.request_id,
        address=call.request.address,
        detail={"client": found.client_name, "from": found.address, "scopes": found.scopes},
    )


def _page(request: Request, public_url: str, embedded: bool) -> str:
    """Where the code is typed: the central page, or the JupyterLab that this is part of."""
    scheme = "https" if request.secure else "http"
    here = f"{scheme}://{request.headers.get('Host', 'localhost')}"
    if embedded:
        return f"{here}{request.base_path.removesuffix('/quantlab/api')}/lab"
    root = public_url.rstrip("/") or f"{here}{request.base_path.removesuffix('/api')}"
    return f"{root}/account/device"
