"""Passkey ceremonies by the library ``webauthn``: options for the browser, and what comes back, checked.

The library is imported when it is first used: half a second that a server's start and most processes can do without.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from quantlab_server.factors.relying_party import RelyingParty

TIMEOUT_MS = 300_000


class PasskeyRefused(Exception):
    """What came back proves nothing. ``reason`` is for the log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Known:
    """A stored passkey as far as a check needs it."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    transports: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Made:
    """A new passkey."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    transports: list[str]
    synced: bool


@dataclass(frozen=True, slots=True)
class Used:
    """A passkey that signed. ``verified``: its authenticator checked a finger, a face or a PIN."""

    sign_count: int
    verified: bool
    synced: bool


def creation_options(
    rp: RelyingParty, challenge: bytes, user_id: bytes, login: str, known: Sequence[Known]
) -> dict[str, Any]:
    """For ``navigator.credentials.create``. ``known`` are not made a second time."""
    import webauthn
    from webauthn.helpers import options_to_json_dict, structs

    options = webauthn.generate_registration_options(
        rp_id=rp.id,
        rp_name="QuantLab",
        user_id=user_id,
        user_name=login,
        user_display_name=login,
        challenge=challenge,
        timeout=TIMEOUT_MS,
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.PREFERRED,
            user_verification=structs.UserVerificationRequirement.PREFERRED,
        ),
        exclude_credentials=_descriptors(known),
    )
    return dict(options_to_json_dict(options))


def request_options(
    rp: RelyingParty, challenge: bytes, known: Sequence[Known], *, verified: bool
) -> dict[str, Any]:
    """For ``navigator.credentials.get``. Without ``known`` the person chooses among what the device holds."""
    import webauthn
    from webauthn.helpers import options_to_json_dict, structs

    verification = structs.UserVerificationRequirement
    options = webauthn.generate_authentication_options(
        rp_id=rp.id,
        challenge=challenge,
        timeout=TIMEOUT_MS,
        allow_credentials=_descriptors(known),
        user_verification=verification.REQUIRED if verified else verification.PREFERRED,
    )
    return dict(options_to_json_dict(options))


def check_creation(rp: RelyingParty, challenge: bytes, credential: dict[str, Any]) -> Made:
    """The new passkey.

    Raises:
        PasskeyRefused: another challenge, site or form.
    """
    import webauthn
    from webauthn.helpers.structs import CredentialDeviceType

    try:
        made = webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=rp.id,
            expected_origin=list(rp.origins),
        )
    except Exception as error:
        # The library's own errors, and whatever its parsers raise on what is no credential at all.
        raise PasskeyRefused(type(error).__name__) from None
    response = credential.get("response")
    given = response.get("transports") if isinstance(response, dict) else None
    return Made(
        made.credential_id,
        made.credential_public_key,
        made.sign_count,
        [one for one in (given or []) if one in _TRANSPORTS] if isinstance(given, list) else [],
        made.credential_device_type is CredentialDeviceType.MULTI_DEVICE,
    )


def check_use(
    rp: RelyingParty,
    challenge: bytes,
    credential: dict[str, Any],
    known: Known,
    *,
    verified: bool,
) -> Used:
    """What a passkey signed. ``verified``: the person itself must have been checked, not only a device be there.

    Raises:
        PasskeyRefused: another challenge, site, key or form; or its counter went back, so that it may be a copy.
    """
    import webauthn
    from webauthn.helpers.structs import CredentialDeviceType

    try:
        used = webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=rp.id,
            expected_origin=list(rp.origins),
            credential_public_key=known.public_key,
            # The counter is judged below, because what happens then is another matter.
            credential_current_sign_count=0,
            require_user_verification=verified,
        )
    except Exception as error:
        raise PasskeyRefused(type(error).__name__) from None
    # Authenticators without a counter always say 0.
    if (known.sign_count or used.new_sign_count) and used.new_sign_count <= known.sign_count:
        raise PasskeyRefused(COUNTER)
    synced = used.credential_device_type is CredentialDeviceType.MULTI_DEVICE
    return Used(used.new_sign_count, used.user_verified, synced)


COUNTER = "counter"
_TRANSPORTS = frozenset({"usb", "nfc", "ble", "smart-card", "hybrid", "internal"})


def _descriptors(known: Sequence[Known]) -> list[Any]:
    from webauthn.helpers import structs

    return [
        structs.PublicKeyCredentialDescriptor(
            id=one.credential_id,
            transports=[structs.AuthenticatorTransport(name) for name in one.transports] or None,
        )
        for one in known
    ]
