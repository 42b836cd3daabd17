"""OpenID Connect providers: the one of ``oidc-provider-mock`` as a process, and one that lies on demand; a browser."""

from __future__ import annotations

import base64
import json
import re
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from quantlab_server.oidc.flow import challenge_of
from tests.support.process import ServerProcess, base_environment, tool
from tests.support.waiting import free_port

CLIENT_ID = "quantlab"
SECRET = "a secret of the tests"


class ProviderProcess(ServerProcess):
    """``oidc-provider-mock``: its page asks for a subject and believes it."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.issuer = f"http://127.0.0.1:{self.port}"
        super().__init__(
            [tool("oidc-provider-mock"), "--port", str(self.port)],
            env=base_environment(),
            log=folder / "provider.log",
            ready_url=f"{self.issuer}/.well-known/openid-configuration",
        )

    def know(self, subject: str, **claims: object) -> None:
        """Let a person be one of the provider's."""
        httpx.put(f"{self.issuer}/users/{subject}", json=claims).raise_for_status()


@dataclass
class LyingProvider:
    """A provider in this process, on a real socket, whose every answer a test can bend.

    ``claims`` bends the ID token's claims, ``header`` its header, ``answer`` the whole answer of the token endpoint;
    ``document`` is merged into the discovery document, ``callback`` into the parameters that lead back.
    """

    claims: Callable[[dict[str, Any]], dict[str, Any]] = lambda claims: claims
    forge: Callable[[dict[str, Any]], str] | None = None
    document: dict[str, Any] = field(default_factory=dict)
    callback: dict[str, str] = field(default_factory=dict)
    status: int = 200
    redirect: str = ""
    person: dict[str, Any] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    single_use: bool = True

    def __post_init__(self) -> None:
        self.rotate()
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.serve(self, "")

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", "0"))
                provider.serve(self, self.rfile.read(length).decode())

            def log_message(self, *_: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self.issuer = f"http://127.0.0.1:{self.port}"

    def rotate(self) -> None:
        """Sign with a new key from now on; the old one is gone."""
        self.key = RSAKey.generate_key(2048, {"kid": secrets.token_hex(8), "use": "sig"})

    def serve(self, handler: BaseHTTPRequestHandler, body: str) -> None:
        """Answer one request."""
        parts = urlsplit(handler.path)
        self.asked.append(parts.path)
        given = {k: v[-1] for k, v in parse_qs(parts.query or body).items()}
        headers: dict[str, str] = {}
        status, answer = 200, {}
        if self.status != 200:
            status = self.status
        elif self.redirect and parts.path.startswith("/.well-known/"):
            status, headers = 302, {"Location": self.redirect}
        elif parts.path == "/.well-known/openid-configuration":
            answer = self._discovery()
        elif parts.path == "/jwks":
            answer = dict(KeySet([self.key]).as_dict(private=False))
        elif parts.path == "/authorize":
            status, headers = 302, {"Location": self._authorize(given)}
        elif parts.path == "/token":
            status, answer = self._token(given)
        else:
            status = 404
        data = json.dumps(answer).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(data)

    def _discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "id_token_signing_alg_values_supported": ["RS256"],
            **self.document,
        }

    def _authorize(self, given: dict[str, str]) -> str:
        code = secrets.token_urlsafe(16)
        self.codes[code] = given
        query = {"code": code, "state": given["state"], **self.callback}
        return f"{given['redirect_uri']}?{urlencode(query)}"

    def _token(self, given: dict[str, str]) -> tuple[int, dict[str, Any]]:
        code = given.get("code", "")
        asked = self.codes.pop(code, None) if self.single_use else self.codes.get(code)
        if asked is None or challenge_of(given["code_verifier"]) != asked["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = self.claims(
            {
                "iss": self.issuer,
                "aud": asked["client_id"],
                "sub": "subject",
                "nonce": asked["nonce"],
                "iat": now,
                "exp": now + 300,
                **self.person,
            }
        )
        token = self.forge(claims) if self.forge else self.signed(claims)
        return 200, {"access_token": "x", "token_type": "Bearer", "id_token": token}

    def signed(self, claims: dict[str, Any]) -> str:
        """A token as an honest provider signs it."""
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.key)

    def __enter__(self) -> LyingProvider:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


def unsigned(claims: dict[str, Any], alg: str = "none") -> str:
    """A token that nobody signed."""

    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return f"{part({'alg': alg, 'typ': 'JWT'})}.{part(claims)}."


@dataclass
class Browser:
    """Goes through a log-in as a browser does: cookies of ours, the provider's page, and back."""

    client: httpx.Client
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    def start(self, provider: str, *, link: bool = False, fresh: bool = False) -> str:
        """Begin; the provider's address."""
        path = f"/auth/oidc/{provider}/{'link' if link else 'start'}"
        body = {"challenge": challenge_of(self.verifier), "fresh": fresh}
        answer = self.client.post(path, json=body)
        answer.raise_for_status()
        return str(answer.json()["authorization_url"])

    def consent(self, address: str, subject: str = "") -> str:
        """Say yes at the provider; the address that it leads back to."""
        form = {"sub": subject}
        answer = httpx.post(address, data=form) if subject else httpx.get(address)
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]

    def come_back(self, address: str) -> dict[str, str]:
        """What the callback's page hands over: code or error."""
        answer = self.client.get(address)
        assert answer.status_code == 200, answer.text
        found = dict(re.findall(r'data-(\w+)="([^"]*)"', answer.text))
        assert set(found) == {"flow", "code", "error"}
        return found

    def code(self, provider: str, subject: str = "", *, link: bool = False) -> str:
        """The one-time code of a whole log-in."""
        found = self.come_back(self.consent(self.start(provider, link=link), subject))
        assert not found["error"], found
        return found["code"]

    def finish(self, code: str, **more: str) -> httpx.Response:
        """Redeem a one-time code; tokens come in the body."""
        body = {"code": code, "verifier": self.verifier, "transport": "body", **more}
        return self.client.post("/auth/oidc/finish", json=body)

    def second(self, ticket: str, **more: object) -> httpx.Response:
        """Redeem the ticket that stands for a log-in, with a second factor."""
        body = {"code": ticket, "verifier": self.verifier, "transport": "body", **more}
        return self.client.post("/auth/oidc/finish", json=body)

    def sign_in(self, provider: str, subject: str = "") -> httpx.Response:
        """All of it."""
        return self.finish(self.code(provider, subject))
