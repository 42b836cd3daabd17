"""The queue of mails: in the act's transaction, sent once, tried again, given up aloud."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from babel.messages import mofile
from babel.messages.catalog import Catalog
from sqlalchemy import select

from quantlab_server.mail.kinds import MailKind
from quantlab_server.mail.letters import DOMAIN, translator, write
from quantlab_server.mail.render import render
from quantlab_server.mail.sender import MailSender
from quantlab_server.mail.smtp import SmtpUrlError, parse_smtp_url
from quantlab_server.models.mail import OneTimeToken, OutgoingMail
from tests.support.mail import PUBLIC_URL, Mailbox
from tests.unit.auth.mailing import Post
from tests.unit.auth.world import World, unique


def rows(world: World, user: dict[str, str], model: Any) -> list[dict[str, Any]]:
    """A person's rows of a table."""
    ids = {"tenant_id": UUID(user["tenant_id"]), "user_id": UUID(user["id"])}
    with world.services.database.transaction(writes=False, **ids) as uow:
        query = select(model.__table__).where(model.user_id == ids["user_id"])
        return [dict(row) for row in uow.execute(query).mappings()]


def forgot(world: World, email: str) -> int:
    return world.call("POST", "/auth/forgot-password", {"email": email}).status


def test_a_mail_is_queued_with_the_act_and_sent_after_it(post: Post) -> None:
    user = post.member()["user"]
    assert forgot(post.world, user["email"]) == 202
    before = len(post.box.to(user["email"]))
    (queued,) = rows(post.world, user, OutgoingMail)
    assert (queued["kind"], queued["attempts"]) == ("reset", 0)
    # Nothing that lets anybody in is in the queue: tokens are drawn when the mail leaves.
    assert "qlo_" not in str(queued)
    assert rows(post.world, user, OneTimeToken) == []
    assert post.deliver() == 1
    mail = post.box.to(user["email"])[before]
    assert mail.subject == "Choose a new password"
    assert rows(post.world, user, OutgoingMail) == []
    (kept,) = rows(post.world, user, OneTimeToken)
    assert mail.token not in str(kept)
    assert mail.token.encode() not in kept["token_hash"]
    assert post.deliver() == 0


def test_links_are_of_the_public_url_whatever_the_request_says(post: Post) -> None:
    user = post.member()["user"]
    headers = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    asked = post.world.call(
        "POST", "/auth/forgot-password", {"email": user["email"]}, headers=headers
    )
    assert asked.status == 202
    mail = post.newest(user["email"])
    assert mail.link == f"{PUBLIC_URL}/account/reset#token={mail.token}"
    assert "evil" not in mail.text + mail.html
    assert mail.message["Auto-Submitted"] == "auto-generated"
    assert mail.message["From"].addresses[0].addr_spec == "no-reply@quantlab.example.org"


