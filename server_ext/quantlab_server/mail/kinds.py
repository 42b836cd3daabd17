"""What mails there are."""

from __future__ import annotations

from enum import StrEnum


class MailKind(StrEnum):
    """What a mail is about. Its words are in ``letters.py``."""

    VERIFY = "verify"
    ALREADY_REGISTERED = "already_registered"
    REGISTERED_AGAIN = "registered_again"
    RESET = "reset"
    WELCOME = "welcome"
    PASSWORD_CHANGED = "password_changed"
    CHANGE_EMAIL = "change_email"
    EMAIL_CHANGED = "email_changed"
    NEW_DEVICE = "new_device"
    TOKEN_REUSED = "token_reused"
    FACTOR_ADDED = "factor_added"
    FACTOR_REMOVED = "factor_removed"
    RECOVERY_CODES_MADE = "recovery_codes_made"
    LOG_IN_LINKED = "log_in_linked"
    ACCOUNT_LEAVING = "account_leaving"
    INVITATION = "invitation"
