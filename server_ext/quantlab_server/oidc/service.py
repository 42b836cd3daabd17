"""Accounts of people who sign in at OpenID Connect providers: found, made, linked, taken back, unlinked."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from quantlab_ext.schemas.oidc import OidcLink
from quantlab_ext.schemas.oidc import OidcProvider as Offered
from quantlab_server.accounts import changes, names
from quantlab_server.accounts.account import Account
from quantlab_server.accounts.service import AccountService, NewAccount
from quantlab_server.adapters.outgoing import Outgoing
from quantlab_server.audit.service import AuditService
from quantlab_server.audit.tags import AuditTag
from quantlab_server.auth.actor import Actor
from quantlab_server.auth.clock import Clock
from quantlab_server.config import Settings
from quantlab_server.db.base import new_id
from quantlab_server.db.identities import claim_identity, drop_identity, find_identity
from quantlab_server.db.session import UnitOfWork
from quantlab_server.errors import (
    Conflict,
    Forbidden,
    Invalid,
    InvalidCredentials,
    NotFound,
)
from quantlab_server.factors.relying_party import RelyingParty, find_relying_party
from quantlab_server.factors.service import FactorService
from quantlab_server.mail.kinds import MailKind
from quantlab_server.mail.service import MailService
from quantlab_server.oidc import repository
from quantlab_server.oidc.client import Client, Person
from quantlab_server.oidc.discovery import Directory
from quantlab_server.oidc.flow import Sealer
from quantlab_server.recovery.taking_back import TakingBack
from quantlab_server.sessions.beginning import Origin
from quantlab_server.sessions.notices import shown_time
from quantlab_server.settings_oidc import OidcProvider

if TYPE_CHECKING:
    from quantlab_server.sessions.setup import Identity

_KIND = "oidc"
_NUMBERED = 20  # further names that are tried before a random one


@dataclass(frozen=True, slots=True)
class OidcService:
    """The rules. ``callback`` is empty where the installation has no public address, and then nobody signs in so."""

    providers: dict[str, OidcProvider]
    callback: str
    client: Client
    sealer: Sealer
    clock: Clock
    _registration: Callable[[], str]
    _accounts: AccountService
    _taking_back: TakingBack
    _audit: AuditService
    _mail: MailService
    _factors: FactorService
    _site: RelyingParty | None

    def offered(self) -> list[Offered]:
        """What the sign-in form shows."""
        if not self.callback:
            return []
        return [Offered(name=p.name, label=p.label) for p in self.providers.values()]

    def require(self, name: str) -> OidcProvider:
        """A provider by its name.

        Raises:
            NotFound: there is none of that name.
            Forbidden: the installation has no public address that a provider could lead back to.
        """
        provider = self.providers.get(name)
        if provider is None:
            raise NotFound
        if not self.callback:
            raise Forbidden(
                "Log-in at other services needs the setting public_url.", code="no_public_url"
            )
        return provider

    def sign_in(self, uow: UnitOfWork, person: Person, origin: Origin) -> Account:
        """The account of somebody who proved itself at a provider, entering its context.

        Raises:
            InvalidCredentials: the account is disabled.
            Conflict: ``oidc_link_required``: the address has an account that this provider does not lead to.
            Forbidden: ``registration_closed``: there is no account, and none may be made.
        """
        account = self.find_linked(uow, person)
        if account is None:
            return self._first_time(uow, person, origin)
        repository.touch_link(
            uow,
            account.tenant_id,
            account.user_id,
            person.issuer,
            person.subject,
            email=person.shown_email,
            moment=self._now(),
        )
        return account

    def find_linked(self, uow: UnitOfWork, person: Person) -> Account | None:
        """The account that a log-in leads to, entering its context; None: it leads nowhere.

        Raises:
            InvalidCredentials: the account is disabled.
        """
        found = find_identity(uow, _KIND, person.identity)
        if found is None:
            return None
        account = self._enter(uow, found)
        if not account.is_open:
            raise InvalidCredentials
        return account

    def link(self, uow: UnitOfWork, actor: Actor, person: Person, origin: Origin) -> OidcLink:
        """Let a log-in lead to the actor's account from now on.

        Raises:
            Forbidden: the account is the local one, which nobody signs in to.
            Conflict: ``oidc_taken``: the log-in leads to an account already.
        """
        account = self._accounts.require(uow, actor.tenant_id, actor.user_id)
        if account.is_local:
            raise Forbidden("Nobody signs in to the local account.", code="local_account")
        self._link(uow, account, person, origin)
        self._tell_linked(uow, account, person, origin)
        return self.list_own(uow, actor)[-1]

    def list_own(self, uow: UnitOfWork, actor: Actor) -> list[OidcLink]:
        """The actor's links, oldest first."""
        return [
            OidcLink(
                id=row.id,
                provider=row.provider,
                label=self._label(row.provider),
                email=row.email,
                created_at=row.created_at,
                last_used_at=row.last_used_at,
            )
            for row in repository.list_links(uow, actor.tenant_id, actor.user_id)
        ]

    def unlink(self, uow: UnitOfWork, actor: Actor, link_id: UUID) -> str:
        """Let a log-in lead nowhere from now on; the provider's name.

        Raises:
            NotFound: the actor has no such link.
            Conflict: ``last_log_in``: there would be no way in any more.
        """
        # One after the other: two that go at once would each leave the other as the way in.
        account = changes.lock(uow, actor.tenant_id, actor.user_id)
        rows = repository.list_links(uow, actor.tenant_id, actor.user_id)
        row = next((row for row in rows if row.id == link_id), None)
        if row is None or account is None:
            raise NotFound
        if len(rows) == 1 and not self._has_other_way(uow, account):
            raise Conflict(
                "This is the only way into the account. Set a password or link another log-in first.",
                code="last_log_in",
            )
        repository.delete_link(uow, actor.tenant_id, actor.user_id, link_id)
        person = Person(row.provider, row.issuer, row.subject, None, None, ())
        drop_identity(uow, _KIND, person.identity)
        return str(row.provider)

    def _has_other_way(self, uow: UnitOfWork, account: Account) -> bool:
        if account.password_hash is not None:
            return True
        # One that is synced is sure to sign in alone; a key for the second step only may be no way in.
        found = self._factors.overview(uow, account, self._site)
        return any(passkey.usable_here and passkey.synced for passkey in found.passkeys)

    def _first_time(self, uow: UnitOfWork, person: Person, origin: Origin) -> Account:
        email = _clean_email(person.email)
        found = find_identity(uow, "email", names.email_key(email)) if email else None
        if found is None:
            account = self._register(uow, person, email, origin)
        else:
            account = self._by_address(uow, person, found, origin)
        self._link(uow, account, person, origin)
        if found is not None:
            self._tell_linked(uow, account, person, origin)
        return account

    def _by_address(
        self,
        uow: UnitOfWork,
        person: Person,
        found: tuple[UUID, UUID | None],
        origin: Origin,
    ) -> Account:
        """The account that has the address which the provider has verified."""
        if not self.providers[person.provider].link_by_email:
            raise _link_required()
        account = self._enter(uow, found)
        if not account.is_active:
            raise InvalidCredentials
        if names.email_key(account.email or "") != names.email_key(person.email or ""):
            # An address that the account's person gave up and may still take back: no way into the account.
            raise Conflict("This address cannot be used here.", code="oidc_link_required")
        if account.role != "user":
            # Whoever holds a mailbox must not come by the power over others, nor take it from who has it.
            raise _link_required()
        if self._taking_back.is_unverified(uow, account):
            return self._take_back(uow, account, origin)
        if account.has_second_factor:
            raise _link_required()
        return account

    def _take_back(self, uow: UnitOfWork, account: Account, origin: Origin) -> Account:
        """Who made the account never showed that the address is theirs; who comes now did. Nobody else stays in."""
        self._taking_back.end(uow, account, origin)
        repository.take_back(uow, account.tenant_id, account.user_id, self._now())
        return self._accounts.require(uow, account.tenant_id, account.user_id)

    def _register(
        self, uow: UnitOfWork, person: Person, email: str | None, origin: Origin
    ) -> Account:
        if self._registration() != "open":
            raise Forbidden("Signing up is closed here.", code="registration_closed")
        account, _ = self._accounts.register(uow, NewAccount(_free_name(uow, person), email), None)
        if email is not None:
            repository.mark_verified(uow, account.tenant_id, account.user_id, self._now())
        self._record(
            uow, account, AuditTag.ACCOUNT_REGISTERED, origin, {"provider": person.provider}
        )
        return account

    def _link(self, uow: UnitOfWork, account: Account, person: Person, origin: Origin) -> None:
        if not claim_identity(uow, _KIND, person.identity, account.tenant_id, account.user_id):
            raise Conflict("This log-in leads to an account already.", code="oidc_taken")
        moment = self._now()
        repository.insert_link(
            uow,
            {
                "tenant_id": account.tenant_id,
                "id": new_id(),
                "user_id": account.user_id,
                "provider": person.provider,
                "issuer": person.issuer,
                "subject": person.subject,
                "email": person.shown_email,
                "created_at": moment,
                "last_used_at": moment,
            },
        )
        self._record(uow, account, AuditTag.OIDC_LINKED, origin, {"provider": person.provider})

    def _tell_linked(
        self, uow: UnitOfWork, account: Account, person: Person, origin: Origin
    ) -> None:
        self._mail.send(
            uow,
            MailKind.LOG_IN_LINKED,
            account.tenant_id,
            account.user_id,
            account.email,
            language=origin.language,
            data={"time": shown_time(self._now()), "provider": self._label(person.provider)},
        )

    def _enter(self, uow: UnitOfWork, found: tuple[UUID, UUID | None]) -> Account:
        tenant_id, user_id = found
        if user_id is None:
            raise InvalidCredentials
        uow.become(tenant_id, user_id)
        return self._accounts.require(uow, tenant_id, user_id)

    def _record(
        self,
        uow: UnitOfWork,
        account: Account,
        tag: AuditTag,
        origin: Origin,
        detail: dict[str, object],
    ) -> None:
        self._audit.record_about(
            uow,
            account.tenant_id,
            account.user_id,
            tag,
            actor_id=account.user_id,
            request_id=origin.request_id,
            address=origin.address,
            detail=detail,
        )

    def _label(self, name: str) -> str:
        provider = self.providers.get(name)
        return provider.label if provider else name

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC)


