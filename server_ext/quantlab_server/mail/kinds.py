"""What mails there are."""

from __future__ import annotations

from enum import StrEnum


class MailKind(StrEnum):
    """What a mail is about. Its words are in ``letters.py``."""

    VERIFY = "verify"
    ALREADY_REGISTERED = "already_registered"
    RESET = "reset"
    PASSWORD_CHANGED = "password_changed"
    CHANGE_EMAIL = "change_email"
    EMAIL_CHANGED = "email_changed"
    NEW_DEVICE = "new_device"
    TOKEN_REUSED = "token_reused"
