"""The typed client of the QuantLab API: the only way out of a kernel."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from quantlab_ext.errors import InvalidInput
from quantlab_ext.identity import kernel_identity
from quantlab_ext.layouts import Layouts
from quantlab_ext.market import Market
from quantlab_ext.projects import Projects
from quantlab_ext.schemas.accounts import Profile, User
from quantlab_ext.tokens import PasswordSession, StaticToken, from_environment, from_log_in
from quantlab_ext.transport import Timing, TokenSource, Transport
from quantlab_ext.workflows import Workflows

if TYPE_CHECKING:
    from quantlab_ext.schemas.transfer import ImportReport


class Client:
    """Talks to one QuantLab service as one person.

    Without arguments the identity comes from ``QUANTLAB_URL`` and ``QUANTLAB_TOKEN`` if they are set, else in a kernel
    from the JupyterLab page that it belongs to, else from ``quantlab login``.

    Args:
        url: address of the API, or of the server it belongs to.
        token: an API or kernel token.
        jupyter_token: token of the Jupyter server, where QuantLab is part of one and ``token`` does not pass alone.
        timing: limits in seconds; a call with all its repetitions ends within ``timing.total``.

    A client may be used from several threads and as a context manager. Tokens are never shown.
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        jupyter_token: str | None = None,
        timing: Timing | None = None,
        source: TokenSource | None = None,
    ) -> None:
        self._transport = Transport(source or _source(url, token, jupyter_token), timing)
        self.workflows = Workflows(self._transport)
        self.layouts = Layouts(self._transport)
        self.projects = Projects(self._transport)
        self.market = Market(self._transport)

    def __repr__(self) -> str:
        return f"Client({self._transport.source!r})"

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections. Does not log out."""
        self._transport.close()

    @classmethod
    def login(
        cls,
        url: str,
        login: str,
        password: str,
        *,
        otp: str | None = None,
        jupyter_token: str | None = None,
        timing: Timing | None = None,
    ) -> Client:
        """Log in with a password, which is not kept; both tokens live in memory only.

        Args:
            login: e-mail address or username.
            otp: one-time code, when a second factor is on.

        Raises:
            NotSignedIn: ``invalid_credentials`` or ``otp_required``.
        """
        session = PasswordSession.open(
            url, login, password, otp=otp, jupyter_token=jupyter_token, timing=timing
        )
        return cls(source=session, timing=timing)

    def logout(self) -> None:
        """End the session of `login`, and close the connections. Other identities are not touched."""
        source = self._transport.source
        try:
            if isinstance(source, PasswordSession):
                source.close()
        finally:
            self.close()

    @property
    def url(self) -> str:
        """The API's full prefix."""
        return self._transport.source.url()

    def profile(self) -> Profile:
        """Who is signed in, with preferences and quotas."""
        return Profile.model_validate_json(self._transport.request("GET", "/auth/profile").content)

    def whoami(self) -> User:
        """Who is signed in."""
        return self.profile().user

    def export(self, path: str | Path) -> Path:
        """Write everything to a zip of plain files; needs a signed-in person, not a kernel's token.

        Raises:
            FileExistsError: ``path`` exists.
        """
        target = Path(path)
        answer = self._transport.request("GET", "/export", headers={"Accept": "application/zip"})
        with target.open("xb") as file:
            file.write(answer.content)
        return target

    def import_(self, path: str | Path) -> ImportReport:
        """Take in a zip made by `export`; the report says what became of each item."""
        from quantlab_ext.schemas.transfer import ImportReport

        source = Path(path)
        try:
            content = source.read_bytes()
        except OSError as error:
            raise InvalidInput(
                f"“{source}” cannot be read: {error.strerror}.", code="unreadable_file"
            ) from None
        answer = self._transport.request(
            "POST", "/import", content=content, headers={"Content-Type": "application/zip"}
        )
        return ImportReport.model_validate_json(answer.content)


def _source(url: str | None, token: str | None, jupyter_token: str | None) -> TokenSource:
    """The identity to use, from the nearest to the farthest: arguments, environment, page, log-in."""
    if url is not None:
        return StaticToken(url, token, jupyter_token)
    if token is not None or jupyter_token is not None:
        raise InvalidInput("Give the address too: Client(url, token).", code="bad_url")
    named = from_environment()
    if named is not None:
        return named
    kernel = kernel_identity()
    # A kernel's page knows who works there now; a file, who logged in to this machine some day.
    return kernel if kernel.has_page else from_log_in() or kernel


__all__ = ["Client", "Timing"]
