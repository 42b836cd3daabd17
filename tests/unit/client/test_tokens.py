"""Where an address and an identity come from."""

from __future__ import annotations

from typing import Any

import pytest

from quantlab_ext import errors
from quantlab_ext.client import Client
from quantlab_ext.tokens import Address, PasswordSession, StaticToken, from_environment
from quantlab_ext.transport import Timing, Transport
from tests.unit.client.scripted import DROP, Answer, ScriptedService, Seen, problem

ID = "0190c7f0-0000-7000-8000-000000000001"


def tokens(number: int, *, expires_in: int = 900) -> dict[str, Any]:
    user = {
        "id": ID,
        "tenant_id": ID,
        "tenant_name": "T",
        "username": "ada",
        "email": "ada@example.com",
        "role": "user",
        "tier": "free",
    }
    return {
        "access_token": f"access-{number}",
        "refresh_token": f"refresh-{number}",
        "token_type": "Bearer",
        "expires_in": expires_in,
        "user": user,
    }


@pytest.mark.parametrize(
    "url", ["", "host/api", "ftp://host/api", "http://", "http://a:b@host/api", "http://h/api?x=1"]
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(errors.InvalidInput):
        Address(url)


def only(prefix: str) -> Any:
    """A service that lives under ``prefix`` and answers 404 elsewhere."""
    return lambda seen: Answer(200 if seen.path.startswith(prefix) else 404, {})


@pytest.mark.parametrize("prefix", ["/quantlab/api", "/api"])
def test_the_prefix_is_found_behind_a_servers_address(prefix: str) -> None:
    with ScriptedService(only(prefix)) as scripted:
        root = scripted.url.removesuffix("/api")
        assert Address(f"{root}/").get() == root + prefix


def test_a_hub_service_needs_no_guess() -> None:
    with ScriptedService(only("/services/quantlab/api")) as scripted:
        root = scripted.url.removesuffix("/api")
        assert Address(f"{root}/services/quantlab/").get() == f"{root}/services/quantlab/api"
    assert len(scripted.seen) == 1


def test_a_full_prefix_is_not_asked_about() -> None:
    assert Address("http://127.0.0.1:9/x/api/").get() == "http://127.0.0.1:9/x/api"


def test_no_quantlab_there() -> None:
    with (
        ScriptedService(lambda _: Answer(404)) as scripted,
        pytest.raises(errors.Unavailable) as caught,
    ):
        Address(scripted.url.removesuffix("/api")).get()
    assert caught.value.code == "not_quantlab"


def test_through_a_jupyter_server_our_token_has_its_own_header() -> None:
    headers = StaticToken("http://h/api", "ours", "jupyters").headers()
    assert headers == {"Authorization": "token jupyters", "X-QuantLab-Session": "ours"}


@pytest.mark.parametrize("token", ["a b", "a\nX: y", "ä"])
def test_what_is_no_token_is_refused_without_showing_it(token: str) -> None:
    with pytest.raises(errors.InvalidInput) as caught:
        StaticToken("http://h/api", token)
    assert token not in str(caught.value)


def test_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("QUANTLAB_URL", "QUANTLAB_TOKEN", "QUANTLAB_JUPYTER_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    assert from_environment() is None
    monkeypatch.setenv("QUANTLAB_URL", "http://h/api")
    with pytest.raises(errors.QuantLabError, match="QUANTLAB_TOKEN"):
        from_environment()
    monkeypatch.setenv("QUANTLAB_TOKEN", "secret")
    source = from_environment()
    assert source is not None
    assert source.headers() == {"Authorization": "Bearer secret"}
    assert "secret" not in repr(Client())


def test_outside_a_notebook_without_an_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QUANTLAB_URL", raising=False)
    with pytest.raises(errors.NotSignedIn, match="QUANTLAB_URL"):
        Client().whoami()


def test_a_password_is_sent_once_and_not_kept() -> None:
    with ScriptedService([Answer(body=tokens(1))]) as scripted:
        session = PasswordSession.open(scripted.url, "ada", "hunter2 hunter2")
    assert scripted.seen[0].json() == {
        "login": "ada",
        "password": "hunter2 hunter2",
        "transport": "body",
    }
    assert "Authorization" not in scripted.seen[0].headers
    assert "hunter2" not in repr(vars(session))
    assert session.headers() == {"Authorization": "Bearer access-1"}
    assert "access" not in repr(session)
    assert "refresh" not in repr(session)


def test_a_wrong_password() -> None:
    with (
        ScriptedService([problem(401, "invalid_credentials")]) as scripted,
        pytest.raises(errors.NotSignedIn) as caught,
    ):
        Client.login(scripted.url, "ada", "wrong")
    assert caught.value.code == "invalid_credentials"


def test_an_access_token_near_its_end_is_exchanged_first() -> None:
    answers = [Answer(body=tokens(1, expires_in=5)), Answer(body=tokens(2)), Answer(body={})]
    with ScriptedService(answers) as scripted:
        session = PasswordSession.open(scripted.url, "ada", "pw")
        Transport(session).request("GET", "/x")
    _, refresh, call = scripted.seen
    assert refresh.json() == {"refresh_token": "refresh-1"}
    assert call.headers["Authorization"] == "Bearer access-2"


def test_a_refused_access_token_is_exchanged_and_the_call_repeated() -> None:
    answers = [
        Answer(body=tokens(1)),
        problem(401, "not_signed_in"),
        DROP,  # the first answer to the exchange is lost; the service gives the same successor
        Answer(body=tokens(2)),
        Answer(body="done"),
    ]
    with ScriptedService(answers) as scripted:
        session = PasswordSession.open(scripted.url, "ada", "pw")
        assert Transport(session).request("POST", "/x", body={}).json() == "done"
    assert [seen.json() for seen in scripted.seen[2:4]] == [{"refresh_token": "refresh-1"}] * 2


def test_an_ended_session_says_so() -> None:
    refusal = problem(401, "not_signed_in")
    with ScriptedService([Answer(body=tokens(1)), refusal, refusal]) as scripted:
        session = PasswordSession.open(scripted.url, "ada", "pw")
        transport = Transport(session)
        with pytest.raises(errors.NotSignedIn):
            transport.request("GET", "/x")
        with pytest.raises(errors.NotSignedIn, match="login"):
            transport.request("GET", "/x")
    assert len(scripted.seen) == 3


def test_logging_out_ends_the_session_there_and_forgets_it_here() -> None:
    with ScriptedService([Answer(body=tokens(1)), Answer(204)]) as scripted:
        client = Client.login(scripted.url, "ada", "pw", timing=Timing())
        client.logout()
        with pytest.raises(errors.NotSignedIn):
            client.whoami()
    assert scripted.seen[1].path == "/api/auth/logout"
    assert scripted.seen[1].json() == {"scope": "this"}


def test_logging_out_with_the_service_down_forgets_here_all_the_same() -> None:
    answers = iter([Answer(body=tokens(1))])

    def script(seen: Seen) -> Answer:
        return next(answers, DROP)

    with ScriptedService(script) as scripted:
        client = Client.login(scripted.url, "ada", "pw")
        with pytest.raises(errors.Unavailable):
            client.logout()
        with pytest.raises(errors.NotSignedIn):
            client.whoami()
