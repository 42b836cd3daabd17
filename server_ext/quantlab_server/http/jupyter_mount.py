"""The embedded mount: the table inside a Jupyter server, behind Jupyter's own door."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

from jupyter_server.auth.authorizer import AllowAllAuthorizer
from jupyter_server.base.handlers import APIHandler
from jupyter_server.log import log_request
from jupyter_server.utils import url_path_join
from tornado.routing import PathMatches, Rule
from tornado.web import HTTPError, authenticated, stream_request_body
from uuid_utils.compat import uuid7

from quantlab_server.errors import ApiError, Unavailable
from quantlab_server.http import problems
from quantlab_server.http.dispatch import Dispatcher
from quantlab_server.http.endpoint import Request
from quantlab_server.http.jupyter_door import JupyterDoor
from quantlab_server.http.jupyter_stream import JupyterStreamHandler
from quantlab_server.http.mount import TableMixin
from quantlab_server.http.remembered import RememberedDoor, RememberedRouter

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

API = "quantlab/api"
# Jupyter's extension application puts the base URL in front of what it is given.
_ADDRESSES = f"/{API}/(.*)"
_LED_BACK_TO = "/auth/oidc/callback"


@stream_request_body
class JupyterTableHandler(JupyterDoor, TableMixin, APIHandler):
    """Jupyter's door, then the table decides."""

    def initialize(self, dispatcher: Dispatcher, door: RememberedDoor, cookie_path: str) -> None:
        """Take what the mount was built with."""
        self.dispatcher = dispatcher
        self.door = door
        self.cookie_path = cookie_path

    async def prepare(self) -> None:  # type: ignore[override]  # tornado's own is not a coroutine
        """Decide who may come in, before a byte of the body is kept."""
        try:
            self.open_request()
            await self.pass_door()
            self._remember()
            await self.admit_large(self.address, self.known_to_host)
        except ApiError as error:
            self.send_problem(error, close=True)
        except HTTPError as error:
            self.send_problem(self.translate(error), close=True)

    async def host_prepare(self) -> None:
        """As for Jupyter's own API."""
        await APIHandler.prepare(self)

    def check_referer(self) -> bool:
        """Jupyter's rule, but where other services lead back to: there the cookie of that log-in decides."""
        endpoint = self.route.endpoint
        return (endpoint is not None and endpoint.path == _LED_BACK_TO) or super().check_referer()

    def request_without_host(self) -> Request:
        """The request as one whom Jupyter does not know."""
        return self.build_request(self.address, None)

    def _remember(self) -> None:
        """Jupyter let the caller in and set no cookie: the same request comes in without its handler for a while."""
        if not hasattr(self, "_new_cookie"):
            endpoint = self.route.endpoint
            ours = endpoint.query.model_fields if endpoint and endpoint.query else ()
            name, headers = self.current_user.username, dict(self._headers)
            self.door.remember(self.request, name, headers, ours, alone=self.came_alone)

    async def _serve(self, path: str) -> None:
        request = self.build_request(self.address, self.known_to_host)
        await self.send(await self.dispatcher.handle(request, self.route, self.admission))

    @authenticated
    async def get(self, path: str) -> None:
        """Serve from the table."""
        await self._serve(path)

    @authenticated
    async def head(self, path: str) -> None:
        """Serve from the table."""
        await self._serve(path)

    @authenticated
    async def post(self, path: str) -> None:
        """Serve from the table."""
        await self._serve(path)

    @authenticated
    async def put(self, path: str) -> None:
        """Serve from the table."""
        await self._serve(path)

    @authenticated
    async def patch(self, path: str) -> None:
        """Serve from the table."""
        await self._serve(path)

    @authenticated
    async def delete(self, path: str) -> None:
        """Serve from the table."""
        await self._serve(path)

    def finish_raw(self, body: bytes) -> None:
        """Finish with the content type that the response set."""
        kind = self._headers.get("Content-Type", "application/json")
        self.finish(body or None, set_content_type=kind)
        if self.get_status() == 204:
            self.clear_header("Content-Type")

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Whatever goes wrong in tornado or Jupyter, in the uniform shape."""
        cause = (kwargs.get("exc_info") or (None, None, None))[1]
        if isinstance(cause, HTTPError) and status_code in (401, 403, 404):
            self.send_problem(self.translate(cause))
            return
        code, message = _PLAIN.get(status_code, ("internal", "Something went wrong on our side."))
        self.send_problem(ApiError(message, status=status_code, code=code))


_PLAIN = {
    400: ("malformed", "The request is malformed."),
    405: ("method_not_allowed", "This address does not support that method."),
    413: ("too_large", "The body is too large."),
}


class UnavailableHandler(APIHandler):
    """What is served instead of the table when QuantLab could not start: 503 that says what to do."""

    def initialize(self, message: str) -> None:
        """``message`` is for people and names settings, never values."""
        self.message = message

    async def _serve(self, path: str) -> None:
        self.set_status(503)
        self.set_header("Retry-After", "60")
        error = Unavailable(self.message, code="not_started")
        self.finish(problems.body_of(error, uuid7().hex))

    get = head = post = put = patch = delete = authenticated(_serve)


def unavailable_handlers(message: str) -> list[tuple[Any, ...]]:
    """The handlers to add when QuantLab could not start."""
    return [(_ADDRESSES, UnavailableHandler, {"message": message})]


def mount(dispatcher: Dispatcher, serverapp: ServerApp) -> list[tuple[Any, ...]]:
    """Serve the table in a Jupyter server.

    Returns:
        the handlers to add to it.
    """
    application = serverapp.web_app
    prefix = url_path_join(serverapp.base_url, API)
    door = RememberedDoor(
        dispatcher.services.settings.sessions.revocation_check,
        by_path=type(serverapp.authorizer) is not AllowAllAuthorizer,
    )
    router = RememberedRouter(
        application,
        dispatcher,
        door,
        prefix,
        quiet=_is_quiet(serverapp),
        metrics=serverapp.record_http_request_metrics,
    )
    # Before the others: a request of ours is not compared with the address of every file and kernel first.
    application.default_router.rules.insert(0, Rule(PathMatches(f"{re.escape(prefix)}/.*"), router))
    arguments = {"dispatcher": dispatcher, "door": door, "cookie_path": prefix}
    return [
        (f"/{API}/stream", JupyterStreamHandler, {"dispatcher": dispatcher}),
        (_ADDRESSES, JupyterTableHandler, arguments),
    ]


def _is_quiet(serverapp: ServerApp) -> bool:
    """Whether nothing is written about a success: Jupyter's own log function has only level DEBUG for it."""
    log_function = serverapp.web_app.settings.get("log_function")
    own = getattr(log_function, "func", log_function) is log_request
    return own and not serverapp.log.isEnabledFor(logging.DEBUG)
