"""The embedded mount: the table inside a Jupyter server, behind Jupyter's own door."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

from jupyter_server.auth.authorizer import AllowAllAuthorizer
from jupyter_server.auth.identity import User
from jupyter_server.base.handlers import APIHandler
from jupyter_server.log import log_request
from jupyter_server.utils import url_path_join
from tornado.routing import PathMatches, Rule
from tornado.web import HTTPError, authenticated, stream_request_body
from uuid_utils.compat import uuid7

from quantlab_server.errors import ApiError, Forbidden, NotSignedIn, Unavailable
from quantlab_server.http import problems
from quantlab_server.http.dispatch import Dispatcher
from quantlab_server.http.mount import TableMixin
from quantlab_server.http.remembered import RememberedDoor, RememberedRouter

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

API = "quantlab/api"
# Jupyter's extension application puts the base URL in front of what it is given.
_ADDRESSES = f"/{API}/(.*)"


@stream_request_body
class JupyterTableHandler(TableMixin, APIHandler):
    """Jupyter's host check, identity, authorizer, XSRF and origin rules hold; then the table decides.

    The one exception: a kernel or API token of ours passes alone, because a kernel holds no Jupyter credential.
    """

    auth_resource = "quantlab"

    def initialize(self, dispatcher: Dispatcher, door: RememberedDoor, cookie_path: str) -> None:
        """Take what the mount was built with."""
        self.dispatcher = dispatcher
        self.door = door
        self.cookie_path = cookie_path

    async def prepare(self) -> None:  # type: ignore[override]  # tornado's own is not a coroutine
        """Decide who may come in, before a byte of the body is kept."""
        try:
            self.open_request()
            if not self.check_host():
                raise Forbidden("This server does not answer to that host name.")
            if not await self._own_token():
                await super().prepare()
                if not self.current_user:
                    raise NotSignedIn
                await self._authorize()
            self._remember()
        except ApiError as error:
            self.send_problem(error, close=True)
        except HTTPError as error:
            self.send_problem(self._translate(error), close=True)

    def set_signed_cookie(self, *args: Any, **kwargs: Any) -> None:
        """Set none: Jupyter gives whoever sends its token a log-in cookie with every answer.

        A program has no use for one, and a page gets it where it was opened. Signing costs a tenth of a request.
        """

    set_secure_cookie = set_signed_cookie  # the name that Jupyter uses

    async def _own_token(self) -> bool:
        authenticator = self.dispatcher.services.authenticator
        header = self.request.headers.get("Authorization", "")
        token = header[7:] if header.startswith("Bearer ") else ""
        token = token or self.request.headers.get("X-QuantLab-Session", "")
        if not token or not authenticator.is_own_token(token):
            return False
        # Jupyter's origin rule looks at its own user first, and there is none here.
        self.current_user = None
        if not self.check_origin():
            raise Forbidden("Requests from other sites are refused.", code="cross_site")
        actor = await self.dispatcher.identify(self.build_request(self._address(), None))
        self.current_user = self._jupyter_current_user = User(username=actor.username)
        self._token_authenticated = True
        return True

    async def _authorize(self) -> None:
        action = "read" if self.request.method in ("GET", "HEAD") else "write"
        allowed = self.authorizer.is_authorized(self, self.current_user, action, self.auth_resource)
        if not isinstance(allowed, bool):
            allowed = await allowed
        if not allowed:
            raise Forbidden

    def _remember(self) -> None:
        """Jupyter let the caller in and set no cookie: the same request comes in without its handler for a while."""
        if not hasattr(self, "_new_cookie"):
            endpoint = self.route.endpoint
            ours = endpoint.query.model_fields if endpoint and endpoint.query else ()
            name, headers = self.current_user.username, dict(self._headers)
            self.door.remember(self.request, name, headers, ours)

    def _translate(self, error: HTTPError) -> ApiError:
        if self.current_user is None or error.status_code == 401:
            return NotSignedIn()
        if error.status_code == 403:
            return Forbidden(
                "Reload the page: its security token (_xsrf) is missing or old.", code="xsrf"
            )
        return Forbidden("Requests from other sites are refused.", code="cross_site")

    def _address(self) -> str:
        # Jupyter decides itself (trust_xheaders) whether forwarded addresses are believed.
        return self.request.remote_ip or "unknown"

    async def _serve(self, path: str) -> None:
        user = self.current_user.username if self.current_user else None
        request = self.build_request(self._address(), user)
        await self.send(await self.dispatcher.handle(request, self.route))

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
            self.send_problem(self._translate(cause))
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
    return [(_ADDRESSES, JupyterTableHandler, arguments)]


def _is_quiet(serverapp: ServerApp) -> bool:
    """Whether nothing is written about a success: Jupyter's own log function has only level DEBUG for it."""
    log_function = serverapp.web_app.settings.get("log_function")
    own = getattr(log_function, "func", log_function) is log_request
    return own and not serverapp.log.isEnabledFor(logging.DEBUG)
