"""What Jupyter's own identity provider tells us about who may hold this server."""

from __future__ import annotations

from jupyter_server.auth.identity import IdentityProvider, PasswordIdentityProvider

# Exactly these: a subclass may know several people, and then the local account would be all of them.
_ONE_PERSON = (IdentityProvider, PasswordIdentityProvider)


def is_one_person(provider: IdentityProvider) -> bool:
    """Whether everybody whom the provider lets in is the same person: one token or one password for the server."""
    return type(provider) in _ONE_PERSON
