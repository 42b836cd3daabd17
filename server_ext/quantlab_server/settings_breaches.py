"""Settings of the service that knows which passwords have leaked."""

from __future__ import annotations

from traitlets import Float, List, Unicode
from traitlets.config import Configurable


class BreachSettings(Configurable):
    """Refusing new passwords that a service knows from leaks. Off unless ``checker`` is set."""

    checker = Unicode(
        "",
        config=True,
        help="Class that knows leaked passwords, for instance `quantlab_server.adapters.breaches.RangeService`, which"
        " asks `range_url`. It is called with these settings and has `async def contains(password) -> bool`. Empty:"
        " nothing is asked.",
    )
    range_url = Unicode(
        "https://api.pwnedpasswords.com/range/",
        config=True,
        help="Where the first five hexadecimal digits of a password's SHA-1 are appended; answers lines"
        " `rest:count`. The password itself, and the rest of its hash, stay here.",
    )
    allowed_hosts = List(
        Unicode(),
        default_value=[],
        config=True,
        help="Hosts (`host` or `host:port`) of such services that may be in a private network and speak plain http.",
    )
    seconds = Float(
        2.0,
        min=0.1,
        config=True,
        help="Seconds that one look may take. Without an answer the password counts as not leaked.",
    )
