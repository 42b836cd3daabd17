"""Another e-mail address: confirmed before it counts, told to the old one, and taken back."""

from __future__ import annotations

from typing import Any

import pytest

from quantlab_server.tasks import PeriodicTasks
from tests.support.mail import PUBLIC_URL
from tests.unit.auth.mailing import NEW, Post, forgot, reset, told, verify
from tests.unit.auth.world import PASSWORD, Answer, World, unique


def change_email(post: Post, tokens: Any, email: str) -> Answer:
    return post.world.call(
        "POST", "/auth/change-email", {"email": email}, token=tokens["access_token"]
    )


def test_another_address_counts_once_it_is_confirmed_and_can_be_taken_back(post: Post) -> None:
    tokens = post.member()
    user, new = tokens["user"], f"{unique()}@example.com"
    asked = change_email(post, tokens, new)
    assert (asked.status, asked.json) == (202, {"confirmation": True})
    confirm = post.newest(new).token
    assert post.world.log_in(new).status == 401
    assert verify(post, confirm).status == 204
    assert post.world.log_in(new).json["user"]["email"] == new
    assert post.world.log_in(user["email"]).status == 401
    notice = post.newest(user["email"])
    assert notice.link == f"{PUBLIC_URL}/account/revert#token={notice.token}"
    # The old address is kept for its person as long as the link is good.
    post.sign_up(unique(), user["email"])
    assert post.deliver() == 0
    thief = post.world.log_in(new).json
    back = post.world.call("POST", "/auth/revert-email", {"token": notice.token})
    assert back.status == 204
    assert not post.world.is_signed_in(thief["access_token"])
    assert post.world.log_in(new).status == 401
    assert reset(post, post.newest(user["email"]).token).status == 204
    assert post.world.log_in(user["email"], NEW).status == 200
    # The other address is free again.
    post.sign_up(unique(), new)
    assert post.newest(new).subject == "Confirm your e-mail address"


def test_a_thief_who_changes_the_address_twice_keeps_nothing(post: Post) -> None:
    tokens = post.member()
    user = tokens["user"]
    one, two = (f"{unique()}@example.com" for _ in range(2))
    for address in (one, two):
        assert change_email(post, tokens, address).status == 202
        assert verify(post, post.newest(address).token).status == 204
        post.deliver()
    first, second = post.newest(user["email"]), post.newest(one)
    body = {"current_password": PASSWORD, "new_password": NEW}
    post.world.call("POST", "/auth/change-password", body, token=tokens["access_token"])
    assert post.world.call("POST", "/auth/revert-email", {"token": first.token}).status == 204
    again = post.world.call("POST", "/auth/revert-email", {"token": second.token})
    assert again.code == "link_invalid"
    assert post.world.log_in(user["email"], NEW).status == 200


def test_an_address_that_somebody_has_is_not_told_and_not_mailed(post: Post) -> None:
    tokens, other = post.member(), post.member()["user"]
    free = change_email(post, tokens, f"{unique()}@example.com")
    before = len(post.box.to(other["email"]))
    taken = change_email(post, tokens, other["email"])
    assert told(free) == told(taken)
    assert post.deliver() == 1
    assert len(post.box.to(other["email"])) == before


def test_an_address_that_was_taken_meanwhile_stays_whose_it_is(post: Post) -> None:
    tokens, name = post.member(), unique()
    email = f"{name}@example.com"
    change_email(post, tokens, email)
    token = post.newest(email).token
    post.sign_up(name)
    assert verify(post, token).code == "email_refused"
    assert verify(post, post.newest(email).token).status == 204
    assert post.world.log_in(email).json["user"]["username"] == name


def test_a_changed_address_ends_links_that_went_to_the_old_one(post: Post) -> None:
    tokens = post.member()
    user, new = tokens["user"], f"{unique()}@example.com"
    change_email(post, tokens, new)
    confirm = post.newest(new).token
    forgot(post, user["email"])
    old = post.newest(user["email"]).token
    assert verify(post, confirm).status == 204
    assert reset(post, old).code == "link_invalid"


