"""The stream inside a Jupyter server."""

from __future__ import annotations

from jupyter_server.base.handlers import JupyterHandler
from tornado.web import HTTPError

from quantlab_server.http.endpoint import Request
from quantlab_server.http.jupyter_door import JupyterDoor
from quantlab_server.http.stream import StreamHandler


class JupyterStreamHandler(StreamHandler, JupyterDoor):  # type: ignore[misc]  # ours is called, and calls Jupyter's
    """In a Jupyter server: its door first."""

    async def host_prepare(self) -> None:
        """As for Jupyter's own WebSockets: nobody is sent to a log-in page."""
        await JupyterHandler.prepare(self, _redirect_to_login=False)

    def request_without_host(self) -> Request:
        """The request as one whom Jupyter does not know."""
        return self.plain_request(self.request.headers, None)

    async def admit(self) -> None:
        """Pass Jupyter's door.

        Raises:
            ApiError: Jupyter or our own rules say no.
        """
        try:
            await self.pass_door()
        except HTTPError as error:
            raise self.translate(error) from None

    def caller(self) -> tuple[str, str | None]:
        """Whom Jupyter let in. One who came in with a token of ours alone stays unknown to Jupyter."""
        return self.address, self.known_to_host
