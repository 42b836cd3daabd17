"""The central mount: a bare tornado application with the table, health and nothing else.

It brings what a Jupyter server would give: host rule, security headers, JSON errors for everything, proxy headers
for a stated number of proxies, a scrubbed access log.
"""

from __future__ import annotations

import logging
from typing import Any

import orjson
from tornado.web import Application, RequestHandler, stream_request_body
from uuid_utils.compat import uuid7

from quantlab_server.errors import ApiError, NotFound
from quantlab_server.http.dispatch import Dispatcher
from quantlab_server.http.mount import TableMixin
from quantlab_server.http.pages import PageHandler
from quantlab_server.http.proxies import SecureHeaders
from quantlab_server.http.stream import StreamHandler

access_log = logging.getLogger("quantlab.access")


@stream_request_body
class ServiceTableHandler(SecureHeaders, TableMixin, RequestHandler):
    """The table on bare tornado. The prefix is stripped by the route's group."""

    def initialize(self, dispatcher: Dispatcher, cookie_path: str) -> None:
        """Take what the mount was built with."""
        self.dispatcher = dispatcher
        self.cookie_path = cookie_path

    async def prepare(self) -> None:
        """Refuse what is too large before reading it, and keep no large body of whom we do not know."""
        if self.is_https():
            # Cookies are Secure when the browser's connection is, whatever the last proxy speaks with us.
            self.request.protocol = "https"
        try:
            self.open_request()
            await self.admit_large(self.caller_address(), None)
        except ApiError as error:
            self.send_problem(error, close=True)

    async def _serve(self, path: str) -> None:
        request = self.build_request(self.caller_address(), None)
        await self.send(await self.dispatcher.handle(request, self.route, self.admission))

    # Every method, known to the table or not: the dispatcher authenticates first and then answers 405 itself.
    get = head = post = put = patch = delete = options = _serve

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Whatever goes wrong in tornado, in the uniform shape."""
        self.send_problem(_plain(status_code))


class ServiceStreamHandler(SecureHeaders, StreamHandler):
    """On bare tornado: whoever comes is counted by address, and has to say at once who it is."""

    async def admit(self) -> None:
        """Limit connections per address.

        Raises:
            TooManyRequests.
        """
        await self.dispatcher.services.rate_limiter.hit("stream", self.caller()[0], None)

    def caller(self) -> tuple[str, str | None]:
        """No Jupyter here."""
        return self.caller_address(), None


class HealthHandler(SecureHeaders, RequestHandler):
    """Liveness, and readiness with the state of each dependency."""

    def initialize(self, dispatcher: Dispatcher, ready: bool) -> None:
        """``ready`` also asks the dependencies."""
        self.dispatcher = dispatcher
        self.ready = ready

    def set_default_headers(self) -> None:
        """Headers of every answer."""
        super().set_default_headers()
        self.set_header("Cache-Control", "no-store")
        self.set_header("Content-Type", "application/json")

    async def get(self) -> None:
        """Answer 200, or 503 when a needed dependency is down."""
        if not self.ready:
            self.finish(b'{"status":"ok"}')
            return
        state = {"database": "ok"}
        try:
            services = self.dispatcher.services
            await services.workers.run(services.database.ping)
        except ApiError:
            state["database"] = "down"
        good = all(value == "ok" for value in state.values())
        self.set_status(200 if good else 503)
        self.finish(orjson.dumps({"status": "ok" if good else "unavailable", **state}))

    head = get

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Other methods, and whatever goes wrong, in the uniform shape."""
        response = self.dispatcher.problem(_plain(status_code), uuid7().hex)
        for name, value in response.headers.items():
            self.set_header(name, value)
        self.finish(b"".join(response.body))

    def compute_etag(self) -> None:
        """No hashing."""
        return


class KeySetHandler(SecureHeaders, RequestHandler):
    """The public keys of our tokens, for services that verify them."""

    def initialize(self, dispatcher: Dispatcher) -> None:
        """Take what the mount was built with."""
        self.dispatcher = dispatcher

    def set_default_headers(self) -> None:
        """Headers of every answer. Short-lived: a revoked key has to be gone soon."""
        super().set_default_headers()
        self.set_header("Cache-Control", "public, max-age=60")
        self.set_header("Content-Type", "application/json")

    def get(self) -> None:
        """Answer the set; it is empty where only secrets sign."""
        tokens = self.dispatcher.services.identity.tokens
        self.finish(orjson.dumps(tokens.public_keys()))

    head = get

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Other methods, and whatever goes wrong, in the uniform shape."""
        response = self.dispatcher.problem(_plain(status_code), uuid7().hex)
        for name, value in response.headers.items():
            self.set_header(name, value)
        self.finish(b"".join(response.body))


class NothingHandler(SecureHeaders, RequestHandler):
    """Every other address: the uniform 404."""

    def initialize(self, dispatcher: Dispatcher) -> None:
        """For the shape of the error."""
        self.dispatcher = dispatcher

    def prepare(self) -> None:
        """Answer at once, whatever the method."""
        self._absent()

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Methods that tornado itself does not know end here."""
        self._absent()

    def _absent(self) -> None:
        response = self.dispatcher.problem(NotFound("There is no such address."), uuid7().hex)
        self.set_status(404)
        for name, value in response.headers.items():
            self.set_header(name, value)
        self.finish(b"".join(response.body))


def _plain(status: int) -> ApiError:
    if status == 404:
        return NotFound("There is no such address.")
    code = {400: "malformed", 405: "method_not_allowed", 413: "too_large"}.get(status, "internal")
    message = "The request is malformed." if status == 400 else "This request cannot be served."
    return ApiError(message, status=status, code=code)


def _log_request(handler: RequestHandler) -> None:
    address = handler.caller_address() if isinstance(handler, SecureHeaders) else "-"
    # The path without its query: a query could hold what someone searched for.
    access_log.info(
        "%d %s %s %.1fms %s %s",
        handler.get_status(),
        handler.request.method,
        handler.request.path,
        1000 * handler.request.request_time(),
        address,
        getattr(handler, "request_id", "") or "-",
    )


def build_application(dispatcher: Dispatcher, base_url: str) -> Application:
    """The central application below ``base_url``."""
    base = "/" + base_url.strip("/")
    base = "" if base == "/" else base
    shared = {"dispatcher": dispatcher}
    return Application(
        [
            (rf"{base}/api/stream", ServiceStreamHandler, shared),
            (rf"{base}/api/(.*)", ServiceTableHandler, {**shared, "cookie_path": f"{base}/api"}),
            (rf"{base}/\.well-known/jwks\.json", KeySetHandler, shared),
            (rf"{base}/account/([a-z.]+)", PageHandler),
            (rf"{base}/health/live", HealthHandler, {**shared, "ready": False}),
            (rf"{base}/health/ready", HealthHandler, {**shared, "ready": True}),
            (r".*", NothingHandler, shared),
        ],
        log_function=_log_request,
        trusted_proxies=dispatcher.services.settings.service.trusted_proxies,
    )
