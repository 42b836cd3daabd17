"""Invitations by mail: who gets what, which link is good, and what ends them before they leave."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.support.mail import PUBLIC_URL
from tests.unit.auth.mailing import Post
from tests.unit.auth.world import PASSWORD, Answer, World, unique


@pytest.fixture
def admin(post: Post) -> Any:
    """An administrator, signed in."""
    return promoted(post.world, post.member())


def promoted(world: World, person: Any) -> Any:
    """Somebody's tokens after they became an administrator."""
    world.change_user(person["user"], role="admin")
    answer = world.refresh(person["refresh_token"])
    assert answer.status == 200, answer.json
    return answer.json


def invite(post: Post, admin: Any, **body: Any) -> Answer:
    return post.world.call("POST", "/admin/invitations", body, token=admin["access_token"])


def shown(post: Post, link: str) -> Answer:
    token = urlsplit(link).fragment.removeprefix("token=")
    return post.world.call("POST", "/auth/invitation", {"token": token})


def test_the_link_is_in_the_mail_only(post: Post, admin: Any) -> None:
    email = f"{unique()}@example.org"
    made = invite(post, admin, email=email, send=True, role="admin")
    assert made.status == 201, made.json
    assert (made.json["token"], made.json["link"]) == (None, None)
    mail = post.newest(email)
    assert mail.subject == "You are invited to QuantLab"
    assert admin["user"]["username"] in mail.text
    assert mail.link.startswith(f"{PUBLIC_URL}/account/join#token=")
    assert mail.link in mail.html
    offered = shown(post, mail.link)
    assert (offered.json["email"], offered.json["role"]) == (email, "admin")
    token = urlsplit(mail.link).fragment.removeprefix("token=")
    name = unique()
    body = {"username": name, "email": email, "password": PASSWORD, "invitation": token}
    assert post.world.call("POST", "/auth/register", body).status == 202
    confirm = post.newest(email).token
    assert post.world.call("POST", "/auth/verify-email", {"token": confirm}).status == 204
    joined = post.world.log_in(name).json["user"]
    assert (joined["tenant_id"], joined["role"]) == (admin["user"]["tenant_id"], "admin")


def test_by_link_nothing_is_mailed(post: Post, admin: Any) -> None:
    email = f"{unique()}@example.org"
    made = invite(post, admin, email=email).json
    assert made["link"] == f"{PUBLIC_URL}/account/join#token={made['token']}"
    assert shown(post, made["link"]).status == 200
    post.deliver()
    assert post.box.to(email) == []


def test_what_is_sent_again_ends_the_link_before(post: Post, admin: Any) -> None:
    email = f"{unique()}@example.org"
    id = invite(post, admin, email=email, send=True).json["invitation"]["id"]
    first, again = post.newest(email).link, f"/admin/invitations/{id}/resend"
    sent = post.world.call("POST", again, {}, token=admin["access_token"])
    assert (sent.status, sent.json["state"]) == (200, "open")
    # At once, also while the second mail waits.
    assert shown(post, first).code == "invitation_invalid"
    assert shown(post, post.newest(email).link).status == 200
    assert post.world.call("POST", again, {}, token=admin["access_token"]).status == 200
    # Three mails in an hour.
    limited = post.world.call("POST", again, {}, token=admin["access_token"])
    assert limited.status == 429
    assert "Retry-After" in limited.headers
    tags = [event["tag"] for event in post.world.events(admin["user"])]
    assert tags.count("admin:invitation:resent") == 2


@pytest.mark.parametrize("end", ["revoked", "demoted"])
def test_what_is_over_is_not_sent(post: Post, admin: Any, end: str) -> None:
    email = f"{unique()}@example.org"
    id = invite(post, admin, email=email, send=True).json["invitation"]["id"]
    if end == "revoked":
        path = f"/admin/invitations/{id}"
        assert post.world.call("DELETE", path, token=admin["access_token"]).status == 204
        again = post.world.call("POST", f"{path}/resend", {}, token=admin["access_token"])
        assert again.code == "not_found"
    else:
        post.world.change_user(admin["user"], role="user")
    post.deliver()
    assert post.box.to(email) == []
    assert post.waiting() == 0
