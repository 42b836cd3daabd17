"""Accounts: registering, finding, changing. Sessions are another resource's."""

from __future__ import annotations

import getpass
import hashlib
import hmac
import logging
import platform
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from quantlab_ext.schemas.accounts import Preferences, Profile, ProfileUpdate, Quota, Rate
from quantlab_server.accounts import names, repository
from quantlab_server.accounts.account import Account
from quantlab_server.accounts.admission import require_admission
from quantlab_server.accounts.tiers import LOCAL_TIER
from quantlab_server.auth.actor import Actor
from quantlab_server.auth.password_policy import check_password
from quantlab_server.auth.passwords import PasswordHasher
from quantlab_server.config import Settings
from quantlab_server.db.base import new_id, now
from quantlab_server.db.identities import claim_identity, drop_identity, find_identity
from quantlab_server.db.session import UnitOfWork
from quantlab_server.errors import Conflict, Field, Forbidden, Invalid, NotFound
from quantlab_server.invitations import service as invitations
from quantlab_server.tenants import service as tenants

log = logging.getLogger("quantlab.accounts")


class RegistrationRefused(Conflict):
    """409: a name or an address is taken; which one is not told."""

    code = "registration_refused"
    message = "An account with this username or address cannot be made. Choose others, or sign in."


@dataclass(frozen=True, slots=True)
class NewAccount:
    """A checked sign-up; without an address when nobody has verified one."""

    username: str
    email: str | None
    # Token of an invitation, which is used up when the account is made.
    invitation: str | None = field(default=None, repr=False)