def build_oidc(settings: Settings, identity: Identity, clock: Clock) -> OidcService:
    """The service of one process. Nothing is asked of a provider before somebody signs in there.

    Raises:
        OSError: the file of a secret cannot be read.
    """
    outgoing = Outgoing(settings.oidc.allowed_hosts, seconds=settings.oidc.timeout_seconds)
    directory = Directory(outgoing, clock)
    mount = "quantlab/api" if settings.embedded else "api"
    public = settings.public_url.rstrip("/")
    callback = f"{public}/{mount}/auth/oidc/callback" if public else ""
    return OidcService(
        providers=settings.oidc.configured(),
        callback=callback,
        client=Client(directory, outgoing, callback, clock),
        sealer=Sealer(identity.keyring.derive),
        clock=clock,
        _registration=identity.installation.who_may_register,
        _accounts=identity.accounts,
        _taking_back=identity.recovery.taking_back,
        _audit=identity.audit,
        _mail=identity.mail,
        _factors=identity.factors,
        _site=find_relying_party(settings.public_url, ""),
    )


def _link_required() -> Conflict:
    return Conflict(
        "There is an account with this address. Sign in to it, and link this log-in on its account page.",
        code="oidc_link_required",
    )


def _clean_email(address: str | None) -> str | None:
    try:
        return names.clean_email(address) if address else None
    except Invalid:
        return None


def _free_name(uow: UnitOfWork, person: Person) -> str:
    """A username that nobody has, as near as may be to what the provider calls the person."""
    for name in _candidates(person):
        if find_identity(uow, "username", names.username_key(name)) is None:
            return name
    return f"person-{secrets.token_hex(6)}"


def _candidates(person: Person) -> Iterator[str]:
    for wanted in person.names:
        try:
            name = names.clean_username("-".join(wanted.replace("@", " ").split()))
        except Invalid:
            continue
        yield name
        short = name[: names.USERNAME_MAX - 4]
        yield from (f"{short}-{number}" for number in range(2, _NUMBERED))
