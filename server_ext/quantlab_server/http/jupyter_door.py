"""Jupyter's own door, as every handler of ours in a Jupyter server passes it."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from jupyter_server.auth.identity import User
from jupyter_server.base.handlers import JupyterHandler
from tornado.web import HTTPError

from quantlab_server.errors import ApiError, Forbidden, NotSignedIn
from quantlab_server.http.dispatch import Dispatcher
from quantlab_server.http.endpoint import Request


class JupyterDoor(JupyterHandler):
    """Host check, identity, authorizer, XSRF and origin rules of Jupyter.

    The one exception: a kernel or API token of ours passes alone, because a kernel holds no Jupyter credential.
    """

    auth_resource = "quantlab"
    dispatcher: Dispatcher
    # With a token of ours, and unknown to Jupyter.
    came_alone = False

    @abstractmethod
    async def host_prepare(self) -> None:
        """What Jupyter's base class of the handler does to let somebody in."""

    @abstractmethod
    def request_without_host(self) -> Request:
        """The request as one whom Jupyter does not know."""

    async def pass_door(self) -> None:
        """Decide who may come in.

        Raises:
            ApiError, HTTPError: not this one; `translate` makes the latter one of the former.
        """
        if not self.check_host():
            raise Forbidden("This server does not answer to that host name.")
        if await self._own_token():
            return
        await self.host_prepare()
        if not self.current_user:
            raise NotSignedIn
        await self._authorize()

    def set_signed_cookie(self, *args: Any, **kwargs: Any) -> None:
        """Set none: Jupyter gives whoever sends its token a log-in cookie with every answer.

        A program has no use for one, and a page gets it where it was opened. Signing costs a tenth of a request.
        """

    set_secure_cookie = set_signed_cookie  # the name that Jupyter uses

    @property
    def address(self) -> str:
        """The caller's. Jupyter decides itself (trust_xheaders) whether forwarded addresses are believed."""
        return self.request.remote_ip or "unknown"

    @property
    def host_user(self) -> str | None:
        """Name of whom Jupyter, or a token of ours, let in."""
        return self.current_user.username if self.current_user else None

    @property
    def known_to_host(self) -> str | None:
        """Name of whom Jupyter itself let in; a token of ours that came alone is unknown to it."""
        return None if self.came_alone else self.host_user

    def translate(self, error: HTTPError) -> ApiError:
        """Jupyter's refusal as ours."""
        if self.current_user is None or error.status_code == 401:
            return NotSignedIn()
        if error.status_code == 403:
            return Forbidden(
                "Reload the page: its security token (_xsrf) is missing or old.", code="xsrf"
            )
        return Forbidden("Requests from other sites are refused.", code="cross_site")

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
        actor = await self.dispatcher.identify(self.request_without_host())
        self.current_user = self._jupyter_current_user = User(username=actor.username)
        self._token_authenticated = self.came_alone = True
        return True

    async def _authorize(self) -> None:
        action = "read" if self.request.method in ("GET", "HEAD") else "write"
        allowed = self.authorizer.is_authorized(self, self.current_user, action, self.auth_resource)
        if not isinstance(allowed, bool):
            allowed = await allowed
        if not allowed:
            raise Forbidden
