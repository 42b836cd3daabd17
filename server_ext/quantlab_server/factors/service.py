"""Second factors: adding, using, removing. A person who has one is not signed in by the password alone.

Nobody gets locked out: with the first factor come recovery codes, and the operator can take all factors away.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

from quantlab_ext.schemas.factors import Factors, PasskeyAdd, PasskeyAdded, Totp, TotpSetup
from quantlab_server.accounts.account import Account
from quantlab_server.audit.service import AuditService
from quantlab_server.audit.tags import AuditTag
from quantlab_server.auth.clock import Clock, system_clock
from quantlab_server.auth.revocation import Revocations, Revoked
from quantlab_server.auth.sealing import Sealed, Sealer, Unsealable
from quantlab_server.db.base import new_id
from quantlab_server.db.identities import release_identities
from quantlab_server.db.session import UnitOfWork
from quantlab_server.errors import Conflict, Invalid, NotFound
from quantlab_server.factors import codes, repository
from quantlab_server.factors.passkeys import PasskeyRules, to_wire
from quantlab_server.factors.relying_party import RelyingParty
from quantlab_server.settings_factors import FactorSettings

log = logging.getLogger("quantlab.factors")


class FactorService:
    """The rules of second factors; ``passkeys`` are those of the ceremonies."""

    def __init__(
        self,
        settings: FactorSettings,
        sealer: Sealer,
        audit: AuditService,
        revocations: Revocations,
        *,
        factor_roles: Callable[[], frozenset[str]] | None = None,
        clock: Clock = system_clock,
    ) -> None:
        self._settings = settings
        self._factor_roles = factor_roles or (lambda: frozenset(settings.required_roles))
        self._sealer = sealer
        self._audit = audit
        self._revocations = revocations
        self._clock = clock
        self.passkeys = PasskeyRules(settings, audit, clock)

    def is_required(self, account: Account) -> bool:
        """Whether the person's role must have a second factor."""
        return account.role in self._factor_roles() and not account.is_local

    def overview(self, uow: UnitOfWork, account: Account, rp: RelyingParty | None) -> Factors:
        """What the person has."""
        person = account.tenant_id, account.user_id
        totp = repository.get_totp(uow, *person)
        rows = repository.list_passkeys(uow, *person)
        return Factors(
            totp=Totp(confirmed_at=totp.confirmed_at, last_used_at=totp.last_used_at)
            if totp is not None and totp.confirmed_at is not None
            else None,
            passkeys=[to_wire(row, rp) for row in rows],
            recovery_codes_left=repository.count_recovery_codes(uow, *person),
            required=self.is_required(account),
            passkeys_available=rp is not None,
        )

    def begin_totp(self, uow: UnitOfWork, account: Account) -> TotpSetup:
        """A new secret for an app; it counts once a code was confirmed. One that was never confirmed goes.

        Raises:
            Conflict: there is a confirmed app.
        """
        person = account.tenant_id, account.user_id
        repository.lock_person(uow, *person)
        found = repository.get_totp(uow, *person)
        if found is not None and found.confirmed_at is not None:
            raise Conflict("You have an app for codes. Remove it first.", code="totp_exists")
        repository.delete_totp(uow, *person)
        record_id, secret = new_id(), codes.new_secret()
        sealed = self._sealer.seal(secret, *person, record_id)
        values = {"kid": sealed.kid, "secret": sealed.data, "created_at": self._now()}
        repository.insert_totp(
            uow, {"tenant_id": person[0], "user_id": person[1], "id": record_id, **values}
        )
        made = codes.setup(secret, account.email or account.username, self._settings.issuer)
        return TotpSetup(secret=made.secret, uri=made.uri, qr_svg=made.picture)

    def confirm_totp(self, uow: UnitOfWork, account: Account, code: str) -> list[str] | None:
        """Make an app count; recovery codes if it is the first factor, None when the code is wrong.

        Raises:
            Conflict: there is nothing to confirm.
        """
        person = account.tenant_id, account.user_id
        had = repository.lock_person(uow, *person)
        found = repository.get_totp(uow, *person)
        if found is None or found.confirmed_at is not None:
            raise Conflict("There is no app to confirm. Start anew.", code="nothing_to_confirm")
        step = self._step(account, found, code)
        values = {"confirmed_at": self._now()}
        if step is None or not repository.take_step(uow, *person, found.id, step, values):
            return None
        return self._added(uow, account, had=had)

    def add_passkey(
        self,
        uow: UnitOfWork,
        account: Account,
        rp: RelyingParty,
        challenge: bytes | None,
        proof: PasskeyAdd,
    ) -> PasskeyAdded:
        """Keep a passkey that was just made; recovery codes come with the first factor.

        Raises:
            Invalid: it is not what was asked for.
            Conflict: somebody has it already.
        """
        had = repository.lock_person(uow, account.tenant_id, account.user_id)
        made = self.passkeys.register(uow, account, rp, challenge, proof, proof.name)
        return PasskeyAdded(passkey=made, recovery_codes=self._added(uow, account, had=had))

    def _added(self, uow: UnitOfWork, account: Account, *, had: bool) -> list[str]:
        if had:
            return []
        repository.mark_person(uow, account.tenant_id, account.user_id, True)
        self._tell(uow, account.user_id)
        return self.new_recovery_codes(uow, account)

    def new_recovery_codes(self, uow: UnitOfWork, account: Account) -> list[str]:
        """New recovery codes; the old ones are good for nothing any more.

        Raises:
            Conflict: there is no factor that they could stand in for.
        """
        person = account.tenant_id, account.user_id
        if not repository.lock_person(uow, *person):
            raise Conflict("Set up an app or a passkey first.", code="no_second_factor")
        made, moment = codes.new_recovery_codes(), self._now()
        rows = [
            {
                "tenant_id": account.tenant_id,
                "user_id": account.user_id,
                "id": new_id(),
                "code_hash": codes.recovery_hash(account.user_id, code),
                "created_at": moment,
            }
            for code in made
        ]
        repository.replace_recovery_codes(uow, *person, rows)
        return made

    def take_out(self, uow: UnitOfWork, account: Account) -> bytes | None:
        """The secret of the person's app, before the account moves; None: there is no app.

        Raises:
            Unsealable: it cannot be checked any more.
        """
        found = repository.get_totp(uow, account.tenant_id, account.user_id)
        if found is None:
            return None
        row = account.tenant_id, account.user_id, found.id
        return self._sealer.open(Sealed(found.kid, found.secret), *row)

    def put_back(self, uow: UnitOfWork, account: Account, secret: bytes | None) -> None:
        """Seal what ``take_out`` gave for where the account is now: what is sealed is bound to its tenant."""
        found = repository.get_totp(uow, account.tenant_id, account.user_id)
        if found is None or secret is None:
            return
        row = account.tenant_id, account.user_id
        sealed = self._sealer.seal(secret, *row, found.id)
        repository.put_totp_secret(uow, *row, {"kid": sealed.kid, "secret": sealed.data})

    def use_code(self, uow: UnitOfWork, account: Account, given: str) -> bool:
        """Use a code of the app, or a recovery code: each once, however many send it at the same moment."""
        if not account.has_second_factor:
            return False
        code = codes.plain(given)
        person = account.tenant_id, account.user_id
        if codes.is_app_code(code):
            found = repository.get_totp(uow, *person)
            if found is None or found.confirmed_at is None:
                return False
            step = self._step(account, found, code)
            return step is not None and repository.take_step(
                uow, *person, found.id, step, self._used(account, found)
            )
        taken = repository.take_recovery_code(
            uow, *person, codes.recovery_hash(account.user_id, code), self._now()
        )
        if taken:
            left = repository.count_recovery_codes(uow, *person)
            self._audit.record_about(
                uow,
                *person,
                AuditTag.RECOVERY_CODE_USED,
                actor_id=account.user_id,
                detail={"left": left},
            )
        return taken

    def remove_totp(self, uow: UnitOfWork, account: Account) -> None:
        """Forget the app.

        Raises:
            NotFound: there is none.
            Conflict: the role needs a factor, and this is the last.
        """
        person = account.tenant_id, account.user_id
        repository.lock_person(uow, *person)
        found = repository.get_totp(uow, *person)
        if found is None or not repository.delete_totp(uow, *person):
            raise NotFound
        if found.confirmed_at is not None:
            self._removed(uow, account)

    def remove_passkey(self, uow: UnitOfWork, account: Account, passkey_id: UUID) -> None:
        """Forget a passkey.

        Raises:
            NotFound: the person has no such passkey.
            Conflict: the role needs a factor, and this is the last; ``last_log_in``: there would be no way in any more.
        """
        person = account.tenant_id, account.user_id
        repository.lock_person(uow, *person)
        self.passkeys.remove(uow, account, passkey_id)
        if not repository.has_way_in(uow, *person):
            raise Conflict(
                "This is the only way into the account. Set a password or link a log-in first.",
                code="last_log_in",
            )
        self._removed(uow, account)

    def reset(self, uow: UnitOfWork, account: Account) -> None:
        """Take away every factor, for a person that lost them: the password alone signs in again."""
        forget_factors(uow, account)
        self._tell(uow, account.user_id)

    def _removed(self, uow: UnitOfWork, account: Account) -> None:
        person = account.tenant_id, account.user_id
        totp = repository.get_totp(uow, *person)
        if (totp is not None and totp.confirmed_at is not None) or repository.list_passkeys(
            uow, *person
        ):
            return
        if self.is_required(account):
            raise Conflict(
                "Your role needs a second factor, and this is your last. Add another one first.",
                code="last_factor",
            )
        _none_left(uow, account)
        self._tell(uow, account.user_id)

    def _tell(self, uow: UnitOfWork, user_id: UUID) -> None:
        """Sessions know whether their person has a factor: they are looked up again."""
        uow.after_commit(lambda: self._revocations.publish(Revoked(user_id=user_id)))

    def _step(self, account: Account, found: object, code: str) -> int | None:
        kid, data, record_id = (getattr(found, name) for name in ("kid", "secret", "id"))
        try:
            secret = self._sealer.open(
                Sealed(kid, data), account.tenant_id, account.user_id, record_id
            )
        except Unsealable as error:
            log.error("the codes of a person cannot be checked: key %s (%s)", kid, error)
            return None
        return codes.matching_step(secret, codes.plain(code), self._clock())

    def _used(self, account: Account, found: object) -> dict[str, object]:
        """What changes with a use: also the key, so that a retired one can leave the keyring some day."""
        values: dict[str, object] = {"last_used_at": self._now()}
        kid, data, record_id = (getattr(found, name) for name in ("kid", "secret", "id"))
        if kid != self._sealer.kid:
            row = account.tenant_id, account.user_id, record_id
            sealed = self._sealer.seal(self._sealer.open(Sealed(kid, data), *row), *row)
            values |= {"kid": sealed.kid, "secret": sealed.data}
        return values

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)


def forget_factors(uow: UnitOfWork, account: Account) -> None:
    """Take away every factor; sessions have to be looked up again afterwards."""
    person = account.tenant_id, account.user_id
    repository.lock_person(uow, *person)
    repository.delete_totp(uow, *person)
    for row in repository.list_passkeys(uow, *person):
        repository.delete_passkey(uow, *person, row.id)
    release_identities(uow, "passkey", *person)
    _none_left(uow, account)


def _none_left(uow: UnitOfWork, account: Account) -> None:
    repository.replace_recovery_codes(uow, account.tenant_id, account.user_id, ())
    repository.mark_person(uow, account.tenant_id, account.user_id, False)


def wrong_code(path: str) -> Invalid:
    """A code that is wrong, or was used before."""
    message = "This code is not right, or it was used before. Wait for the next one."
    return Invalid(fields=[{"path": path, "code": "wrong_code", "message": message}])