def test_nothing_is_lost_while_the_mail_server_is_down(
    post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    user = post.member()["user"]
    sent = len(post.box.to(user["email"]))
    post.world.services.settings.mail.retry = 0.05
    post.box.stop()
    assert forgot(post.world, user["email"]) == 202
    with caplog.at_level(logging.INFO, "quantlab.mail"):
        assert post.deliver() == 0
    (queued,) = rows(post.world, user, OutgoingMail)
    assert queued["attempts"] == 1
    assert queued["last_error"]
    assert user["email"] not in caplog.text
    post.box.start()
    while not post.deliver():
        pass
    assert len(post.box.to(user["email"])) == sent + 1
    assert reset_works(post, post.box.to(user["email"])[-1].token)


def reset_works(post: Post, token: str) -> bool:
    body = {"token": token, "new_password": "nine purple whales 44"}
    return post.world.call("POST", "/auth/reset-password", body).status == 204


def test_tries_are_further_and_further_apart(post: Post) -> None:
    user = post.member()["user"]
    post.box.refuse = "451 later"
    forgot(post.world, user["email"])
    post.deliver()
    (first,) = rows(post.world, user, OutgoingMail)
    assert 25 < (first["due_at"] - first["created_at"]).total_seconds() < 60
    # Not due: nothing is tried.
    assert post.deliver() == 0
    assert rows(post.world, user, OutgoingMail) == [first]


@pytest.mark.parametrize("answer", ["550 no such person", "554 refused"])
def test_what_is_refused_for_good_is_given_up_and_said(
    post: Post, caplog: pytest.LogCaptureFixture, answer: str
) -> None:
    user = post.member()["user"]
    post.box.refuse = answer
    forgot(post.world, user["email"])
    with caplog.at_level(logging.ERROR, "quantlab.mail"):
        assert post.deliver() == 0
    (queued,) = rows(post.world, user, OutgoingMail)
    assert queued["failed_at"] is not None
    assert queued["last_error"] == f"refused ({answer[:3]})"
    assert "given up" in caplog.text
    assert "no such person" not in caplog.text
    post.box.refuse = None
    assert post.deliver() == 0


def test_an_address_that_the_server_cannot_take_holds_nobody_up(
    post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    user = post.member()["user"]
    sent = len(post.box.to(user["email"]))
    post.box.stop()
    post.box.utf8 = False
    post.box.start()
    # Queued first, so tried first.
    assert post.sign_up(unique(), f"é{unique()}@example.com").status == 202
    assert forgot(post.world, user["email"]) == 202
    with caplog.at_level(logging.ERROR, "quantlab.mail"):
        assert post.deliver() == 1
    assert len(post.box.to(user["email"])) == sent + 1
    assert "SMTPUTF8" in caplog.text
    # Given up, so it costs nothing from now on.
    assert post.deliver() == 0
    assert post.waiting() == 0


def test_a_mail_that_cannot_be_written_waits_and_the_others_go(
    post: Post, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    user, other = post.member()["user"], post.member()["user"]
    sent = len(post.box.to(user["email"]))
    folder = tmp_path / "xx" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    catalogue = Catalog(locale="de")
    catalogue.add("Choose a new password", "Ein neues Passwort")
    catalogue.add(
        "The password of your QuantLab account was changed on %(time)s.", "Geändert am %(wrong)s."
    )
    with (folder / f"{DOMAIN}.mo").open("wb") as file:
        mofile.write_mo(file, catalogue)
    post.world.services.settings.mail.translations = str(tmp_path)
    broken = {"Accept-Language": "xx"}
    forgot(post.world, other["email"])
    token = post.newest(other["email"]).token
    body = {"token": token, "new_password": "nine purple whales 44"}
    assert post.world.call("POST", "/auth/reset-password", body, headers=broken).status == 204
    assert forgot(post.world, user["email"]) == 202
    assert post.deliver() == 1
    assert len(post.box.to(user["email"])) == sent + 1
    (waiting,) = rows(post.world, other, OutgoingMail)
    assert (waiting["attempts"], waiting["last_error"]) == (1, "KeyError")


def test_after_a_day_it_is_given_up(post: Post) -> None:
    user = post.member()["user"]
    post.box.refuse = "451 later"
    post.world.services.settings.mail.give_up = 0.0
    forgot(post.world, user["email"])
    post.deliver()
    (queued,) = rows(post.world, user, OutgoingMail)
    assert queued["failed_at"] is not None


def test_two_processes_never_send_one_mail_twice(
    make: Callable[..., World], post: Post, box: Mailbox
) -> None:
    second = make(mode="central", local_account=False, smtp_url=box.url, public_url=PUBLIC_URL)
    people = [post.member()["user"] for _ in range(6)]
    counts = [len(box.to(user["email"])) for user in people]
    for user in people:
        forgot(post.world, user["email"])

    async def rush() -> list[int]:
        senders = [
            MailSender(s.settings, s.database, s.workers, s.mail, s.recovery.links, s.audit)
            for s in (post.world.services, second.services, post.world.services)
        ]
        server = parse_smtp_url(post.world.services.settings)
        return await asyncio.gather(*(sender.run_once(server) for sender in senders))

    assert sum(post.world.run(rush())) == 6
    assert [len(box.to(user["email"])) for user in people] == [n + 1 for n in counts]


def test_a_process_that_died_in_the_middle_loses_nothing(post: Post) -> None:
    """What it took is tried by others once its time is over, and not before."""
    user = post.member()["user"]
    forgot(post.world, user["email"])
    services = post.world.services
    services.settings.mail.timeout = 0.1
    sender = MailSender(
        services.settings,
        services.database,
        services.workers,
        services.mail,
        services.recovery.links,
        services.audit,
    )
    server = parse_smtp_url(services.settings)
    (queued,) = rows(post.world, user, OutgoingMail)
    taken = sender._take(server, UUID(user["tenant_id"]), UUID(user["id"]), queued["id"])
    assert taken is not None
    assert post.deliver() == 0
    (held,) = rows(post.world, user, OutgoingMail)
    assert held["failed_at"] is None
    assert 30 < (held["due_at"] - queued["due_at"]).total_seconds() < 120


def test_without_a_mail_server_nothing_is_queued(world: World) -> None:
    user = world.register(unique())["user"]
    assert forgot(world, user["email"]) == 202
    assert rows(world, user, OutgoingMail) == []
    config = world.call("GET", "/auth/config").json
    assert (config["verification"], config["recovery"]) == (False, False)


@pytest.mark.usefixtures("central_keys")
def test_the_servers_password_is_shown_nowhere(make: Callable[..., World], box: Mailbox) -> None:
    box.stop()
    box.login = ("post", "s3cr:t/of mail")
    box.start()
    url = f"smtp://post:s3cr%3At%2Fof%20mail@127.0.0.1:{box.port}?starttls=never"
    world = make(mode="central", local_account=False, smtp_url=url, public_url=PUBLIC_URL)
    post = Post(world, box)
    assert post.member()
    for shown in (world.services.settings, parse_smtp_url(world.services.settings)):
        assert "s3cr" not in repr(shown)


@pytest.mark.parametrize(
    "url", ["http://mail.example.org", "smtp://", "smtp://h:port", "smtp://a:pw@h?starttls=maybe"]
)
def test_an_address_that_cannot_be_used_is_named_but_not_shown(post: Post, url: str) -> None:
    with pytest.raises(SmtpUrlError, match="QUANTLAB_SMTP_URL") as caught:
        parse_smtp_url(replace(post.world.services.settings, smtp_url=url))
    assert (urlsplit(url).netloc or "\0") not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://h", (587, False, None)),
        ("smtp://u:p@h", (587, False, True)),
        ("smtp://u:p@h:25?starttls=never", (25, False, False)),
        ("smtps://u:p@h", (465, True, False)),
    ],
)
def test_a_password_goes_over_an_encrypted_connection(
    post: Post, url: str, expected: tuple[int, bool, bool | None]
) -> None:
    server = parse_smtp_url(replace(post.world.services.settings, smtp_url=url))
    assert (server.port, server.tls, server.starttls) == expected


def test_mails_speak_the_readers_language(post: Post, tmp_path: Any) -> None:
    folder = tmp_path / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    catalog = Catalog(locale="de")
    catalog.add("Choose a new password", "Wähle ein neues Passwort")
    with (folder / f"{DOMAIN}.mo").open("wb") as file:
        mofile.write_mo(file, catalog)
    user = post.member()["user"]
    post.world.services.settings.mail.translations = str(tmp_path)
    for header, subject in (
        ("de-AT,de;q=0.9", "Wähle ein neues Passwort"),
        ("../../etc", "Choose a new password"),
        ("fr", "Choose a new password"),
    ):
        post.world.call(
            "POST",
            "/auth/forgot-password",
            {"email": user["email"]},
            headers={"Accept-Language": header},
        )
        assert post.newest(user["email"]).subject == subject


@pytest.mark.parametrize("kind", list(MailKind))
def test_every_mail_says_the_same_in_text_and_html(post: Post, kind: MailKind) -> None:
    data = {"time": "2026-11-21 12:00 UTC", "device": "<b>Firefox</b>", "address": "192.0.2.1"}
    letter = write(kind, data, translator("", ""))
    link = "https://quantlab.example.org/account/x#token=qlo_1" if letter.action else None
    message = render(letter, "jo@bücher.example", link, post.world.services.settings)
    text, page = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert page is not None
    for paragraph in letter.paragraphs:
        assert paragraph in text.get_content()
    assert "<b>" not in page.get_content()
    if link is not None:
        assert link in text.get_content()
        assert f'href="{link}"' in page.get_content()
    assert message["To"].addresses[0].domain == "xn--bcher-kva.example"
