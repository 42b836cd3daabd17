"""Makes a message of a letter: text, and HTML of the same words."""

from __future__ import annotations

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime, make_msgid
from html import escape
from urllib.parse import urlsplit

import idna

from quantlab_server.config import Settings
from quantlab_server.db.base import now
from quantlab_server.mail.letters import Letter

# Own colours in both themes: clients that darken mails by themselves leave alone what declares both.
_PAGE = """\
<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark">
<title>{subject}</title></head>
<body style="font-family:system-ui,sans-serif;line-height:1.5;max-width:34em;margin:2em auto;padding:0 1em">
<h1 style="font-size:1.3em">{subject}</h1>
{body}
</body></html>
"""
_LINK = (
    '<p><a href="{url}" style="display:inline-block;padding:.6em 1.2em;border-radius:4px;background:#1565c0;'
    'color:#ffffff;text-decoration:none">{action}</a></p>\n<p style="font-size:.85em">{url}</p>'
)


def sender_of(settings: Settings) -> str:
    """The address that mails come from."""
    host = urlsplit(settings.public_url).hostname or "localhost"
    return settings.mail.sender or f"no-reply@{host}"


def render(
    letter: Letter, recipient: str, link: str | None, settings: Settings, language: str = ""
) -> EmailMessage:
    """The message, ready to send. ``link`` is what the letter's action leads to."""
    sender, to = _address(sender_of(settings), settings.mail.sender_name), _address(recipient)
    plain = to.addr_spec.isascii() and sender.addr_spec.isascii()
    message = EmailMessage(SMTP if plain else SMTPUTF8)
    message["From"], message["To"], message["Subject"] = sender, to, letter.subject
    message["Date"] = format_datetime(now())
    message["Message-ID"] = make_msgid(domain=sender.domain or None)
    # No out-of-office notes back, RFC 3834.
    message["Auto-Submitted"] = "auto-generated"
    paragraphs = list(letter.paragraphs)
    parts = [f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs]
    if link is not None and letter.action is not None:
        # After the first two: what happened, what to do, the link, and what if it was somebody else.
        paragraphs.insert(2, f"{letter.action}:\n{link}")
        parts.insert(2, _LINK.format(url=escape(link), action=escape(letter.action)))
    message.set_content("\n\n".join(paragraphs) + "\n")
    page = _PAGE.format(
        language=escape(language or "en"), subject=escape(letter.subject), body="\n".join(parts)
    )
    message.add_alternative(page, subtype="html")
    return message


def _address(text: str, name: str = "") -> Address:
    local, _, domain = text.rpartition("@")
    try:
        domain = idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        # A bare host name of a test or of one's own machine.
        domain = domain.lower()
    return Address(display_name=name, username=local, domain=domain)
