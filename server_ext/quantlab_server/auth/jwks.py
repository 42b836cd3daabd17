"""The public halves of the signing keys as a JSON Web Key Set (RFC 7517), for whoever verifies our tokens."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import OKPAlgorithm, RSAAlgorithm

from quantlab_server.auth.keys import Key


def key_set(keys: Iterable[Key], now: float, grace: float) -> dict[str, list[dict[str, Any]]]:
    """Every key that tokens may be verified with by others; a secret (HS256) has no public half and is left out."""
    return {
        "keys": [_public(key) for key in keys if _is_shown(key) and not key.is_over(now, grace)]
    }


def _is_shown(key: Key) -> bool:
    return isinstance(key.verifying, Ed25519PublicKey | RSAPublicKey)


def _public(key: Key) -> dict[str, Any]:
    if isinstance(key.verifying, RSAPublicKey):
        numbers = RSAAlgorithm.to_jwk(key.verifying, as_dict=True)
    else:
        assert isinstance(key.verifying, Ed25519PublicKey)
        numbers = OKPAlgorithm.to_jwk(key.verifying, as_dict=True)
    numbers.pop("key_ops", None)
    return {**numbers, "kid": key.kid, "alg": key.alg, "use": "sig"}
