"""Settings of outgoing mail. The server's address holds a password, so it is no trait: ``QUANTLAB_SMTP_URL``."""

from __future__ import annotations

from traitlets import Float, Int, Unicode
from traitlets.config import Configurable


class MailSettings(Configurable):
    """Outgoing mail. The server comes from ``QUANTLAB_SMTP_URL``: ``smtp://user:password@host:587`` or ``smtps://``."""

    sender = Unicode(
        "",
        config=True,
        help="Address that mails come from; empty: no-reply at the host of public_url.",
    )
    sender_name = Unicode("QuantLab", config=True, help="Name that mails come from.")
    translations = Unicode(
        "",
        config=True,
        help="Folder of gettext catalogues for mails, as <language>/LC_MESSAGES/quantlab_mail.mo; empty: English only.",
    )
    timeout = Float(
        30.0, min=0.1, config=True, help="Seconds that each step with the mail server may take."
    )
    poll = Float(
        5.0, min=0.05, config=True, help="Seconds between looks at what other processes queued."
    )
    retry = Float(
        30.0,
        min=0.05,
        config=True,
        help="Seconds until the first retry; each further one waits twice as long, at most an hour.",
    )
    give_up = Float(
        86_400.0,
        min=0.0,
        config=True,
        help="Seconds after which a mail that cannot be sent is given up.",
    )
    reset_lifetime = Int(
        3600, min=60, max=3600, config=True, help="Seconds that a link to set a password is good."
    )
    verify_lifetime = Int(
        86_400, min=60, max=86_400, config=True, help="Seconds that a link to confirm is good."
    )
    unverified_days = Int(
        7,
        min=1,
        config=True,
        help="Days after which an account whose address was never confirmed is removed, so that the address is free.",
    )
    revert_lifetime = Int(
        7 * 86_400,
        min=86_400,
        config=True,
        help="Seconds in which a changed address can be taken back by a link in a mail to the old one.",
    )
