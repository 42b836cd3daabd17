"""Endpoints are data: a typed function and everything the dispatcher must know about it.

There is no way to add a route without an identity rule and a scope: ``endpoint`` does not type-check without one.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, TypeVar, get_args, get_type_hints
from uuid import UUID

from pydantic import BaseModel

from quantlab_ext.schemas.stream import LibraryEvent
from quantlab_server.audit.tags import AuditTag
from quantlab_server.auth.actor import Actor
from quantlab_server.auth.scopes import Scope
from quantlab_server.errors import NotSignedIn

if TYPE_CHECKING:
    from quantlab_server.container import Services
    from quantlab_server.db.session import UnitOfWork

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Bucket = Literal["general", "drafts", "refresh", "stream", "none"]

MB = 1024 * 1024
DEFAULT_BODY = 1 * MB


@dataclass(slots=True)
class Request:
    """An HTTP request as every mount hands it over. ``body`` is whole and within the endpoint's limit.

    ``host_user`` is whom Jupyter's own identity provider let in (embedded mount), None elsewhere.
    ``headers`` is looked up case-insensitively. ``is_gone`` says whether the client has hung up: what works long
    for it looks, and gives up.
    """

    method: str
    path: str
    query: Mapping[str, Sequence[str]]
    headers: Mapping[str, str]
    cookies: Mapping[str, str]
    body: Body
    address: str
    secure: bool
    request_id: str
    base_path: str
    host_user: str | None = None
    is_gone: Callable[[], bool] = lambda: False


class Body:
    """A request's body: in memory when small, in a private temporary file when large."""

    __slots__ = ("_data", "_path", "size")

    def __init__(self, data: bytes = b"", path: str | None = None, size: int | None = None) -> None:
        self._data = data
        self._path = path
        self.size = len(data) if size is None else size

    @property
    def path(self) -> str | None:
        """Where a large body lies; a worker process reads it from there."""
        return self._path

    def read(self) -> bytes:
        """The whole body. For a large one call this off the event loop."""
        if self._path is None:
            return self._data
        with open(self._path, "rb") as file:
            return file.read()


@dataclass(slots=True)
class Cookie:
    """A cookie to set; an empty value deletes it. Always HttpOnly, Secure on https; ``Lax`` where others lead back."""

    name: str
    value: str
    path: str
    max_age: int
    same_site: Literal["Strict", "Lax"] = "Strict"


@dataclass(frozen=True, slots=True)
class News:
    """What the open pages and programs of some people are told once a change is durable."""

    event: LibraryEvent
    people: frozenset[UUID]


@dataclass(slots=True)
class Reply:
    """What an endpoint may answer instead of a plain model.

    ``value`` is a model, or None for an empty body; ``raw`` are ready bytes that are sent as they are.
    """

    value: Any = None
    raw: Sequence[bytes] | None = None
    status: int | None = None
    etag: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    cookies: list[Cookie] = field(default_factory=list)
    content_type: str = "application/json"


