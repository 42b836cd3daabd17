"""What links a log-in at a provider to an account, what does not, and what its person is told by mail."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import jwt
import pyotp
import pytest

from quantlab_server.config import LimitSettings, ServiceSettings
from quantlab_server.errors import Conflict
from quantlab_server.oidc.client import Person
from quantlab_server.oidc.flow import TICKET_SECONDS, OneTimeCode, challenge_of
from quantlab_server.sessions.beginning import Origin
from quantlab_server.settings_oidc import OidcSettings
from tests.support.authenticators import SoftKey
from tests.support.mail import PUBLIC_URL, Mailbox
from tests.support.oidc import CLIENT_ID, LyingProvider
from tests.unit.auth.mailing import Post
from tests.unit.auth.world import Answer, World, unique

HERE = Origin("192.0.2.1", "tests", "request-1")
VERIFIER = "v" * 43


@pytest.fixture(scope="module")
def liar() -> Iterator[LyingProvider]:
    with LyingProvider() as provider:
        yield provider


@pytest.fixture
def process(
    make: Callable[..., World], central_keys: None, liar: LyingProvider
) -> Callable[..., World]:
    """Makes central processes that know a provider, which goes by their clock."""

    def build(**changes: Any) -> World:
        acme = {"issuer": liar.issuer, "client_id": CLIENT_ID, "label": "Acme"}
        oidc = OidcSettings(providers={"acme": acme}, allowed_hosts=[f"127.0.0.1:{liar.port}"])
        world = make(
            mode="central",
            local_account=False,
            public_url=PUBLIC_URL,
            service=ServiceSettings(registration="open"),
            oidc=oidc,
            **changes,
        )
        moment = int(world.clock())
        liar.claims = lambda claims: claims | {"iat": moment, "exp": moment + 300}
        liar.person = {"sub": secrets.token_hex(8)}
        return world

    return build


@pytest.fixture
def post(process: Callable[..., World], box: Mailbox) -> Post:
    """One that sends mail."""
    return Post(process(smtp_url=box.url), box)


def finish(world: World, liar: LyingProvider, **options: Any) -> Answer:
    """Sign in at the provider: what its callback would have handed over is made here."""
    sealed = world.services.oidc.sealer.seal(
        OneTimeCode(
            provider="acme",
            code=(code := secrets.token_urlsafe(16)),
            nonce="nonce",
            verifier=VERIFIER,
            challenge=challenge_of(VERIFIER),
            user="",
            since=0,
            expires_at=world.clock() + 60,
        )
    )
    liar.codes[code] = {
        "client_id": CLIENT_ID,
        "nonce": "nonce",
        "code_challenge": challenge_of(VERIFIER),
    }
    return redeem(world, sealed, **options)


def redeem(world: World, code: str, otp: str | None = None, **options: Any) -> Answer:
    body = {"code": code, "verifier": VERIFIER, "transport": "body", "otp": otp}
    return world.call("POST", "/auth/oidc/finish", body, **options)


def enrolled(world: World, liar: LyingProvider) -> tuple[str, list[str]]:
    """Somebody who came by the provider and added an app here; address and recovery codes."""
    email = f"{unique()}@example.com"
    liar.person |= {"email": email, "email_verified": True}
    token = finish(world, liar).json["access_token"]
    secret = world.call("POST", "/auth/mfa/totp", token=token).json["secret"]
    code = pyotp.TOTP(secret).at(int(world.clock()))
    confirmed = world.call("POST", "/auth/mfa/totp/confirm", {"code": code}, token=token)
    return email, confirmed.json["codes"]


def subjects(post: Post, address: str) -> list[str]:
    post.deliver()
    return [mail.subject for mail in post.box.to(address)]


LINKED = "A way to sign in was added"


def test_a_link_by_address_is_told_and_a_later_log_in_is_not(
    post: Post, liar: LyingProvider
) -> None:
    email = post.member()["user"]["email"]
    liar.person |= {"email": email, "email_verified": True}
    assert finish(post.world, liar).status == 200
    assert LINKED in subjects(post, email)
    mail = post.box.to(email)[-1]
    assert "Acme" in mail.message.get_body(("plain",)).get_content()  # type: ignore[union-attr]  # it has one
    before = len(subjects(post, email))
    assert finish(post.world, liar).status == 200
    assert len(subjects(post, email)) == before


def test_a_link_of_who_is_signed_in_is_told(post: Post) -> None:
    user = post.member()["user"]
    services = post.world.services
    tenant_id, user_id = UUID(user["tenant_id"]), UUID(user["id"])
    with services.database.transaction(tenant_id=tenant_id, user_id=user_id) as uow:
        account = services.accounts.require(uow, tenant_id, user_id)
        person = Person("acme", "https://a.example", secrets.token_hex(8), None, None, ())
        services.oidc.link(uow, account, person, HERE)  # type: ignore[arg-type]  # whose, is all it asks
    assert subjects(post, user["email"])[-1] == LINKED


def test_a_new_account_is_told_of_no_link(post: Post, liar: LyingProvider) -> None:
    email = f"{unique()}@example.com"
    liar.person |= {"email": email, "email_verified": True}
    assert finish(post.world, liar).status == 200
    assert LINKED not in subjects(post, email)


def test_a_log_in_from_a_new_device_is_told(post: Post, liar: LyingProvider) -> None:
    email = f"{unique()}@example.com"
    liar.person |= {"email": email, "email_verified": True}
    assert finish(post.world, liar).status == 200
    before = subjects(post, email)
    assert finish(post.world, liar, address="203.0.113.9").status == 200
    assert len(subjects(post, email)) == len(before) + 1


@pytest.mark.parametrize("role", ["admin", "operator"])
@pytest.mark.parametrize("verified", [True, False])
def test_an_address_leads_to_nobody_who_has_power_over_others(
    post: Post, role: str, verified: bool
) -> None:
    member = post.member()
    changes: dict[str, Any] = {"role": role} | ({} if verified else {"email_verified_at": None})
    post.world.change_user(member["user"], **changes)
    email = member["user"]["email"]
    person = Person("acme", "https://a.example", secrets.token_hex(8), email, email, ())
    services = post.world.services
    with pytest.raises(Conflict) as refused, services.database.transaction() as uow:
        services.oidc.sign_in(uow, person, HERE)
    assert refused.value.code == "oidc_link_required"
    # Nor was anything taken from who has it.
    assert post.world.log_in(email).status == 200


def test_a_ticket_ends_and_its_session_says_how_it_began(post: Post, liar: LyingProvider) -> None:
    world = post.world
    email, codes = enrolled(world, liar)
    asked = finish(world, liar)
    assert asked.code == "otp_required"
    # Nothing began, so nobody is told of a device.
    before = subjects(post, email)
    ticket = asked.json["error"]["ticket"]
    answer = redeem(world, ticket, codes[0])
    assert answer.status == 200, answer.json
    claims = jwt.decode(answer.json["access_token"], options={"verify_signature": False})
    assert claims["amr"] == ["oidc", "otp", "mfa"]
    assert len(subjects(post, email)) == len(before)
    world.clock.move(1)
    ticket = finish(world, liar).json["error"]["ticket"]
    world.clock.move(TICKET_SECONDS)
    assert redeem(world, ticket, codes[1]).code == "oidc_refused"


def test_a_ticket_has_five_tries_whatever_the_limits_are(
    process: Callable[..., World], liar: LyingProvider
) -> None:
    many = "1000/minute"
    world = process(limits=LimitSettings(login_code=many, login_code_account=many, login_pair=many))
    _, codes = enrolled(world, liar)
    ticket = finish(world, liar).json["error"]["ticket"]
    for _ in range(5):
        assert redeem(world, ticket, "000000").code == "invalid_credentials"
    assert redeem(world, ticket, codes[0]).code == "oidc_refused"
    ticket = finish(world, liar).json["error"]["ticket"]
    assert redeem(world, ticket, codes[0]).status == 200


def test_a_passkey_is_a_second_factor_too(
    process: Callable[..., World], liar: LyingProvider
) -> None:
    world = process()
    token = finish(world, liar).json["access_token"]
    ceremony = world.call("POST", "/auth/passkeys/register/options", token=token).json
    site = ceremony["options"]["rp"]["id"]
    key = SoftKey(f"https://{site}", site)
    body = {"challenge_id": ceremony["challenge_id"], "name": "key"}
    body["credential"] = key.create(ceremony["options"])
    added = world.call("POST", "/auth/passkeys/register/verify", body, token=token)
    assert added.status == 201, added.json
    asked = finish(world, liar).json["error"]
    assert asked["methods"] == ["passkey", "recovery_code"]
    proof = {
        "challenge_id": asked["passkey"]["challenge_id"],
        "credential": key.get(asked["passkey"]["options"]),
    }
    body = {"code": asked["ticket"], "verifier": VERIFIER, "transport": "body", "passkey": proof}
    answer = world.call("POST", "/auth/oidc/finish", body)
    assert answer.status == 200, answer.json
    # What was signed is good once.
    assert world.call("POST", "/auth/oidc/finish", body).status == 401
