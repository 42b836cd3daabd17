"""Accounts that somebody made with another person's address: what the owner of the address gets, and what ends."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pyotp
import pytest

from quantlab_server.config import ServiceSettings
from quantlab_server.db.identities import find_identity
from quantlab_server.errors import Conflict
from quantlab_server.oidc.client import Person
from quantlab_server.sessions.beginning import Origin
from quantlab_server.settings_oidc import OidcSettings
from tests.support.mail import PUBLIC_URL, Mailbox
from tests.unit.auth.mailing import Post, forgot, reset
from tests.unit.auth.world import Answer, World, unique

PROVIDER = {"idp": {"issuer": "https://login.example.com", "client_id": "quantlab"}}
WORKFLOW = {"name": "theirs", "code": "print('theirs')"}


@pytest.fixture
def post(make: Callable[..., World], box: Mailbox, central_keys: None) -> Post:
    """A central process that sends mail and knows a provider."""
    world = make(
        mode="central",
        local_account=False,
        smtp_url=box.url,
        public_url=PUBLIC_URL,
        oidc=OidcSettings(providers=PROVIDER),
    )
    return Post(world, box)


@pytest.fixture
def maker(post: Post, make: Callable[..., World]) -> Any:
    """Somebody who signed up while there was no mail, with an address that nobody confirmed."""
    return make(
        mode="central",
        local_account=False,
        public_url=PUBLIC_URL,
        service=ServiceSettings(registration="open"),
    ).register(unique())


HERE = Origin("192.0.2.1", "tests", "request-1")


def at_provider(email: str | None) -> Person:
    return Person("idp", "https://login.example.com", secrets.token_hex(8), email, email, ())


def by_provider(post: Post, person: Person) -> Any:
    services = post.world.services
    with services.database.transaction() as uow:
        return services.oidc.sign_in(uow, person, HERE)


def link(post: Post, user: Any, person: Person) -> None:
    services = post.world.services
    tenant_id, user_id = UUID(user["tenant_id"]), UUID(user["id"])
    with services.database.transaction(tenant_id=tenant_id, user_id=user_id) as uow:
        account = services.accounts.require(uow, tenant_id, user_id)
        services.oidc.link(uow, account, person, HERE)  # type: ignore[arg-type]  # whose, is all it asks


def ask(world: World, token: str, method: str, path: str, body: Any = None) -> Answer:
    answer = world.call(method, path, body, token=token)
    assert answer.status < 300, answer.json
    return answer


def may_run(world: World, token: str, id: str) -> tuple[bool, str]:
    trust = ask(world, token, "GET", f"/workflows/{id}").json["trust"]
    return trust["auto_run"], trust["reason"]


def settle_in(world: World, token: str) -> tuple[str, str]:
    """What a maker may have left behind: an app for codes, and an API token; their secrets."""
    secret = ask(world, token, "POST", "/auth/mfa/totp").json["secret"]
    code = pyotp.TOTP(secret).at(int(world.clock()))
    ask(world, token, "POST", "/auth/mfa/totp/confirm", {"code": code})
    wanted = {"name": "way back", "scopes": ["profile:read"], "expires_in_days": 30}
    return secret, ask(world, token, "POST", "/auth/api-tokens", wanted).json["token"]


class TestReset:
    def test_nothing_of_the_maker_is_left(self, post: Post, maker: Any) -> None:
        world, user = post.world, maker["user"]
        _, api_token = settle_in(world, maker["access_token"])
        way_back = at_provider(None)
        link(post, user, way_back)
        forgot(post, user["email"])
        assert reset(post, post.newest(user["email"]).token).status == 204

        assert not world.is_signed_in(maker["access_token"])
        assert world.refresh(maker["refresh_token"]).status == 401
        assert not world.is_signed_in(api_token)
        with world.services.database.transaction(writes=False) as uow:
            assert find_identity(uow, "oidc", way_back.identity) is None
        owner = world.log_in(user["email"], "nine purple whales 44")
        # The maker's second factor would have kept its owner out.
        assert owner.status == 200, owner.json
        token = owner.json["access_token"]
        factors = ask(world, token, "GET", "/auth/mfa").json
        assert (factors["totp"], factors["recovery_codes_left"]) == (None, 0)
        assert ask(world, token, "GET", "/auth/oidc/links").json["items"] == []
        tags = [event["tag"] for event in world.events(user)]
        assert "account:user:taken_back" in tags

    def test_what_the_maker_saved_does_not_run_by_itself(self, post: Post, maker: Any) -> None:
        world, user, token = post.world, maker["user"], maker["access_token"]
        id = ask(world, token, "POST", "/workflows", WORKFLOW).json["id"]
        ask(world, token, "PUT", f"/workflows/{id}/trust", {"version": 1, "act": "ran"})
        assert may_run(world, token, id) == (True, "own")
        forgot(post, user["email"])
        assert reset(post, post.newest(user["email"]).token).status == 204

        token = world.log_in(user["email"], "nine purple whales 44").json["access_token"]
        assert may_run(world, token, id) == (False, "edited_by_other")
        ask(world, token, "PUT", f"/workflows/{id}/trust", {"version": 1, "act": "ran"})
        assert may_run(world, token, id) == (True, "own")

    def test_an_address_that_was_confirmed_keeps_its_factors(self, post: Post) -> None:
        world, member = post.world, post.member()
        user = member["user"]
        secret, _ = settle_in(world, member["access_token"])
        id = ask(world, member["access_token"], "POST", "/workflows", WORKFLOW).json["id"]
        forgot(post, user["email"])
        assert reset(post, post.newest(user["email"]).token).status == 204
        assert world.log_in(user["email"], "nine purple whales 44").code == "otp_required"
        world.clock.move(60)
        body = {
            "login": user["email"],
            "password": "nine purple whales 44",
            "otp": pyotp.TOTP(secret).at(int(world.clock())),
            "transport": "body",
        }
        owner = world.call("POST", "/auth/login", body)
        assert owner.status == 200, owner.json
        assert may_run(world, owner.json["access_token"], id) == (True, "own")

    def test_a_program_that_the_maker_let_in_gets_no_token(self, post: Post, maker: Any) -> None:
        world, user = post.world, maker["user"]
        codes = world.call("POST", "/auth/device", {"client_name": "theirs"}).json
        approved = {"user_code": codes["user_code"]}
        ask(world, maker["access_token"], "POST", "/auth/device/approve", approved)
        forgot(post, user["email"])
        assert reset(post, post.newest(user["email"]).token).status == 204
        asked = {"device_code": codes["device_code"]}
        # The request went with what it was let into.
        assert world.call("POST", "/auth/device/token", asked).code == "expired_token"


class TestProvider:
    def test_what_the_maker_saved_does_not_run_by_itself(self, post: Post, maker: Any) -> None:
        world, user, token = post.world, maker["user"], maker["access_token"]
        id = ask(world, token, "POST", "/workflows", WORKFLOW).json["id"]
        draft = {"base_version": 1, "content": "print('drafted')"}
        answer = world.call(
            "PUT", f"/workflows/{id}/draft", draft, token=token, headers={"If-None-Match": "*"}
        )
        assert answer.status < 300, answer.json
        account = by_provider(post, at_provider(user["email"]))
        assert str(account.user_id) == user["id"]

        # A password by mail, to sign in without a provider; the address is verified by now.
        forgot(post, user["email"])
        assert reset(post, post.newest(user["email"]).token).status == 204
        token = world.log_in(user["email"], "nine purple whales 44").json["access_token"]
        assert may_run(world, token, id) == (False, "edited_by_other")
        version = world.call(
            "POST",
            f"/workflows/{id}/versions",
            {"from": "draft", "revision": 1},
            token=token,
            headers={"If-Match": '"1"'},
        )
        assert version.status < 300, version.json
        assert not may_run(world, token, id)[0]

    def test_a_link_that_waits_to_be_mailed_does_not_lead_back(
        self, post: Post, maker: Any
    ) -> None:
        world, user, token = post.world, maker["user"], maker["access_token"]
        other = f"{unique()}@example.com"
        ask(world, token, "POST", "/auth/change-email", {"email": other})
        account = by_provider(post, at_provider(user["email"]))
        post.deliver()
        # Its token would be drawn only now, after all others ended.
        assert post.box.to(other) == []
        found = world.services.accounts
        with world.services.database.transaction(
            tenant_id=account.tenant_id, user_id=account.user_id, writes=False
        ) as uow:
            assert found.require(uow, account.tenant_id, account.user_id).email == user["email"]

    def test_an_address_that_was_given_up_leads_nowhere(self, post: Post) -> None:
        world, member = post.world, post.member()
        user, token = member["user"], member["access_token"]
        old, new = user["email"], f"{unique()}@example.com"
        assert world.call("POST", "/auth/change-email", {"email": new}, token=token).status == 202
        confirm = {"token": post.newest(new).token}
        assert world.call("POST", "/auth/verify-email", confirm).status == 204
        # It is kept for its person, who may take it back for some days, and opens nothing meanwhile.
        with pytest.raises(Conflict) as refused:
            by_provider(post, at_provider(old))
        assert refused.value.code == "oidc_link_required"
        assert world.is_signed_in(token)
        assert str(by_provider(post, at_provider(new)).user_id) == user["id"]


def test_without_mail_a_link_of_the_operator_says_nothing_of_the_address(
    make: Callable[..., World], central_keys: None
) -> None:
    world = make(
        mode="central",
        local_account=False,
        public_url=PUBLIC_URL,
        service=ServiceSettings(registration="open"),
    )
    member = world.register(unique())
    user = member["user"]
    settle_in(world, member["access_token"])
    tenant_id, user_id = UUID(user["tenant_id"]), UUID(user["id"])
    services = world.services
    with services.database.transaction(tenant_id=tenant_id, user_id=user_id) as uow:
        account = services.accounts.require(uow, tenant_id, user_id)
        made = services.recovery.links.make_reset(uow, account)
        body = {"token": made.rpartition("token=")[2], "new_password": "nine purple whales 44"}
    assert world.call("POST", "/auth/reset-password", body).status == 204
    with services.database.transaction(tenant_id=tenant_id, user_id=user_id) as uow:
        assert services.recovery.taking_back.is_unverified(uow, account)
    # A second factor stays: who hands links over need not be able to take it away.
    assert world.log_in(user["email"], "nine purple whales 44").code == "otp_required"
