"""The dispatcher: everything that no endpoint may forget, done once and in one order.

Request id, size limit (by the mount, while reading), origin, identity and revocation, kill switch, rate limit, scope,
parse and validate, transaction with the tenant's context, the function, the audit row in the same transaction, commit,
ETag, uniform error.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ValidationError

from quantlab_server.auth.actor import Actor
from quantlab_server.auth.scopes import Scope
from quantlab_server.container import Services
from quantlab_server.db.session import UnitOfWork
from quantlab_server.errors import (
    ApiError,
    InsufficientScope,
    InteractiveRequired,
    Invalid,
    NotFound,
    NotSignedIn,
    PreconditionRequired,
    SecondFactorRequired,
    StepUpRequired,
)
from quantlab_server.http import guard, problems
from quantlab_server.http.endpoint import Call, Cookie, Endpoint, Reply, Request
from quantlab_server.http.parse import PARSE_INLINE, body_hash, decode_here, decode_in_worker
from quantlab_server.http.quick import QuickReads, read_key
from quantlab_server.http.table import Route, Table
from quantlab_server.idempotency import service as idempotency

log = logging.getLogger("quantlab")
security_log = logging.getLogger("quantlab.security")

JSON = "application/json"
_UUID_LENGTH = 36


@dataclass(slots=True)
class Response:
    """An answer as every mount sends it."""

    status: int
    body: Sequence[bytes] = ()
    headers: dict[str, str] = field(default_factory=dict)
    cookies: Sequence[Cookie] = ()


@dataclass(slots=True)
class Admission:
    """What was decided about a request before its body had come; ``refused`` says why it was not let in."""

    limits: dict[str, str] = field(default_factory=dict)
    refused: Exception | None = None


class Dispatcher:
    """Turns requests into responses by way of the table."""

    def __init__(self, services: Services, table: Table) -> None:
        self.services = services
        self.table = table
        self._quick = QuickReads()
        self._reads_at_once = services.database.reads_at_once
        # For /metrics: (endpoint name, status) -> count, and seconds spent.
        self.counts: dict[tuple[str, int], int] = {}
        self.seconds: dict[str, float] = {}

    async def admit(self, request: Request, route: Route) -> Admission:
        """Decide by the head of a request whether its body is worth keeping. Raises nothing: ``handle`` answers.

        The request is counted here. ``handle``, which gets the admission, asks again for everything else, because
        sessions end while large bodies are under way.
        """
        admission = Admission()
        try:
            await self._enter(request, route, admission.limits)
        except Exception as error:
            admission.refused = error
        return admission

    async def handle(
        self, request: Request, route: Route, admission: Admission | None = None
    ) -> Response:
        """Answer a request. Never raises: what is not expected is logged and answered with a plain 500."""
        started = time.perf_counter()
        limits: dict[str, str] = {} if admission is None else admission.limits
        try:
            if admission is not None and admission.refused is not None:
                raise admission.refused
            response = await self._answer(request, route, limits)
        except ApiError as error:
            self._note(request, route, error)
            response = self.problem(error, request.request_id)
        except Exception:
            log.exception("request %s failed", request.request_id)
            response = self.problem(
                ApiError(
                    "Something went wrong on our side. Nothing was changed.",
                    status=500,
                    code="internal",
                ),
                request.request_id,
            )
        response.headers.update(limits)
        name = route.endpoint.name if route.endpoint else "unknown"
        key = (name, response.status)
        self.counts[key] = self.counts.get(key, 0) + 1
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - started
        return response

    def _note(self, request: Request, route: Route, error: ApiError) -> None:
        """Log who was refused what by a rule of security: nothing in the line is text of the caller's choice."""
        if error.status not in (403, 429):
            return
        actor = self.services.authenticator.cached(request)
        security_log.info(
            "refused %s %s to %s at %s (%s)",
            error.code,
            route.endpoint.name if route.endpoint else "unknown",
            actor.user_id if actor else "nobody",
            request.address,
            request.request_id,
        )

    def problem(self, error: ApiError, request_id: str) -> Response:
        """The uniform error answer."""
        return Response(
            error.status,
            [problems.body_of(error, request_id)],
            {
                "Content-Type": JSON,
                "Cache-Control": "no-store",
                "X-Request-Id": request_id,
                **error.headers,
            },
        )

    async def identify(self, request: Request) -> Actor:
        """Who is calling, from the cache of seen tokens or from the database.

        Raises:
            NotSignedIn: nobody we know, or a session that has ended.
        """
        authenticator = self.services.authenticator
        actor = authenticator.cached(request)
        if actor is not None:
            return actor
        limiter = self.services.rate_limiter
        if authenticator.may_be_made_up(request):
            limiter.check_refused(request.address)
        try:
            return await self.services.workers.run(lambda: authenticator.resolve(request))
        except NotSignedIn:
            await limiter.note_refused(request.address)
            raise

    async def _enter(
        self, request: Request, route: Route, limits: dict[str, str]
    ) -> tuple[Endpoint, Actor | None]:
        """All that is decided without the body. With ``limits`` filled the request was counted already."""
        guard.check_origin(request, self.services.settings.service.allowed_origins)
        await self.services.installation.live.fresh(self.services.workers.run)
        endpoint = route.endpoint
        if endpoint is None:
            if not route.public:
                await self.identify(request)
            raise route.problem or NotFound()
        actor = await self._admit(endpoint, request, limits)
        guard.check_content_type(request, endpoint.body_type)
        if endpoint.needs_if_match and "If-Match" not in request.headers:
            raise PreconditionRequired
        return endpoint, actor

    async def _answer(self, request: Request, route: Route, limits: dict[str, str]) -> Response:
        endpoint, actor = await self._enter(request, route, limits)
        params = _path_params(endpoint, route.params)
        if endpoint.query is not None:
            params["query"] = _query(endpoint.query, request.query)
        takes_body = endpoint.body is not None or endpoint.decode is not None
        # A small body is parsed on the database thread, right before the transaction: one hand-over for both.
        late = takes_body and endpoint.transaction and request.body.size <= PARSE_INLINE
        if takes_body and not late:
            params["body"] = await self._parse(endpoint, request)
        call = Call(request, self.services, actor, None, endpoint.audit)
        if limits:
            limit, remaining, reset = map(int, limits.values())
            call.rate = limit, remaining, reset
        if not endpoint.writes and not endpoint.is_async:
            return await self._read(request, actor, self._job(endpoint, call, params, late))
        try:
            if endpoint.is_async:
                return self._respond(endpoint, request, await endpoint.function(call, **params))
            return await self.services.workers.run(self._job(endpoint, call, params, late))
        finally:
            if endpoint.writes:
                self._quick.forget()

    async def _read(
        self, request: Request, actor: Actor | None, job: Callable[[], Response]
    ) -> Response:
        """Answer on the event loop what is known to be small, and the rest on a database thread."""
        workers, quick = self.services.workers, self._quick
        read = read_key(request.path, request.query, actor and actor.user_id)
        if self._reads_at_once:
            quick.look(self.services.database.stamp())
        generation = quick.generation
        started = time.perf_counter()
        if self._reads_at_once and read in quick and workers.idle:
            response = job()
        else:
            response = await workers.run(job)
        quick.note(
            read,
            size=sum(map(len, response.body)),
            seconds=time.perf_counter() - started,
            generation=generation,
        )
        return response

    async def _admit(
        self, endpoint: Endpoint, request: Request, limits: dict[str, str]
    ) -> Actor | None:
        """Identity and revocation, kill switch, rate limit, scope, step-up; None on public endpoints."""
        actor = None if endpoint.scope is Scope.PUBLIC else await self.identify(request)
        if not endpoint.always:
            role = None if actor is None else actor.role
            self.services.installation.live.state.admit(role, endpoint.method, endpoint.path)
        if endpoint.bucket != "none" and not limits:
            await self._limit(endpoint, request, actor, limits)
        if actor is not None:
            if actor.must_enrol and not endpoint.enrolling:
                raise SecondFactorRequired
            if endpoint.interactive and not actor.is_interactive:
                raise InteractiveRequired
            if endpoint.scope not in actor.scopes:
                raise InsufficientScope
            if endpoint.step_up and not self.services.authenticator.proved_recently(actor):
                raise StepUpRequired
        return actor

    async def _parse(self, endpoint: Endpoint, request: Request) -> Any:
        if request.body.size > PARSE_INLINE:
            return await decode_in_worker(self.services.workers, endpoint, request.body)
        return decode_here(endpoint, request.body)

    async def _limit(
        self, endpoint: Endpoint, request: Request, actor: Actor | None, limits: dict[str, str]
    ) -> None:
        key = (
            str(actor.session_id if endpoint.bucket == "refresh" else actor.user_id)
            if actor
            else request.address
        )
        bucket = (
            endpoint.bucket if actor is not None or endpoint.bucket != "general" else "anonymous"
        )
        state = await self.services.rate_limiter.hit(bucket, key, actor)
        if state is not None:
            limit, remaining, reset = state
            limits["RateLimit-Limit"] = str(limit)
            limits["RateLimit-Remaining"] = str(remaining)
            limits["RateLimit-Reset"] = str(reset)

    def _job(
        self, endpoint: Endpoint, call: Call, params: dict[str, Any], parse: bool
    ) -> Callable[[], Response]:
        """What runs on a database thread: parse, transaction, function, audit, and after the commit the bytes."""

        def work() -> Response:
            if parse:
                params["body"] = decode_here(endpoint, call.request.body)
            if not endpoint.transaction:
                return self._respond(endpoint, call.request, endpoint.function(call, **params))
            actor = call.maybe_actor
            with self.services.database.transaction(
                tenant_id=actor.tenant_id if actor else None,
                user_id=actor.user_id if actor else None,
                writes=endpoint.writes,
            ) as uow:
                call.maybe_uow = uow
                if endpoint.idempotent and "Idempotency-Key" in call.request.headers:
                    return self._once(endpoint, call, uow, params)
                result = endpoint.function(call, **params)
                self._conclude(call, uow)
            return self._respond(endpoint, call.request, result)

        return work

    def _once(
        self, endpoint: Endpoint, call: Call, uow: UnitOfWork, params: dict[str, Any]
    ) -> Response:
        key = idempotency.check_key(call.request.headers["Idempotency-Key"])
        where = (call.actor, call.request.method, call.request.path, key)
        kept = idempotency.begin(uow, *where, body_hash(call.request.body))
        if kept is not None:
            headers = {"Idempotency-Replayed": "true"}
            reply = Reply(
                raw=[kept.answer.encode()], status=kept.status, etag=kept.etag, headers=headers
            )
            return self._respond(endpoint, call.request, reply)
        result = endpoint.function(call, **params)
        self._conclude(call, uow)
        response = self._respond(endpoint, call.request, result)
        idempotency.keep(
            uow,
            *where,
            status=response.status,
            etag=response.headers.get("ETag"),
            answer=b"".join(response.body).decode(),
        )
        return response

    def _conclude(self, call: Call, uow: UnitOfWork) -> None:
        """What a request ends with: its audit row in the same transaction, and news once that is durable."""
        self._audit(call, uow)
        for news in call.news:
            uow.after_commit(partial(self.services.library_events.tell, news))

    def _audit(self, call: Call, uow: UnitOfWork) -> None:
        if call.audit_tag is None or call.maybe_actor is None:
            return
        self.services.audit.record(
            uow,
            call.maybe_actor,
            call.audit_tag,
            subject_id=call.audit_subject,
            request_id=call.request_id,
            address=call.request.address,
            detail=call.audit_detail,
        )

    def _respond(self, endpoint: Endpoint, request: Request, result: Any) -> Response:
        reply = result if isinstance(result, Reply) else Reply(value=result)
        headers = {
            "Cache-Control": "no-store",
            "X-Request-Id": request.request_id,
            **reply.headers,
        }
        if reply.etag is not None:
            headers["ETag"] = reply.etag
        body: Sequence[bytes] = ()
        if reply.raw is not None:
            body = reply.raw
        elif isinstance(reply.value, BaseModel):
            body = [reply.value.__pydantic_serializer__.to_json(reply.value)]
        status = reply.status or endpoint.status
        if body:
            headers["Content-Type"] = reply.content_type
        elif status == HTTPStatus.OK:
            status = HTTPStatus.NO_CONTENT
        return Response(int(status), body, headers, reply.cookies)


def _path_params(endpoint: Endpoint, given: Mapping[str, str]) -> dict[str, Any]:
    """Typed path parameters; one that cannot be an id answers as a random id does."""
    params: dict[str, Any] = {}
    for name, kind in endpoint.path_params.items():
        value = given[name]
        # Python takes a UUID with any number of hyphens; an address would have as many spellings.
        if kind is UUID and len(value) != _UUID_LENGTH:
            raise NotFound
        if kind is UUID or kind is int:
            try:
                params[name] = kind(value)
            except ValueError:
                raise NotFound from None
            if kind is int and not 0 < params[name] < 2**31:
                raise NotFound
        else:
            params[name] = value
    return params


def _query(model: type[BaseModel], given: Mapping[str, Sequence[str]]) -> BaseModel:
    repeated = [name for name, values in given.items() if len(values) > 1]
    if repeated:
        # Which of them counts is what two programs in a row could disagree about.
        raise Invalid(
            fields=[
                {"path": name, "code": "repeated", "message": "Give this once."}
                for name in repeated
            ]
        )
    try:
        return model.model_validate({name: values[0] for name, values in given.items()})
    except ValidationError as error:
        raise problems.from_validation(error) from None
