"""Mailed links: confirming an address, a forgotten password, another address and back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import partial

import pytest

from quantlab_server.auth.even_time import EVEN_SECONDS
from tests.support.mail import PUBLIC_URL, Mailbox
from tests.unit.auth.mailing import NEW, Post, forgot, reset, told, verify
from tests.unit.auth.world import PASSWORD, Answer, World, unique

HOUR, DAY = 3600, 86_400


# ---- signing up -------------------------------------------------------------------------------------------


def test_who_signed_up_signs_in_once_the_address_is_confirmed(post: Post) -> None:
    name = unique()
    answer = post.sign_up(name)
    assert (answer.status, answer.json, answer.cookies) == (202, {"status": "accepted"}, {})
    mail = post.newest(f"{name}@example.com")
    assert mail.link == f"{PUBLIC_URL}/account/verify#token={mail.token}"
    assert name not in mail.text + mail.html
    unverified, wrong = post.world.log_in(name), post.world.log_in(name, "wrong wrong wrong")
    assert told(unverified)[:2] == told(wrong)[:2]
    assert unverified.code == "invalid_credentials"
    assert verify(post, mail.token).status == 204
    assert post.world.log_in(name).status == 200
    assert verify(post, mail.token).code == "link_invalid"


def test_signing_up_tells_nobody_who_has_an_account(post: Post) -> None:
    user = post.member()["user"]
    hashes = post.world.services.accounts.hasher.hashes
    new = post.sign_up(unique())
    known = post.sign_up(unique(), user["email"])
    taken = post.sign_up(user["username"], f"{unique()}@example.com")
    assert told(new) == told(known) == told(taken)
    assert post.world.services.accounts.hasher.hashes == hashes + 3
    mail = post.newest(user["email"])
    assert mail.subject == "You have a QuantLab account already"
    assert "#" not in mail.text


def test_a_taken_username_is_settled_by_who_owns_the_address(post: Post) -> None:
    user, email = post.member()["user"], f"{unique()}@example.com"
    post.sign_up(user["username"], email)
    token = post.newest(email).token
    assert verify(post, token).code == "username_needed"
    assert verify(post, token, username=user["username"].upper()).code == "username_refused"
    wanted = unique()
    assert verify(post, token, username=wanted).status == 204
    assert post.world.log_in(wanted).json["user"]["email"] == email


def sign_up_again(post: Post, email: str) -> None:
    body = {"username": unique(), "email": email, "password": NEW}
    assert post.world.call("POST", "/auth/register", body).status == 202


def test_of_two_who_sign_up_with_an_address_its_owner_alone_chooses_the_password(
    post: Post,
) -> None:
    name = unique()
    email = f"{name}@example.com"
    post.sign_up(name)
    first = post.newest(email).token
    sign_up_again(post, email)
    mail = post.newest(email)
    assert mail.subject == "Choose your password for QuantLab"
    assert mail.link == f"{PUBLIC_URL}/account/reset#token={mail.token}"
    assert verify(post, first).code == "link_invalid"
    assert reset(post, mail.token, "four yellow tram stops").status == 204
    for password in (PASSWORD, NEW):
        assert post.world.log_in(email, password).status == 401
    assert post.world.log_in(email, "four yellow tram stops").status == 200


def test_a_link_of_the_first_sign_up_lets_no_password_in_after_the_second(post: Post) -> None:
    name = unique()
    email = f"{name}@example.com"
    post.sign_up(name)
    first = post.newest(email).token
    for _ in range(2):
        assert forgot(post, email).status == 202
    post.deliver()
    # Three mails went there within the hour, so this one sends none, and the first link stays good.
    sign_up_again(post, email)
    assert post.deliver() == 0
    assert verify(post, first).status == 204
    for password in (PASSWORD, NEW):
        assert post.world.log_in(email, password).status == 401


def test_asking_for_the_link_again_after_a_second_sign_up_gives_the_same_choice(post: Post) -> None:
    name = unique()
    email = f"{name}@example.com"
    post.sign_up(name)
    sign_up_again(post, email)
    post.deliver()
    answer = post.world.call("POST", "/auth/verify-email/resend", {"email": email})
    assert answer.status == 202
    assert post.newest(email).subject == "Choose your password for QuantLab"


def test_the_link_is_sent_again_to_who_waits_for_it_only(post: Post) -> None:
    name, user = unique(), post.member()["user"]
    post.sign_up(name)
    post.deliver()
    answers = [
        post.world.call("POST", "/auth/verify-email/resend", {"email": email})
        for email in (f"{name}@example.com", user["email"], f"{unique()}@example.com")
    ]
    assert {answer.status for answer in answers} == {202}
    assert told(answers[0]) == told(answers[1]) == told(answers[2])
    before = len(post.box.to(user["email"]))
    assert post.deliver() == 1
    assert len(post.box.to(f"{name}@example.com")) == 2
    assert len(post.box.to(user["email"])) == before


def test_a_link_to_confirm_is_good_for_a_day(post: Post) -> None:
    name = unique()
    post.sign_up(name)
    token = post.newest(f"{name}@example.com").token
    post.world.clock.move(DAY + 1)
    assert verify(post, token).code == "link_invalid"


def test_one_address_gets_three_mails_an_hour(post: Post) -> None:
    user, nobody = post.member()["user"], f"{unique()}@example.com"
    before = len(post.box.to(user["email"]))
    answers = [forgot(post, email) for email in (user["email"], nobody) for _ in range(5)]
    assert {answer.status for answer in answers} == {202}
    post.deliver()
    # One of the three was the mail to confirm the address.
    assert len(post.box.to(user["email"])) == before + 2
    post.world.clock.move(HOUR + 1)
    forgot(post, user["email"])
    post.deliver()
    assert len(post.box.to(user["email"])) == before + 3


def test_what_mails_may_follow_takes_its_time_whatever_it_finds(post: Post) -> None:
    waiting, user, nobody = unique(), post.member()["user"]["email"], f"{unique()}@example.com"
    post.sign_up(waiting)
    emails = (f"{waiting}@example.com", user, nobody)

    def resend(email: str) -> Answer:
        return post.world.call("POST", "/auth/verify-email/resend", {"email": email})

    asks: list[Callable[[], Answer]] = [
        *(partial(forgot, post, email) for email in emails),
        *(partial(resend, email) for email in emails),
        *(partial(post.sign_up, unique(), email) for email in (*emails, f"{unique()}@example.com")),
    ]
    for ask in asks:
        began = time.monotonic()
        assert ask().status == 202
        # The clock may tick a little less than was slept.
        assert time.monotonic() - began >= 0.99 * EVEN_SECONDS


# ---- a forgotten password ---------------------------------------------------------------------------------


def test_a_new_password_ends_every_session_and_api_token(post: Post) -> None:
    tokens = post.member()
    user = tokens["user"]
    second = post.world.log_in(user["username"]).json
    wanted = {"name": "script", "scopes": ["profile:read"], "expires_in_days": 1}
    made = post.world.call("POST", "/auth/api-tokens", wanted, token=tokens["access_token"])
    assert made.status == 201, made.json
    assert post.world.is_signed_in(made.json["token"])
    assert forgot(post, user["email"]).status == 202
    token = post.newest(user["email"]).token
    assert reset(post, token).status == 204
    assert not post.world.is_signed_in(made.json["token"])
    for pair in (tokens, second):
        assert not post.world.is_signed_in(pair["access_token"])
        assert post.world.refresh(pair["refresh_token"]).status == 401
    assert post.world.log_in(user["username"]).status == 401
    assert post.world.log_in(user["username"], NEW).status == 200
    assert reset(post, token).code == "link_invalid"
    assert post.newest(user["email"]).subject != "Choose a new password"
    tags = [event["tag"] for event in post.world.events(user)]
    assert "account:password:reset" in tags
    assert "account:password:reset_asked" in tags


def test_forgetting_tells_nobody_who_has_an_account(post: Post) -> None:
    user = post.member()["user"]
    unverified = unique()
    post.sign_up(unverified)
    disabled = post.member()["user"]
    post.world.change_user(disabled, is_active=False)
    answers = [
        forgot(post, email)
        for email in (
            user["email"],
            user["email"].upper(),
            f"{unverified}@example.com",
            disabled["email"],
            f"{unique()}@example.com",
            user["username"],
            "x\x00@example.com",
        )
    ]
    assert len({repr(told(answer)) for answer in answers}) == 1
    assert answers[0].status == 202
    count = len(post.box.to(disabled["email"]))
    post.deliver()
    assert len(post.box.to(disabled["email"])) == count


def test_one_link_is_good_at_a_time_and_for_an_hour(post: Post) -> None:
    user = post.member()["user"]
    forgot(post, user["email"])
    first = post.newest(user["email"]).token
    forgot(post, user["email"])
    second = post.newest(user["email"]).token
    assert reset(post, first).code == "link_invalid"
    post.world.clock.move(HOUR + 1)
    assert reset(post, second).code == "link_invalid"


def test_a_password_that_is_refused_uses_nothing_up(post: Post) -> None:
    user = post.member()["user"]
    forgot(post, user["email"])
    token = post.newest(user["email"]).token
    for bad in ("short", "password1234", f"{user['username']}!!"):
        assert reset(post, token, bad).status == 422
    assert reset(post, token).status == 204


def test_every_failing_reset_costs_one_hash(post: Post) -> None:
    user = post.member()["user"]
    forgot(post, user["email"])
    token = post.newest(user["email"]).token
    hasher = post.world.services.accounts.hasher
    foreign = post.member()["user"]
    other_tenant = token[:4] + "A" * 20 + token[24:]
    for bad in (token[:-1] + ("A" if token[-1] != "A" else "B"), "qlo_", "x" * 200, other_tenant):
        before = hasher.hashes
        assert reset(post, bad).code == "link_invalid"
        assert hasher.hashes == before + 1
    assert foreign["id"] != user["id"]


def test_a_token_is_good_for_one_purpose_only(post: Post) -> None:
    name = unique()
    post.sign_up(name)
    confirm = post.newest(f"{name}@example.com").token
    assert reset(post, confirm).code == "link_invalid"
    forgot(post, f"{name}@example.com")
    renew = post.newest(f"{name}@example.com").token
    assert verify(post, renew).code == "link_invalid"
    bearer = post.world.call("GET", "/auth/profile", token=renew)
    assert bearer.status == 401
    # Whoever reads the address's mail has confirmed it.
    assert reset(post, renew).status == 204
    assert verify(post, confirm).code == "link_invalid"
    assert post.world.log_in(name, NEW).status == 200


def test_a_changed_password_ends_the_links(post: Post) -> None:
    tokens = post.member()
    user = tokens["user"]
    forgot(post, user["email"])
    mailed = post.newest(user["email"]).token
    forgot(post, user["email"])
    body = {"current_password": PASSWORD, "new_password": NEW}
    changed = post.world.call("POST", "/auth/change-password", body, token=tokens["access_token"])
    assert changed.status == 200
    # The link that was mailed is dead, the one that waited is never sent; the notice is.
    assert post.newest(user["email"]).subject == "Your password was changed"
    assert post.box.to(user["email"])[-2].token == mailed
    assert reset(post, mailed).code == "link_invalid"


def test_of_ten_resets_with_one_token_one_counts(post: Post) -> None:
    user = post.member()["user"]
    forgot(post, user["email"])
    token = post.newest(user["email"]).token

    async def rush() -> list[Answer]:
        bodies = [{"token": token, "new_password": f"{NEW} {n}"} for n in range(10)]
        return await asyncio.gather(
            *(post.world.send("POST", "/auth/reset-password", body) for body in bodies)
        )

    assert sorted(answer.status for answer in post.world.run(rush())) == [204] + [422] * 9


def test_no_refresh_outlives_a_reset(post: Post) -> None:
    """Whatever comes first: a refresh that runs beside a reset leaves nothing that works afterwards."""
    for _ in range(5):
        tokens = post.member()
        forgot(post, tokens["user"]["email"])
        token = post.newest(tokens["user"]["email"]).token

        async def rush(text: str, old: str) -> list[Answer]:
            refresh = {"refresh_token": old}
            return await asyncio.gather(
                *(post.world.send("POST", "/auth/refresh", refresh) for _ in range(4)),
                post.world.send(
                    "POST", "/auth/reset-password", {"token": text, "new_password": NEW}
                ),
                *(post.world.send("POST", "/auth/refresh", refresh) for _ in range(4)),
            )

        answers = post.world.run(rush(token, tokens["refresh_token"]))
        assert answers[4].status == 204
        for answer in answers:
            if answer.status == 200:
                assert not post.world.is_signed_in(answer.json["access_token"])
                assert post.world.refresh(answer.json["refresh_token"]).status == 401


# ---- notices ----------------------------------------------------------------------------------------------


def test_a_new_device_is_told_and_a_known_one_is_not(post: Post) -> None:
    user = post.member()["user"]
    count = len(post.box.to(user["email"]))
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    post.world.log_in(user["username"])
    post.deliver()
    assert len(post.box.to(user["email"])) == count
    first = post.world.log_in(
        user["username"], address="203.0.113.9", headers={"User-Agent": agent}
    )
    mail = post.newest(user["email"])
    assert mail.subject == "A new device signed in to your account"
    assert "Firefox · Linux" in mail.text
    assert "203.0.113.9" in mail.text
    assert "Mozilla" not in mail.text
    # Known by its cookie, wherever it is.
    post.world.log_in(user["username"], address="203.0.113.77", cookies=first.cookies)
    assert post.deliver() == 0


def test_after_a_reset_no_device_is_known(post: Post) -> None:
    """Whoever had the old password may have signed in from one."""
    user = post.member()["user"]
    known = post.world.log_in(user["username"]).cookies
    forgot(post, user["email"])
    assert reset(post, post.newest(user["email"]).token).status == 204
    post.deliver()
    agent = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
    again = post.world.log_in(user["username"], NEW, cookies=known, headers=agent)
    assert again.status == 200
    assert post.newest(user["email"]).subject == "A new device signed in to your account"
    post.world.log_in(user["username"], NEW, cookies=again.cookies, headers=agent)
    assert post.deliver() == 0


def test_a_copied_token_is_told(post: Post) -> None:
    tokens = post.member()
    old = tokens["refresh_token"]
    newer = post.world.refresh(old).json["refresh_token"]
    post.world.refresh(post.world.refresh(newer).json["refresh_token"])
    post.world.clock.move(60)
    assert post.world.refresh(old).code == "token_reused"
    assert post.newest(tokens["user"]["email"]).subject == "We ended a session of yours"


# ---- who may sign up --------------------------------------------------------------------------------------


@pytest.mark.usefixtures("central_keys")
@pytest.mark.parametrize(
    ("setting", "mode", "mail", "expected"),
    [
        ("", "embedded", False, "open"),
        ("", "central", False, "invitation"),
        ("", "central", True, "open"),
        ("open", "central", False, "open"),
        ("closed", "central", True, "closed"),
    ],
)
def test_strangers_come_in_where_mail_proves_who_they_are(
    make: Callable[..., World], box: Mailbox, setting: str, mode: str, mail: bool, expected: str
) -> None:
    where = {"smtp_url": box.url, "public_url": PUBLIC_URL} if mail else {}
    world = make(mode=mode, local_account=False, **where)
    world.services.settings.service.registration = setting
    assert world.call("GET", "/auth/config").json["registration"] == expected
    body = {"username": unique(), "email": f"{unique()}@example.com", "password": PASSWORD}
    answer = world.call("POST", "/auth/register", body)
    codes = {"invitation": "invitation_required", "closed": "registration_closed"}
    if expected in codes:
        assert (answer.status, answer.code) == (403, codes[expected])
    else:
        assert answer.status in (201, 202)


def test_secrets_are_in_no_log(post: Post, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(0):
        user = post.member()["user"]
        forgot(post, user["email"])
        token = post.newest(user["email"]).token
        reset(post, token)
    # But for the test's mail server, which is somebody else's.
    logged = [record.getMessage() for record in caplog.records if record.name != "mail.log"]
    assert "qlo_" not in repr(logged)
    assert NEW not in repr(logged)
    assert user["email"] not in repr(logged)
    assert "qlo_" not in repr(post.world.events(user))