@dataclass(slots=True)
class Call:
    """Everything an endpoint may use. ``uow`` is the open transaction (None in async endpoints)."""

    request: Request
    services: Services
    maybe_actor: Actor | None
    maybe_uow: UnitOfWork | None
    # The row that the dispatcher writes into the same transaction. The tag starts as the endpoint's own;
    # an endpoint sets it to None when nothing happened, or to another tag when something else did.
    audit_tag: AuditTag | None = None
    audit_subject: UUID | None = None
    audit_detail: dict[str, Any] = field(default_factory=dict)
    # How much of the rate limit that counted this request is left: limit, remaining, seconds until it begins anew.
    rate: tuple[int, int, int] | None = None
    # What the dispatcher tells the stream after the commit.
    news: list[News] = field(default_factory=list)

    @property
    def actor(self) -> Actor:
        """Who calls. Only public endpoints can be without."""
        if self.maybe_actor is None:
            raise NotSignedIn
        return self.maybe_actor

    @property
    def uow(self) -> UnitOfWork:
        """The open transaction of a synchronous endpoint."""
        if self.maybe_uow is None:
            raise RuntimeError(
                "this endpoint opens its own transaction: await call.transaction(fn)"
            )
        return self.maybe_uow

    async def transaction(
        self,
        function: Callable[[UnitOfWork], T],
        *,
        tenant_id: UUID | None = None,
        user_id: UUID | None = None,
        writes: bool = True,
    ) -> T:
        """Run ``function`` in a transaction on a database thread; for ``async def`` endpoints.

        Without ids the context is the caller's own, if there is one.
        """
        if tenant_id is None and self.maybe_actor is not None:
            tenant_id, user_id = self.maybe_actor.tenant_id, self.maybe_actor.user_id

        def work() -> T:
            with self.services.database.transaction(
                tenant_id=tenant_id, user_id=user_id, writes=writes
            ) as uow:
                return function(uow)

        return await self.services.workers.run(work)

    def tell(self, event: LibraryEvent, *others: UUID) -> None:
        """Have the caller's open pages, and those of others whom it concerns, told after the commit."""
        self.tell_only(event, self.actor.user_id, *others)

    def tell_only(self, event: LibraryEvent, *people: UUID) -> None:
        """Have the open pages of these people told after the commit, and nobody else's."""
        self.news.append(News(event, frozenset(people)))

    @property
    def request_id(self) -> str:
        """The id that the answer, the logs and the audit row share."""
        return self.request.request_id


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One row of the table."""

    method: Method
    path: str
    scope: Scope
    function: Callable[..., Any]
    module: str
    name: str
    summary: str
    status: int
    answer: Any
    body: type[BaseModel] | None
    query: type[BaseModel] | None
    path_params: Mapping[str, type]
    audit: AuditTag | None
    bucket: Bucket
    max_body: int
    interactive: bool
    step_up: bool
    enrolling: bool
    always: bool
    idempotent: bool
    needs_if_match: bool
    body_type: str
    decode: Callable[[bytes], Any] | None
    writes: bool
    transaction: bool
    is_async: bool
    errors: tuple[int, ...]


# Importing an endpoints module fills this; routes.py turns it into the table.
REGISTRY: list[Endpoint] = []

_PARAM = re.compile(r"\{(\w+)\}")


def _model_of(hint: Any) -> type[BaseModel] | None:
    """The wire model of a body, also where ``decode`` wraps it (``Submitted[WorkflowCreate]``)."""
    for candidate in (hint, *get_args(hint)):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
    return None


def endpoint(
    method: Method,
    path: str,
    *,
    scope: Scope,
    answer: Any = None,
    status: int = 200,
    audit: AuditTag | None = None,
    bucket: Bucket = "general",
    max_body: int = DEFAULT_BODY,
    interactive: bool = False,
    step_up: bool = False,
    enrolling: bool = False,
    always: bool = False,
    idempotent: bool = False,
    needs_if_match: bool = False,
    body_type: str = "application/json",
    decode: Callable[[bytes], Any] | None = None,
    writes: bool | None = None,
    transaction: bool = True,
    errors: tuple[int, ...] = (),
    name: str = "",
    summary: str = "",
    module: str = "",
    body: type[BaseModel] | None = None,
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Declare an endpoint.

    Args:
        method, path: the route below the API prefix; ``{id}`` names a parameter of the function.
        scope: what the caller's identity must carry; ``Scope.PUBLIC`` needs none.
        answer: the model of the answer, for the OpenAPI document (None: no body).
        audit: tag of the audit row written in the same transaction; the endpoint sets subject and detail on the call.
        bucket: which rate limit counts the request.
        max_body: bytes; a larger body is refused while it is read.
        interactive: a person must be signed in; API and kernel tokens are refused.
        step_up: the person must have proved within the last minutes who it is; implies ``interactive``. For what
            does lasting harm: the answer is 403 ``step_up_required`` otherwise.
        enrolling: also for people who must set up a second factor before they do anything else.
        always: answers also while access is switched off: the ways in of those who may look meanwhile, and the way
            out of everybody. Who may not be signed in is refused by the service.
        idempotent: accepts ``Idempotency-Key``.
        needs_if_match: without ``If-Match`` the answer is 428.
        decode: turns the body's bytes into what the function gets as ``body``; runs in a worker process when the
            body is large, so it must be picklable, and so must its result. Default: the model's own JSON
            validation.
        writes: takes SQLite's write lock; default: every method but GET.
        transaction: False for endpoints that open their own (``call.services.database.transaction``), for
            instance because they hash a password in between; ``call.uow`` is then absent.
        errors: further statuses, for the OpenAPI document.
        name, summary, module, body: where one function serves several resources: what it is called, does, belongs
            to and takes in this one. Default: what the function itself says.
    """

    def register(function: Callable[P, R]) -> Callable[P, R]:
        hints = get_type_hints(function)
        parameters = list(inspect.signature(function).parameters)
        names = _PARAM.findall(path)
        doc = summary or inspect.getdoc(function)
        if not doc:
            raise TypeError(f"{function.__name__} needs a docstring: it becomes the API's summary")
        unknown = set(parameters) - {"call", "body", "query"} - set(names)
        if unknown or parameters[:1] != ["call"]:
            raise TypeError(f"{function.__name__}: unexpected parameters {sorted(unknown)}")
        REGISTRY.append(
            Endpoint(
                method=method,
                path=path,
                scope=scope,
                function=function,
                module=module or function.__module__,
                name=name or function.__name__,
                summary=doc.split("\n", 1)[0],
                status=status,
                answer=answer,
                body=body or _model_of(hints.get("body")),
                query=hints.get("query"),
                path_params={n: hints[n] for n in names},
                audit=audit,
                bucket=bucket,
                max_body=max_body,
                interactive=interactive or step_up,
                step_up=step_up,
                enrolling=enrolling,
                always=always,
                idempotent=idempotent,
                needs_if_match=needs_if_match,
                body_type=body_type,
                decode=decode,
                writes=(method != "GET") if writes is None else writes,
                transaction=transaction and not inspect.iscoroutinefunction(function),
                is_async=inspect.iscoroutinefunction(function),
                errors=errors,
            )
        )
        return function

    return register
