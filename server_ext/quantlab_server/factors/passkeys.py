"""The rules of passkeys: challenges that are signed once and soon, and credentials that belong to one person."""

from __future__ import annotations

import base64
import binascii
import hashlib
import logging
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from quantlab_ext.schemas.factors import Ceremony, Passkey, PasskeyProof
from quantlab_server.accounts.account import Account
from quantlab_server.audit.service import AuditService
from quantlab_server.audit.tags import AuditTag
from quantlab_server.auth.clock import Clock
from quantlab_server.db.base import new_id
from quantlab_server.db.identities import claim_identity, drop_identity, find_identity
from quantlab_server.db.session import UnitOfWork
from quantlab_server.errors import Conflict, Invalid, NotFound
from quantlab_server.factors import repository, webauthn
from quantlab_server.factors.relying_party import RelyingParty
from quantlab_server.settings_factors import FactorSettings
from quantlab_server.tenants.service import NOBODY

log = logging.getLogger("quantlab.factors")

Purpose = Literal["register", "sign_in", "second_factor", "step_up"]

_CHALLENGE = 32  # bytes
_MOST = 20  # passkeys of one person
_MAX_ID = 1023  # bytes of a credential id, by the standard

# Where nothing but a passkey proves who somebody is, its authenticator must have checked the person.
_VERIFIED: frozenset[Purpose] = frozenset({"sign_in", "step_up"})


class PasskeyRules:
    """Makes challenges and checks what was signed. Every method runs in the caller's transaction."""

    def __init__(self, settings: FactorSettings, audit: AuditService, clock: Clock) -> None:
        self._lifetime = timedelta(seconds=settings.challenge_lifetime)
        self._audit = audit
        self._clock = clock

    def begin_registration(self, uow: UnitOfWork, account: Account, rp: RelyingParty) -> Ceremony:
        """Options to make a passkey.

        Raises:
            Conflict: the person has as many as it may.
        """
        known = _known(uow, account)
        if len(known) >= _MOST:
            raise Conflict(f"You have {_MOST} passkeys. Remove one first.", code="too_many")
        challenge_id, challenge = self._challenge(
            uow, account.tenant_id, account.user_id, "register"
        )
        options = webauthn.creation_options(
            rp, challenge, account.user_id.bytes, account.email or account.username, known
        )
        return Ceremony(challenge_id=challenge_id, options=options)

    def register(
        self,
        uow: UnitOfWork,
        account: Account,
        rp: RelyingParty,
        challenge: bytes | None,
        proof: PasskeyProof,
        name: str,
    ) -> Passkey:
        """Keep a passkey that was just made.

        Raises:
            Invalid: it is not what was asked for.
            Conflict: somebody has it already.
        """
        if challenge is None:
            raise refused()
        try:
            made = webauthn.check_creation(rp, challenge, proof.credential)
        except webauthn.PasskeyRefused as error:
            log.info("a passkey was not accepted: %s", error.reason)
            raise refused() from None
        key = _identity(made.credential_id)
        person = account.tenant_id, account.user_id
        if len(made.credential_id) > _MAX_ID or not claim_identity(uow, "passkey", key, *person):
            raise Conflict("This passkey is in use already.", code="passkey_exists")
        values = {
            "id": new_id(),
            "credential_id": made.credential_id,
            "public_key": made.public_key,
            "sign_count": made.sign_count,
            "rp_id": rp.id,
            "name": name,
            "transports": made.transports,
            "synced": made.synced,
            "created_at": self._now(),
        }
        repository.insert_passkey(uow, {"tenant_id": person[0], "user_id": person[1], **values})
        row = repository.get_passkey(uow, *person, made.credential_id)
        return to_wire(row, rp)

    def begin_use(
        self, uow: UnitOfWork, account: Account, rp: RelyingParty, purpose: Purpose
    ) -> Ceremony | None:
        """Options to use one of the person's passkeys; None when it has none for this site."""
        rows = repository.list_passkeys(uow, account.tenant_id, account.user_id)
        known = [_to_known(row) for row in rows if row.rp_id == rp.id]
        if not known:
            return None
        challenge_id, challenge = self._challenge(uow, account.tenant_id, account.user_id, purpose)
        options = webauthn.request_options(rp, challenge, known, verified=purpose in _VERIFIED)
        return Ceremony(challenge_id=challenge_id, options=options)

    def begin_sign_in(self, uow: UnitOfWork, rp: RelyingParty) -> Ceremony:
        """Options to sign in by whichever passkey the device holds; nobody is known yet."""
        uow.become(NOBODY, NOBODY)
        challenge_id, challenge = self._challenge(uow, NOBODY, NOBODY, "sign_in")
        options = webauthn.request_options(rp, challenge, (), verified=True)
        return Ceremony(challenge_id=challenge_id, options=options)

    def take(
        self, uow: UnitOfWork, tenant_id: UUID, user_id: UUID, proof: PasskeyProof, purpose: Purpose
    ) -> bytes | None:
        """Use up a challenge, whatever comes of it; its own transaction, so that no failure brings it back."""
        return repository.take_challenge(
            uow, tenant_id, user_id, proof.challenge_id, purpose, self._now()
        )

    def take_sign_in(self, uow: UnitOfWork, proof: PasskeyProof) -> bytes | None:
        """The same for signing in, when nobody is known yet."""
        uow.become(NOBODY, NOBODY)
        return self.take(uow, NOBODY, NOBODY, proof, "sign_in")

    def find_owner(self, uow: UnitOfWork, proof: PasskeyProof) -> tuple[UUID, UUID] | None:
        """Tenant and user of the passkey that a proof names; unverified."""
        credential_id = _credential_id(proof)
        if credential_id is None:
            return None
        found = find_identity(uow, "passkey", _identity(credential_id))
        return None if found is None or found[1] is None else (found[0], found[1])

    def use(
        self,
        uow: UnitOfWork,
        account: Account,
        rp: RelyingParty,
        challenge: bytes | None,
        proof: PasskeyProof,
        purpose: Purpose,
    ) -> webauthn.Used | None:
        """Check what a passkey of the person signed and note its use; None when it proves nothing."""
        credential_id = _credential_id(proof)
        if challenge is None or credential_id is None:
            return None
        person = account.tenant_id, account.user_id
        row = repository.get_passkey(uow, *person, credential_id)
        if row is None or row.rp_id != rp.id or not _is_of(proof, account.user_id):
            return None
        try:
            used = webauthn.check_use(
                rp, challenge, proof.credential, _to_known(row), verified=purpose in _VERIFIED
            )
        except webauthn.PasskeyRefused as error:
            log.info("a passkey was not accepted: %s", error.reason)
            if error.reason == webauthn.COUNTER:
                self._audit.record_about(
                    uow, *person, AuditTag.PASSKEY_COUNTER_WENT_BACK, subject_id=row.id
                )
            return None
        values = {
            "sign_count": used.sign_count,
            "synced": used.synced,
            "last_used_at": self._now(),
        }
        noted = repository.use_passkey(uow, account.tenant_id, row.id, row.sign_count, values)
        return used if noted else None

    def remove(self, uow: UnitOfWork, account: Account, passkey_id: UUID) -> None:
        """Forget one.

        Raises:
            NotFound: the person has no such passkey.
        """
        gone = repository.delete_passkey(uow, account.tenant_id, account.user_id, passkey_id)
        if gone is None:
            raise NotFound
        drop_identity(uow, "passkey", _identity(gone))

    def _challenge(
        self, uow: UnitOfWork, tenant_id: UUID, user_id: UUID, purpose: Purpose
    ) -> tuple[UUID, bytes]:
        moment, challenge_id = self._now(), new_id()
        challenge = secrets.token_bytes(_CHALLENGE)
        values = {
            "tenant_id": tenant_id,
            "user_id": user_id,
            "id": challenge_id,
            "purpose": purpose,
            "challenge": challenge,
            "expires_at": moment + self._lifetime,
        }
        repository.insert_challenge(uow, values, moment)
        return challenge_id, challenge

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)


