"""The words of mails: a subject, paragraphs, and perhaps one link. Text and HTML are made of the same letter.

Each text goes through gettext (domain ``quantlab_mail``). Nothing that a stranger typed is in a mail to somebody who
did not ask for it: sign-up must not be a way to have us send a stranger's words.
"""

from __future__ import annotations

import gettext
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from quantlab_server.mail.kinds import MailKind

DOMAIN = "quantlab_mail"

Translate = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail says. ``action`` is what the link's button is called; None: no link."""

    subject: str
    paragraphs: tuple[str, ...]
    action: str | None = None


def write(kind: MailKind, data: Mapping[str, Any], _: Translate) -> Letter:
    """The letter of a kind; ``data`` is what was queued with it."""
    return _LETTERS[kind](data, _)


def translator(folder: str, language: str) -> Translate:
    """Translates into ``language`` ("de", "pt-BR") if there is a catalogue of it, else not at all."""
    tag = language.replace("-", "_")
    languages = [tag, tag.partition("_")[0]] if _is_plain(tag) else []
    if not folder or not languages:
        return gettext.NullTranslations().gettext
    return gettext.translation(DOMAIN, folder, languages, fallback=True).gettext


def _is_plain(tag: str) -> bool:
    # It becomes the name of a folder.
    return bool(tag) and all(part.isascii() and part.isalnum() for part in tag.split("_"))


def _verify(_data: Mapping[str, Any], _: Translate) -> Letter:
    return Letter(
        _("Confirm your e-mail address"),
        (
            _("Somebody, probably you, signed up for QuantLab with this address."),
            _("Confirm that it is yours. The link is good for a day and works once."),
            _("If it was not you, ignore this mail: without the link nobody can use the account."),
        ),
        _("Confirm the address"),
    )


def _already(_data: Mapping[str, Any], _: Translate) -> Letter:
    return Letter(
        _("You have a QuantLab account already"),
        (
            _("Somebody, probably you, tried to sign up with this address."),
            _(
                "It belongs to an account already. Sign in to it; if you do not know the password any more,"
                " choose “Forgot password?” there."
            ),
            _("If it was not you, there is nothing to do: nothing was changed."),
        ),
    )


def _again(_data: Mapping[str, Any], _: Translate) -> Letter:
    return Letter(
        _("Choose your password for QuantLab"),
        (
            _("Somebody, probably you, signed up with this address more than once."),
            _(
                "So that nobody else's password opens your account, none of those counts: choose it here. The link is"
                " good for an hour and works once."
            ),
            _("If it was not you, ignore this mail: without the link nobody can use the account."),
        ),
        _("Choose a password"),
    )


def _reset(_data: Mapping[str, Any], _: Translate) -> Letter:
    return Letter(
        _("Choose a new password"),
        (
            _("A new password was asked for, for the QuantLab account with this address."),
            _("The link is good for an hour and works once. It signs the account out everywhere."),
            _("If it was not you, ignore this mail: the password stays as it is."),
        ),
        _("Choose a new password"),
    )


def _welcome(_data: Mapping[str, Any], _: Translate) -> Letter:
    return Letter(
        _("Your QuantLab account"),
        (
            _("An administrator made a QuantLab account for this address."),
            _("Choose a password to use it. The link is good for a day and works once."),
            _("If you did not expect this, ignore this mail: nobody can use the account."),
        ),
        _("Choose a password"),
    )


def _password_changed(data: Mapping[str, Any], _: Translate) -> Letter:
    return Letter(
        _("Your password was changed"),
        (
            _("The password of your QuantLab account was changed on %(time)s.") % _shown(data),
            _("If it was not you, choose “Forgot password?” where you sign in, at once."),
        ),
    )


def _change_email(_data: Mapping[str, Any], _: Translate) -> Letter:
    return Letter(
        _("Confirm your new e-mail address"),
        (
            _("This address is to become the one of a QuantLab account."),
            _("Confirm that it is yours. The link is good for a day and works once."),
            _("If you did not ask for this, ignore this mail: nothing is changed."),
        ),
        _("Confirm the address"),
    )


def _email_changed(data: Mapping[str, Any], _: Translate) -> Letter:
    return Letter(
        _("Your e-mail address was changed"),
        (
            _(
                "On %(time)s another address became the one of your QuantLab account. Mails go there from now on."
            )
            % _shown(data),
            _(
                "If it was not you, take it back: this address becomes the account's again, and whoever is signed"
                " in to it is signed out. The link is good for seven days."
            ),
        ),
        _("Take it back"),
    )