class AccountService:
    """The rules of accounts.

    Args:
        hasher: the process's one password hasher.
        login_secret: by which logins are told apart at this moment.
        registration: who may sign up at this moment; default: as configured.
    """

    def __init__(
        self,
        settings: Settings,
        hasher: PasswordHasher,
        login_secret: Callable[[], bytes],
        registration: Callable[[], str] | None = None,
    ) -> None:
        self._settings = settings
        self._registration = registration or (lambda: settings.registration)
        self.hasher = hasher
        self._login_secret = login_secret

    def account_key(self, login: str) -> str:
        """Stands for a login in limits and the audit log without telling it: people type passwords there."""
        text = "\x00".join(names.login_key(login)).encode("utf-8", "surrogatepass")
        return hmac.new(self._login_secret(), text, hashlib.sha256).hexdigest()[:32]

    def check_new(
        self, username: str, email: str, password: str, invitation: str | None = None
    ) -> NewAccount:
        """Check a sign-up without looking whether anything is taken.

        Raises:
            Forbidden: sign-up is closed here, or by invitation.
            Invalid: with every refused field.
        """
        require_admission(self._registration(), invited=invitation is not None)
        return replace(self.check_fields(username, email, password), invitation=invitation)

    def check_fields(self, username: str, email: str, password: str) -> NewAccount:
        """Check the fields of a new account.

        Raises:
            Invalid: with every refused field.
        """
        fields: list[Field] = []
        try:
            username = names.clean_username(username)
        except Invalid as error:
            fields += error.fields or []
        try:
            email = names.clean_email(email)
        except Invalid as error:
            fields += error.fields or []
        try:
            check_password(password, self._settings.passwords, [username, email])
        except Invalid as error:
            fields += error.fields or []
        if fields:
            raise Invalid(fields=fields)
        return NewAccount(username, email)

    def register(
        self,
        uow: UnitOfWork,
        new: NewAccount,
        password_hash: str | None,
        *,
        pending: bool = False,
        username_pending: bool = False,
    ) -> tuple[Account, invitations.Used | None]:
        """Make an account and enter its context; also the invitation that it came by, for the audit row.

        Args:
            pending: the address has to be confirmed before anybody can sign in.
            username_pending: the name is a spare one; another is chosen then.

        Raises:
            RegistrationRefused: the username or the address is taken.
            InvitationInvalid: somebody else used the invitation meanwhile.
        """
        shared, tenant_id = self._settings.service.default_tenant, None
        role, user_id = "user", new_id()
        used = None
        if new.invitation is not None:
            used = invitations.use(uow, new.invitation, new.email or "", user_id)
            tenant_id, role = used.tenant_id, used.role
        elif shared:
            tenant_id = tenants.find_shared(uow, shared)
            if tenant_id is None:
                log.error("the tenant that default_tenant names does not exist")
                raise Forbidden("Signing up is closed here.", code="registration_closed")
        account = self.create(
            uow,
            new,
            password_hash,
            tenant_id=tenant_id,
            role=role,
            user_id=user_id,
            pending=pending,
            username_pending=username_pending,
        )
        return account, used

    def create(
        self,
        uow: UnitOfWork,
        new: NewAccount,
        password_hash: str | None,
        *,
        tenant_id: UUID | None,
        role: str,
        user_id: UUID | None = None,
        pending: bool = False,
        username_pending: bool = False,
    ) -> Account:
        """Make an account in a tenant, or in a new one of its own, and enter its context.

        Raises:
            RegistrationRefused: the username or the address is taken.
        """
        user_id = user_id or new_id()
        uow.become(tenant_id or new_id(), user_id)
        if tenant_id is None:
            tenant_id = tenants.create_personal(uow, new.username)
        key = names.username_key(new.username)
        inserted = repository.insert_user(
            uow,
            tenant_id=tenant_id,
            user_id=user_id,
            username=new.username,
            username_key=key,
            email=new.email,
            password_hash=password_hash,
            role=role,
            tier="free",
            pending=pending,
            username_pending=username_pending,
        )
        if not inserted:
            raise RegistrationRefused
        wanted = [("username", key)]
        if new.email is not None:
            wanted.append(("email", names.email_key(new.email)))
        for kind, value in wanted:
            if not claim_identity(uow, kind, value, tenant_id, user_id):
                raise RegistrationRefused
        return self.require(uow, tenant_id, user_id)

    def create_local(self, uow: UnitOfWork) -> Account | None:
        """Make the account of whoever holds this Jupyter server and enter its context.

        Returns:
            None when another server made it at the same moment; the caller rolls back and looks again.
        """
        tenant_id, user_id = new_id(), new_id()
        uow.become(tenant_id, user_id)
        name = _system_user()
        tenants.create_personal(uow, name)
        repository.insert_user(
            uow,
            tenant_id=tenant_id,
            user_id=user_id,
            username=name,
            username_key=names.username_key(name),
            email=None,
            password_hash=None,
            role="operator",
            tier=LOCAL_TIER,
            is_local=True,
        )
        if not claim_identity(uow, "local", self.local_name(uow), tenant_id, user_id):
            return None
        return self.require(uow, tenant_id, user_id)

    def find_local(self, uow: UnitOfWork) -> tuple[UUID, UUID] | None:
        """Tenant and user of the local account, if it was made already."""
        found = find_identity(uow, "local", self.local_name(uow))
        return None if found is None or found[1] is None else (found[0], found[1])

    def local_name(self, uow: UnitOfWork) -> str:
        """What the local account is known by: the SQLite file is one person's; a shared database has many folders."""
        if not uow.is_postgresql:
            return "local"
        place = f"{platform.node()}\x00{self._settings.data_dir.absolute()}"
        return hashlib.sha256(place.encode()).hexdigest()

    def find_by_login(self, uow: UnitOfWork, login: str) -> Account | None:
        """The account that a login names, entering its context; None when there is none."""
        kind, key = names.login_key(login)
        # No name has a NUL in it, and PostgreSQL takes none as a value.
        found = find_identity(uow, kind, key) if "\x00" not in key else None
        # An unknown login costs the same statements as a known one.
        tenant_id, user_id = found if found is not None else (tenants.NOBODY, tenants.NOBODY)
        uow.become(tenant_id, user_id or tenants.NOBODY)
        account = repository.get_account(uow, tenant_id, user_id or tenants.NOBODY)
        if account is not None and kind == "email" and names.email_key(account.email or "") != key:
            # An address that the person gave up and may still take back: no way to sign in.
            return None
        return account

    def find(self, uow: UnitOfWork, tenant_id: UUID, user_id: UUID) -> Account | None:
        """The account of the context, or None."""
        return repository.get_account(uow, tenant_id, user_id)

    def require(self, uow: UnitOfWork, tenant_id: UUID, user_id: UUID) -> Account:
        """The account of the context.

        Raises:
            NotFound: it is gone.
        """
        account = repository.get_account(uow, tenant_id, user_id)
        if account is None:
            raise NotFound
        return account

    def is_unchanged(self, uow: UnitOfWork, account: Account) -> bool:
        """Whether the account is active and its password the one that was just verified."""
        current = repository.get_account(uow, account.tenant_id, account.user_id)
        return (
            current is not None
            and current.may_sign_in
            and current.password_hash == account.password_hash
            and current.epoch == account.epoch
            # What was given may not be enough any more.
            and (account.has_second_factor or not current.has_second_factor)
        )

    def rehash(self, uow: UnitOfWork, account: Account, new_hash: str) -> None:
        """Keep the same password at today's cost."""
        repository.replace_hash(uow, account, new_hash)

    def change_password(self, uow: UnitOfWork, account: Account, new_hash: str) -> int:
        """Store a new password; every token of the person dies with the old epoch.

        Returns:
            The new epoch.

        Raises:
            Conflict: the password was changed by somebody else in this moment.
        """
        epoch = repository.change_password(uow, account, new_hash)
        if epoch is None:
            raise Conflict("The password was just changed elsewhere. Sign in again.")
        return epoch

    def administer(
        self, uow: UnitOfWork, tenant_id: UUID, user_id: UUID, values: dict[str, Any]
    ) -> None:
        """Change columns of the context's person, for whoever looks after people; the rules are theirs."""
        repository.update_user(uow, tenant_id, user_id, values)

    def profile(
        self, uow: UnitOfWork, actor: Actor, rate: tuple[int, int, int] | None = None
    ) -> Profile:
        """The actor's profile; ``rate``: limit, remaining and seconds until it begins anew, of requests."""
        account = self.require(uow, actor.tenant_id, actor.user_id)
        limits = self._settings.quotas.limits_of(account.tier)
        used = repository.list_usage(uow, actor.tenant_id, actor.user_id)
        user = account.to_wire()
        return Profile(
            user=user,
            username=user.username,
            email=user.email,
            role=user.role,
            tier=user.tier,
            preferences=_stored_preferences(account.preferences),
            default_layout_id=account.default_layout_id,
            tier_expires_at=account.tier_until,
            rates=_rates(rate),
            quotas={name: Quota(used=used.get(name, 0), limit=n) for name, n in limits.items()},
            created_at=account.created_at,
        )

    def update_profile(self, uow: UnitOfWork, actor: Actor, change: ProfileUpdate) -> list[str]:
        """Change what was given; the names of what changed.

        Raises:
            Invalid: a refused username, or a layout that is not the actor's.
            Conflict: ``username_refused``.
        """
        values: dict[str, Any] = {}
        if change.username is not None:
            values |= self._rename(uow, actor, change.username)
        if change.preferences is not None:
            values["preferences"] = change.preferences.model_dump(mode="json")
        if "default_layout_id" in change.model_fields_set:
            values |= self._default_layout(uow, actor, change.default_layout_id)
        if values:
            repository.update_user(uow, actor.tenant_id, actor.user_id, values)
        return [name for name in values if name != "username_key"]

    def _rename(self, uow: UnitOfWork, actor: Actor, wanted: str) -> dict[str, str]:
        account = self.require(uow, actor.tenant_id, actor.user_id)
        name = names.clean_username(wanted)
        if name == account.username:
            return {}
        old, new = names.username_key(account.username), names.username_key(name)
        # Nobody signs in to the local account, so its name takes none from others.
        if old != new and not account.is_local:
            if not claim_identity(uow, "username", new, actor.tenant_id, actor.user_id):
                raise Conflict("This username cannot be used.", code="username_refused")
            drop_identity(uow, "username", old)
        return {"username": name, "username_key": new}

    def _default_layout(
        self, uow: UnitOfWork, actor: Actor, layout_id: UUID | None
    ) -> dict[str, UUID | None]:
        stored = self.require(uow, actor.tenant_id, actor.user_id).default_layout_id
        # What the profile says may be sent back, also while that layout is deleted and can still be brought back.
        if layout_id == stored:
            return {}
        if layout_id is not None and not repository.hold_layout(
            uow, actor.tenant_id, actor.user_id, layout_id
        ):
            field = {
                "path": "default_layout_id",
                "code": "not_found",
                "message": "You have no such layout.",
            }
            raise Invalid(fields=[field])
        return {"default_layout_id": layout_id}


def forget_object(uow: UnitOfWork, tenant_id: UUID, user_id: UUID, id: UUID) -> None:
    """Let a person's profile not name an object that is gone for good."""
    repository.clear_default_layout(uow, tenant_id, user_id, id)


def _rates(rate: tuple[int, int, int] | None) -> dict[str, Rate]:
    if rate is None:
        return {}
    limit, remaining, reset = rate
    resets_at = now() + timedelta(seconds=reset)
    return {"requests": Rate(used=limit - remaining, limit=limit, resets_at=resets_at)}


def _stored_preferences(stored: dict[str, Any]) -> Preferences:
    """Preferences as they are kept; chart defaults that another version wrote in its own form are left out."""
    try:
        return Preferences.model_validate(stored)
    except ValidationError:
        rest = {name: value for name, value in stored.items() if name != "chart_defaults"}
        return Preferences.model_validate(rest)


def _system_user() -> str:
    try:
        return names.clean_username(getpass.getuser())
    except (OSError, KeyError, ImportError, Invalid):
        return "local"