def to_wire(row: Any, rp: RelyingParty | None) -> Passkey:
    """A row as its person sees it."""
    return Passkey(
        id=row.id,
        name=row.name,
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        synced=row.synced,
        usable_here=rp is not None and row.rp_id == rp.id,
    )


def refused() -> Invalid:
    """What came back from the browser proves nothing; which check failed is in the log."""
    message = "This passkey was not accepted. Start again."
    return Invalid(fields=[{"path": "passkey", "code": "passkey_refused", "message": message}])


def _known(uow: UnitOfWork, account: Account) -> list[webauthn.Known]:
    rows = repository.list_passkeys(uow, account.tenant_id, account.user_id)
    return [_to_known(row) for row in rows]


def _to_known(row: Any) -> webauthn.Known:
    return webauthn.Known(row.credential_id, row.public_key, row.sign_count, row.transports)


def _identity(credential_id: bytes) -> str:
    return hashlib.sha256(credential_id).hexdigest()


def _credential_id(proof: PasskeyProof) -> bytes | None:
    return _decoded(proof.credential.get("id"))


def _is_of(proof: PasskeyProof, user_id: UUID) -> bool:
    """A discoverable credential names its person; that must be the one whom it is stored for."""
    response = proof.credential.get("response")
    handle = response.get("userHandle") if isinstance(response, dict) else None
    return handle is None or _decoded(handle) == user_id.bytes


def _decoded(text: object) -> bytes | None:
    if not isinstance(text, str) or len(text) > 2 * _MAX_ID:
        return None
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
