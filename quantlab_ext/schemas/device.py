"""Wire models of log-in by device code (RFC 8628)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from quantlab_ext.schemas.api_tokens import Scopes
from quantlab_ext.schemas.base import Answer, Name, Wire

UserCode = Annotated[str, Field(min_length=1, max_length=40)]


class DeviceStart(Wire):
    """A program asks to be let in by a person at another screen. Without scopes: everything a token can have."""

    client_name: Name
    scopes: Scopes | None = None


class DeviceCodes(Answer):
    """What the program shows (``user_code``, where to type it) and what it keeps to itself (``device_code``)."""

    device_code: str
    user_code: str
    verification_uri: str
    verification_uri_complete: str
    expires_in: int = Field(description="Seconds.")
    interval: int = Field(description="Seconds between questions, at least.")


class DevicePoll(Wire):
    """The program asks whether the person has decided."""

    device_code: Annotated[str, Field(min_length=1, max_length=200)]
    grant_type: Literal["urn:ietf:params:oauth:grant-type:device_code"] | None = None


class DeviceToken(Answer):
    """The API token of a program that was let in; shown this once."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"
    expires_in: int = Field(description="Seconds.")
    scope: str = Field(description="Separated by spaces.")


class DeviceCode(Wire):
    """The code that the program shows; hyphens, spaces and small letters do not matter."""

    user_code: UserCode


class DeviceRequest(Answer):
    """Who asks to be let in."""

    client_name: str
    address: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime
