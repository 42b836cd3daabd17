"""Serves the small pages of ``quantlab_server.pages`` in the central service: files of the wheel, nothing else."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources

from tornado.web import HTTPError

from quantlab_server.http.proxies import SecureHeaders

# Nothing but our own files: no inline script or style, no frame around, no form that leaves without our script.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'none';"
    " form-action 'none'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
)
_TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
}


@lru_cache(maxsize=1)
def page_files() -> dict[str, tuple[str, bytes]]:
    """Content type and bytes of every file, by the name in its address: a page's has no ending."""
    found = {}
    for file in resources.files("quantlab_server.pages").iterdir():
        name, _, ending = file.name.rpartition(".")
        if ending in _TYPES:
            address = name if ending == "html" else file.name
            found[address] = (_TYPES[ending], file.read_bytes())
    return found


class PageHandler(SecureHeaders):
    """A page, its style or its script."""

    def set_default_headers(self) -> None:
        """Headers of every answer."""
        super().set_default_headers()
        self.set_header("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        self.set_header("Cross-Origin-Opener-Policy", "same-origin")
        self.set_header("Cache-Control", "no-cache")

    def get(self, name: str) -> None:
        """Answer the file; opening a page changes nothing."""
        file = page_files().get(name)
        if file is None:
            raise HTTPError(404)
        self.set_header("Content-Type", file[0])
        self.finish(file[1])

    head = get

    def write_error(self, status_code: int, **kwargs: object) -> None:
        """In words: people come here."""
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish("There is no such page." if status_code == 404 else "This cannot be served.")
