"""Accounts that an admin makes without a password: their person chooses one by a link, mailed or handed over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.support.mail import PUBLIC_URL
from tests.unit.auth.mailing import NEW, Post, reset
from tests.unit.auth.world import Answer, World, unique


def admin_of(world: World, person: Any) -> Any:
    world.change_user(person["user"], role="admin")
    return world.log_in(person["user"]["username"]).json


def make_user(world: World, admin: Any, name: str, **more: Any) -> Answer:
    body = {"username": name, "email": f"{name}@example.com", **more}
    return world.call("POST", "/admin/users", body, token=admin["access_token"])


def test_a_link_is_mailed(post: Post) -> None:
    world, name = post.world, unique()
    made = make_user(world, admin_of(world, post.member()), name)
    assert (made.status, made.json["mailed"], made.json["password_link"]) == (201, True, None)
    assert world.log_in(name).code == "invalid_credentials"
    mail = post.newest(f"{name}@example.com")
    assert mail.subject == "Your QuantLab account"
    # Whoever says to have forgotten the password does not end the link.
    body = {"email": f"{name}@example.com"}
    assert world.call("POST", "/auth/forgot-password", body).status == 202
    post.deliver()
    assert reset(post, mail.token).status == 204
    assert world.log_in(name, NEW).status == 200
    assert reset(post, mail.token).code == "link_invalid"


def test_a_link_ends_after_a_day(post: Post) -> None:
    world, name = post.world, unique()
    make_user(world, admin_of(world, post.member()), name)
    token = post.newest(f"{name}@example.com").token
    world.clock.move(86_401)
    assert reset(post, token).code == "link_invalid"


def test_without_mail_the_admin_hands_the_link_over(make: Callable[..., World]) -> None:
    world, name = make(public_url=PUBLIC_URL), unique()
    made = make_user(world, admin_of(world, world.register(unique())), name)
    assert (made.status, made.json["mailed"]) == (201, False)
    link = made.json["password_link"]
    address, _, token = link.partition("=")
    # In the fragment, which no server gets to see.
    assert address == f"{PUBLIC_URL}/lab#quantlab-reset"
    answer = world.call("POST", "/auth/reset-password", {"token": token, "new_password": NEW})
    assert answer.status == 204
    assert world.log_in(name, NEW).status == 200
    again = world.call("POST", "/auth/reset-password", {"token": token, "new_password": NEW})
    assert again.code == "link_invalid"


def test_where_no_link_can_be_made_nobody_is(world: World) -> None:
    name = unique()
    admin = admin_of(world, world.register(unique()))
    assert make_user(world, admin, name).code == "no_public_url"
    with_password = make_user(world, admin, name, password=NEW)
    assert (with_password.status, with_password.json["password_link"]) == (201, None)
    assert world.log_in(name, NEW).status == 200