def _new_device(data: Mapping[str, Any], _: Translate) -> Letter:
    return Letter(
        _("A new device signed in to your account"),
        (
            _("On %(time)s somebody signed in to your QuantLab account with %(device)s.")
            % _shown(data),
            _("The connection came from %(address)s.") % _shown(data),
            _(
                "If it was you, there is nothing to do. If not, choose “Forgot password?” where you sign in: a new"
                " password signs the account out everywhere."
            ),
        ),
    )


def _token_reused(data: Mapping[str, Any], _: Translate) -> Letter:
    return Letter(
        _("We ended a session of yours"),
        (
            _(
                "On %(time)s a key that your browser had used up was used again, from %(address)s. That happens when"
                " somebody copied it, so that session was ended."
            )
            % _shown(data),
            _(
                "Sign in again. If you did not copy a browser profile yourself, change your password and look through"
                " your activity."
            ),
        ),
    )


def _account_leaving(data: Mapping[str, Any], _: Translate) -> Letter:
    return Letter(
        _("Your account will be deleted"),
        (
            _(
                "As you asked, your QuantLab account and everything in it will be deleted on %(time)s. You are signed"
                " out everywhere."
            )
            % _shown(data),
            _("Until then you can keep it: sign in, and choose “Keep my account”."),
            _(
                "If it was not you, do that at once, and change your password: somebody else knows how to sign in."
            ),
        ),
    )


def _invitation(data: Mapping[str, Any], _: Translate) -> Letter:
    # Administrators write no text of their own; tenant and name are theirs, so that the reader knows who asks.
    named = {name: str(data.get(name, "?")) for name in ("inviter", "tenant", "days")}
    return Letter(
        _("You are invited to QuantLab"),
        (
            _("%(inviter)s invites you to “%(tenant)s” on QuantLab.") % named,
            _(
                "Create an account with this address, or join with the one that you have. The link is good for"
                " %(days)s days and works once."
            )
            % named,
            _("If you do not know who that is, ignore this mail: nothing happens without you."),
        ),
        _("See the invitation"),
    )


def _shown(data: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(data.get(name, "?")) for name in ("time", "device", "address")}


def _factor_added(data: Mapping[str, Any], _: Translate) -> Letter:
    said = _("An app for codes or a passkey was added to your QuantLab account on %(time)s.")
    return Letter(_("A way to sign in was added"), (said % _shown(data), _if_not_you(_)))


def _factor_removed(data: Mapping[str, Any], _: Translate) -> Letter:
    said = _("An app for codes or a passkey was removed from your QuantLab account on %(time)s.")
    return Letter(_("A way to sign in was removed"), (said % _shown(data), _if_not_you(_)))


def _recovery_codes_made(data: Mapping[str, Any], _: Translate) -> Letter:
    said = _("New recovery codes were made on %(time)s. The ones before are good for nothing.")
    return Letter(_("You have new recovery codes"), (said % _shown(data), _if_not_you(_)))


def _log_in_linked(data: Mapping[str, Any], _: Translate) -> Letter:
    said = _("Since %(time)s one can sign in to your QuantLab account by a log-in at %(provider)s.")
    undo = _(
        "If it was not you, sign in, unlink that log-in on your account page, and change your password."
    )
    names = {"time": data.get("time", "?"), "provider": data.get("provider", "?")}
    return Letter(_("A way to sign in was added"), (said % names, undo))


def _if_not_you(_: Translate) -> str:
    return _("If it was not you, choose “Forgot password?” where you sign in, at once.")


_LETTERS: dict[MailKind, Callable[[Mapping[str, Any], Translate], Letter]] = {
    MailKind.VERIFY: _verify,
    MailKind.ALREADY_REGISTERED: _already,
    MailKind.REGISTERED_AGAIN: _again,
    MailKind.RESET: _reset,
    MailKind.WELCOME: _welcome,
    MailKind.PASSWORD_CHANGED: _password_changed,
    MailKind.CHANGE_EMAIL: _change_email,
    MailKind.EMAIL_CHANGED: _email_changed,
    MailKind.NEW_DEVICE: _new_device,
    MailKind.TOKEN_REUSED: _token_reused,
    MailKind.FACTOR_ADDED: _factor_added,
    MailKind.FACTOR_REMOVED: _factor_removed,
    MailKind.RECOVERY_CODES_MADE: _recovery_codes_made,
    MailKind.LOG_IN_LINKED: _log_in_linked,
    MailKind.ACCOUNT_LEAVING: _account_leaving,
    MailKind.INVITATION: _invitation,
}
