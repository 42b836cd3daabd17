"""Wire models of second factors, passkeys and step-up. Secrets appear only where they are handed out once."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, model_validator

from quantlab_ext.schemas.base import Answer, JsonObject, Name, Wire

Code = Annotated[str, Field(min_length=1, max_length=64)]


class Ceremony(Answer):
    """What ``navigator.credentials`` is called with, as JSON; the id goes back with what it gave."""

    challenge_id: UUID
    options: JsonObject


class PasskeyProof(Wire):
    """What a passkey signed: the credential as its own ``toJSON()`` gives it."""

    challenge_id: UUID
    credential: JsonObject


class PasskeyAdd(PasskeyProof):
    """A new passkey and what its person calls it."""

    name: Name


class PasskeyLogIn(PasskeyProof):
    """Signing in by a passkey alone."""

    transport: Literal["cookie", "body"] = "cookie"


class Passkey(Answer):
    """One of the caller's passkeys."""

    id: UUID
    name: str
    created_at: datetime
    last_used_at: datetime | None
    synced: bool = Field(
        description="Kept by a password manager, so a lost device does not lose it."
    )
    usable_here: bool = Field(description="Made for the host name that this request came to.")


class PasskeyAdded(Answer):
    """A new passkey; ``recovery_codes`` (shown once) are there with the first factor only."""

    passkey: Passkey
    recovery_codes: list[str]


class TotpSetup(Answer):
    """What an app for one-time codes is set up with; it counts once a code of it was confirmed."""

    secret: str
    uri: str
    qr_svg: str = Field(description="The address as a QR code, a whole SVG document.")


class TotpConfirm(Wire):
    """A code that the app shows."""

    code: Code


class RecoveryCodes(Answer):
    """New recovery codes, shown once; empty where the person keeps those it has."""

    codes: list[str]


class Totp(Answer):
    """The caller's app for one-time codes."""

    confirmed_at: datetime
    last_used_at: datetime | None


class Factors(Answer):
    """The caller's second factors."""

    totp: Totp | None
    passkeys: list[Passkey]
    recovery_codes_left: int
    required: bool = Field(description="The caller's role must have one.")
    passkeys_available: bool = Field(description="This address has a name that passkeys work with.")


class StepUpOptions(Answer):
    """By what the caller can prove again who it is: by a passkey alone, or by all of the others together."""

    password: bool = Field(description="The account has a password.")
    code: bool = Field(description="A code of the app, or a recovery code, is needed.")
    passkey: Ceremony | None


class StepUp(Wire):
    """Proves again who one is, for what does lasting harm: a passkey, or what ``StepUpOptions`` asks for together."""

    password: Annotated[str, Field(min_length=1, max_length=1024)] | None = None
    otp: Code | None = None
    passkey: PasskeyProof | None = None

    @model_validator(mode="after")
    def _one(self) -> StepUp:
        typed = self.password is not None or self.otp is not None
        if typed == (self.passkey is not None):
            raise ValueError("give a passkey, or a password, a code or both")
        return self