def test_an_old_address_is_free_for_others_after_a_week(post: Post) -> None:
    # Periodic tasks go by the system's clock: for them all of this was long ago.
    post.world.clock.now = 1_700_000_000.0
    tokens = post.member()
    user, new = tokens["user"], f"{unique()}@example.com"
    change_email(post, tokens, new)
    assert verify(post, post.newest(new).token).status == 204
    removed = post.world.run(PeriodicTasks(post.world.services).run_once())
    assert removed["one_time_tokens"] >= 1
    post.sign_up(unique(), user["email"])
    post.deliver()
    assert "Confirm your e-mail address" in [
        mail.subject for mail in post.box.to(user["email"])[1:]
    ]
    # What told of the change left too late: its link would take back what is somebody else's by now.
    (late,) = (
        m for m in post.box.to(user["email"]) if m.subject == "Your e-mail address was changed"
    )
    assert "#" not in late.text
    assert post.world.log_in(new).status == 200


def test_one_account_mails_few_strangers(post: Post) -> None:
    tokens = post.member()
    strangers = [f"{unique()}@example.com" for _ in range(5)]
    for email in strangers:
        # The answer does not tell: it would say which of the addresses was mailed by others.
        asked = change_email(post, tokens, email)
        assert (asked.status, asked.json) == (202, {"confirmation": True})
        post.deliver()
    assert [len(post.box.to(email)) for email in strangers] == [1, 1, 1, 0, 0]


def test_of_several_new_addresses_the_last_one_asked_for_is_mailed(post: Post) -> None:
    tokens = post.member()
    first, last = f"{unique()}@example.com", f"{unique()}@example.com"
    change_email(post, tokens, first)
    change_email(post, tokens, last)
    post.deliver()
    assert (len(post.box.to(first)), len(post.box.to(last))) == (0, 1)


def test_without_mail_an_address_changes_at_once(world: World) -> None:
    tokens, other = world.register(unique()), world.register(unique())
    new = f"{unique()}@example.com"

    def change(email: str) -> Answer:
        return world.call(
            "POST", "/auth/change-email", {"email": email}, token=tokens["access_token"]
        )

    assert change(new).json == {"confirmation": False}
    assert world.log_in(new).status == 200
    assert world.log_in(tokens["user"]["email"]).status == 401
    assert change(other["user"]["email"]).code == "email_refused"
    assert change("nobody").code == "invalid"
    world.register(tokens["user"]["username"] + "2")


def test_changing_the_address_needs_a_recent_proof(post: Post) -> None:
    tokens = post.member()
    post.world.clock.move(600)
    answer = change_email(post, tokens, f"{unique()}@example.com")
    assert (answer.status, answer.code) == (403, "step_up_required")


@pytest.mark.parametrize("is_sent", [True, False], ids=["sent", "waiting"])
@pytest.mark.parametrize("end", ["disabled", "deleted", "left"])
def test_a_link_to_another_address_ends_with_the_access(
    post: Post, end: str, is_sent: bool
) -> None:
    admin = post.member()
    post.world.change_user(admin["user"], role="admin")
    admin = post.world.refresh(admin["refresh_token"]).json
    name, new = unique(), f"{unique()}@example.com"
    body = {"username": name, "email": f"{name}@example.com", "password": PASSWORD}
    made = post.world.call("POST", "/admin/users", body, token=admin["access_token"])
    assert made.status == 201, made.json
    path, member = f"/admin/users/{made.json['id']}", post.world.log_in(name).json
    assert change_email(post, member, new).status == 202
    link = post.newest(new).token if is_sent else None

    def act(method: str, path: str, body: Any = None, tokens: Any = admin) -> None:
        answer = post.world.call(method, path, body, token=tokens["access_token"])
        assert answer.status < 300, answer.json

    if end == "disabled":
        act("PATCH", path, {"is_active": False})
    elif end == "deleted":
        act("DELETE", path)
    else:
        act("DELETE", "/auth/account", tokens=member)
    if link is not None:
        assert verify(post, link).code == "link_invalid"
    act("PATCH", path, {"is_active": True})
    # Nor is it good again when the person may sign in again.
    if link is not None:
        assert verify(post, link).code == "link_invalid"
    else:
        post.deliver()
        assert post.box.to(new) == []
    assert post.world.log_in(name).json["user"]["email"] == f"{name}@example.com"
