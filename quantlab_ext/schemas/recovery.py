"""Wire models of mailed links: verification, reset, changed addresses."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from quantlab_ext.schemas.accounts import Secret
from quantlab_ext.schemas.base import Answer, Wire

Address = Annotated[str, Field(min_length=3, max_length=320)]
MailedToken = Annotated[str, Field(min_length=1, max_length=200)]


class ForgotPassword(Wire):
    """Asks for a link to set a new password."""

    email: Address


class ResetPassword(Wire):
    """Sets a new password by a mailed token."""

    token: MailedToken
    new_password: Secret


class VerifyEmail(Wire):
    """Confirms an address. ``username`` where the wanted one was taken (409 ``username_needed``)."""

    token: MailedToken
    username: Annotated[str, Field(min_length=1, max_length=200)] | None = None


class ResendVerification(Wire):
    """Asks for the link to confirm an address again."""

    email: Address


class ChangeEmail(Wire):
    """Asks for another address."""

    email: Address


class RevertEmail(Wire):
    """Takes an old address back by a mailed token."""

    token: MailedToken


class Accepted(Answer):
    """What is to happen happens by mail, if at all; the answer is the same either way."""

    status: Literal["accepted"] = "accepted"


class EmailChange(Answer):
    """Whether the new address has to be confirmed first."""

    confirmation: bool = Field(
        description="True: a mail with a link is on its way to the new address, if nobody else has it."
    )
