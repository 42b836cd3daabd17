"""The rules of looking after people: who may do what with whom, and that somebody always can.

Nobody raises another above itself or acts on somebody above; the last admin of a tenant and the last operator stay.
Both are looked at again under one lock in the act's own transaction, so that two who demote each other at the same
moment do not both succeed.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from quantlab_ext.schemas.admin import AdminEvent, AdminUser, AdminUserCreate, AdminUserPatch
from quantlab_server.accounts import changes
from quantlab_server.accounts.account import Account
from quantlab_server.accounts.ranks import is_above, require_not_above
from quantlab_server.accounts.service import AccountService
from quantlab_server.accounts.tiers import set_tier
from quantlab_server.admin import repository, roles
from quantlab_server.admin.filters import EventFilter, PeopleFilter
from quantlab_server.api_tokens.service import ApiTokenService
from quantlab_server.audit.service import AuditService
from quantlab_server.audit.tags import AuditTag
from quantlab_server.auth.actor import Actor, ActorKind
from quantlab_server.config import QuotaSettings
from quantlab_server.db.base import now
from quantlab_server.db.identities import user_names
from quantlab_server.db.session import UnitOfWork
from quantlab_server.errors import Conflict, Forbidden, NotFound
from quantlab_server.invitations import service as invitations
from quantlab_server.leaving.service import LeavingService
from quantlab_server.recovery.service import RecoveryService
from quantlab_server.sessions.service import SessionService
from quantlab_server.tenants import service as tenants


def first_password(body: AdminUserCreate) -> str:
    """The given one; else one that nobody will know, only to check the other fields with."""
    return body.password or secrets.token_urlsafe(32)


class NotDeleted(Conflict):
    """409: there is no deletion to take back."""

    code = "not_deleted"
    message = "This account is not deleted."


@dataclass(frozen=True, slots=True)
class Acting:
    """Who looks after which tenant in which transaction, and what the audit row says of the request."""

    uow: UnitOfWork
    actor: Actor
    tenant_id: UUID
    request_id: str | None = None
    address: str | None = None


class AdminService:
    """What admins do with people of their tenant, and operators in any tenant."""

    def __init__(
        self,
        people: AccountService,
        sessions: SessionService,
        api_tokens: ApiTokenService,
        audit: AuditService,
        leaving: LeavingService,
        recovery: RecoveryService,
        quotas: QuotaSettings,
    ) -> None:
        self._people = people
        self._sessions = sessions
        self._api_tokens = api_tokens
        self._audit = audit
        self._leaving = leaving
        self._recovery = recovery
        self._quotas = quotas

    def enter(
        self,
        uow: UnitOfWork,
        actor: Actor,
        tenant_id: UUID | None,
        *,
        request_id: str | None = None,
        address: str | None = None,
    ) -> Acting:
        """Go into the context of the tenant that is looked after: one's own, or for an operator the named one.

        Raises:
            NotFound: another tenant, and the actor is no operator, or there is none.
        """
        tenant_id = tenant_id or actor.tenant_id
        if tenant_id != actor.tenant_id:
            if actor.role != "operator":
                raise NotFound
            uow.become(tenant_id, actor.user_id)
            if not tenants.exists(uow, tenant_id):
                raise NotFound
        return Acting(uow, actor, tenant_id, request_id, address)

    def page(
        self, uow: UnitOfWork, narrow: PeopleFilter, limit: int
    ) -> tuple[list[AdminUser], tuple[Any, UUID] | None]:
        """A page of people, and where the next one starts (None: that was all)."""
        rows = repository.list_people(uow, narrow, limit + 1)
        more, rows = len(rows) > limit, rows[:limit]
        people = [_to_wire(row) for row in rows]
        return people, (rows[-1][narrow.sort], rows[-1]["id"]) if more else None

    def count(self, uow: UnitOfWork, narrow: PeopleFilter) -> int:
        """How many people that is in all."""
        return repository.count_people(uow, narrow)

    def get(self, uow: UnitOfWork, user_id: UUID) -> AdminUser:
        """One person.

        Raises:
            NotFound: nobody of this tenant.
        """
        row = repository.get_person(uow, user_id)
        if row is None:
            raise NotFound
        return _to_wire(row)

    def events(self, uow: UnitOfWork, narrow: EventFilter, limit: int) -> list[AdminEvent]:
        """A page of the tenant's events, newest first."""
        rows = repository.list_events(uow, narrow, limit)
        known = user_names(
            uow, {id for row in rows for id in (row["user_id"], row["actor_id"]) if id is not None}
        )
        return [
            AdminEvent(
                **row,
                user_name=known.get(row["user_id"]),
                actor_name=known.get(row["actor_id"]),
            )
            for row in rows
        ]

    def create(
        self,
        act: Acting,
        body: AdminUserCreate,
        password_hash: str | None,
    ) -> AdminUser:
        """Make an account in the tenant.

        Raises:
            AboveYou: its role would be above the actor's.
            Invalid: refused fields.
            RegistrationRefused: the name or the address is taken.
        """
        require_not_above(body.role, self._myself(act).role)
        new = self._people.check_fields(body.username, body.email, first_password(body))
        made = self._people.create(
            act.uow, new, password_hash, tenant_id=act.tenant_id, role=body.role
        )
        set_tier(act.uow, made, body.tier, None, self._quotas)
        act.uow.become(act.tenant_id, act.actor.user_id)
        self.record(act, made.user_id, AuditTag.USER_CREATED, {"role": body.role})
        return self.get(act.uow, made.user_id)

    def change(self, act: Acting, user_id: UUID, body: AdminUserPatch) -> AdminUser:
        """Change role, tier, or whether somebody may sign in.

        Raises:
            NotFound: nobody of this tenant.
            AboveYou: the person is above the actor, or would be.
            LastOne: nobody else would have that role.
            Invalid: an unknown tier, or one that would have ended already.
        """
        target, mine = self._enter_person(act, user_id)
        values: dict[str, Any] = {}
        tags: list[tuple[AuditTag, dict[str, Any]]] = []
        if body.role is not None and body.role != target.role:
            require_not_above(body.role, mine)
            roles.keep_one(act.uow, target)
            values["role"] = body.role
            if is_above(target.role, body.role):
                invitations.end_all(act.uow)
            tags.append((AuditTag.USER_ROLE_CHANGED, {"from": target.role, "to": body.role}))
        if body.tier is not None or "tier_expires_at" in body.model_fields_set:
            tags.append((AuditTag.USER_TIER_CHANGED, self._give_tier(act.uow, target, body)))
        if body.is_active is not None and body.is_active != target.is_active:
            tags.append((self._switch(act.uow, target, body.is_active, values), {}))
        if values:
            self._people.administer(act.uow, act.tenant_id, user_id, values)
        if tags:
            self._sessions.look_again(act.uow, user_id)
        act.uow.become(act.tenant_id, act.actor.user_id)
        for tag, detail in tags:
            self.record(act, user_id, tag, detail)
        return self.get_after(act, user_id)

    def delete(self, act: Acting, user_id: UUID) -> None:
        """Disable somebody now, and have the account removed for good some days later.

        Raises:
            NotFound, AboveYou, LastOne: as ``change`` does.
        """
        target, _ = self._enter_person(act, user_id)
        if target.is_local:
            raise Conflict("The account of this Jupyter server cannot be deleted.")
        roles.keep_one(act.uow, target)
        self._leaving.close(act.uow, target, now(), in_person=False)
        act.uow.become(act.tenant_id, act.actor.user_id)
        self.record(
            act, user_id, AuditTag.USER_DELETED, {"was_active": _was_active(act.uow, target)}
        )

    def undelete(self, act: Acting, user_id: UUID) -> AdminUser:
        """Take a deletion back; the person may sign in again, unless it was disabled before.

        Raises:
            NotFound: nobody of this tenant.
            AboveYou: the person is above the actor.
            NotDeleted
        """
        target, _ = self._enter_person(act, user_id)
        if target.deleted_at is None:
            raise NotDeleted
        act.uow.become(act.tenant_id, act.actor.user_id)
        values = {
            "deleted_at": None,
            "is_active": _was_active(act.uow, target),
            "is_leaving": False,
        }
        act.uow.become(act.tenant_id, user_id)
        self._people.administer(act.uow, act.tenant_id, user_id, values)
        self._sessions.look_again(act.uow, user_id)
        act.uow.become(act.tenant_id, act.actor.user_id)
        self.record(act, user_id, AuditTag.USER_UNDELETED)
        return self.get_after(act, user_id)

    def exported(self, act: Acting, events: int) -> None:
        """Note in the tenant's log that so many events of it were exported."""
        actor_id = act.actor.user_id
        self.record(act, actor_id, AuditTag.AUDIT_EXPORTED, {"events": events})

    def end_sessions(self, act: Acting, user_id: UUID) -> None:
        """Sign somebody out everywhere.

        Raises:
            NotFound: nobody of this tenant.
            AboveYou: the person is above the actor.
        """
        self._enter_person(act, user_id)
        ended = self._sessions.end_by_admin(act.uow, act.tenant_id, user_id)
        act.uow.become(act.tenant_id, act.actor.user_id)
        self.record(act, user_id, AuditTag.USER_SESSIONS_ENDED, {"sessions": ended})

    def as_person(
        self,
        act: Acting,
        user_id: UUID,
        tag: AuditTag,
        subject_id: UUID | None = None,
    ) -> Actor:
        """Note what is going to be done with somebody's saved objects, and go into that person's context.

        Raises:
            NotFound: nobody of this tenant.
            AboveYou: the person is above the actor.
        """
        actor = self.enter_person(act, user_id)[1]
        act.uow.become(act.tenant_id, act.actor.user_id)
        self.record(act, user_id, tag, subject_id=subject_id)
        act.uow.become(act.tenant_id, user_id)
        return actor

    def enter_person(self, act: Acting, user_id: UUID) -> tuple[Account, Actor]:
        """Go into the context of somebody whom the actor looks after; nobody changes roles until the end.

        Returns:
            The account, and an actor with the person's rights.

        Raises:
            NotFound: nobody of this tenant.
            AboveYou: the person is above the actor.
        """
        target, _ = self._enter_person(act, user_id)
        return target, Actor(
            tenant_id=act.tenant_id,
            user_id=user_id,
            username=target.username,
            role=target.role,
            tier=target.tier,
            session_id=act.actor.session_id,
            kind=ActorKind.API_TOKEN,
        )

    def get_after(self, act: Acting, user_id: UUID) -> AdminUser:
        """The person after a change, also when the actor just gave its own right to look away."""
        row = repository.get_person(act.uow, user_id)
        if row is not None:
            return _to_wire(row)
        account = self._people.require(act.uow, act.tenant_id, user_id)
        return AdminUser(
            id=user_id,
            username=account.username,
            email=account.email,
            role=account.to_wire().role,
            tier=account.tier,
            tier_expires_at=None,
            is_active=account.is_active,
            is_local=account.is_local,
            created_at=account.created_at,
            last_seen_at=None,
            deleted_at=None,
        )

    def _enter_person(self, act: Acting, user_id: UUID) -> tuple[Account, str]:
        """The person, whose context is entered, and the actor's role of this moment. Nobody changes roles meanwhile."""
        mine = self._myself(act).role
        act.uow.become(act.tenant_id, user_id)
        target = self._people.require(act.uow, act.tenant_id, user_id)
        require_not_above(target.role, mine)
        return target, mine

    def _myself(self, act: Acting) -> Account:
        roles.lock(act.uow)
        act.uow.become(act.actor.tenant_id, act.actor.user_id)
        needed = "admin" if act.tenant_id == act.actor.tenant_id else "operator"
        me = self.require_role(act.uow, act.actor, needed)
        act.uow.become(act.tenant_id, act.actor.user_id)
        return me

    def require_role(self, uow: UnitOfWork, actor: Actor, needed: str) -> Account:
        """The actor, whose own context this is, with at least that role at this moment.

        Raises:
            Forbidden: the role was taken away.
        """
        me = self._people.require(uow, actor.tenant_id, actor.user_id)
        # Roles of a token may be seconds old; this is the row itself.
        if not me.is_active or is_above(needed, me.role):
            raise Forbidden("You may not do this any more.", code="insufficient_scope")
        return me

    def _switch(
        self, uow: UnitOfWork, target: Account, on: bool, values: dict[str, Any]
    ) -> AuditTag:
        values["is_active"] = on
        if on:
            values |= {"deleted_at": None, "is_leaving": False}
            return AuditTag.USER_ENABLED
        roles.keep_one(uow, target)
        # Every token of the person dies with the old epoch; API tokens have none, and must not come back to life.
        changes.end_epoch(uow, target)
        self._api_tokens.end_all(uow, target.tenant_id, target.user_id)
        self._sessions.end_by_admin(uow, target.tenant_id, target.user_id)
        # A link to another address would outlast this, and lead whoever asked for it back in.
        self._recovery.end_links(uow, target.tenant_id, target.user_id)
        invitations.end_all(uow)
        return AuditTag.USER_DISABLED

    def _give_tier(self, uow: UnitOfWork, target: Account, body: AdminUserPatch) -> dict[str, Any]:
        """Give the tier; what the log says. An end that was not named stays, unless it has passed already."""
        given = "tier_expires_at" in body.model_fields_set
        until = body.tier_expires_at if given else target.tier_until
        tier = body.tier or target.tier
        set_tier(uow, target, tier, until, self._quotas)
        return {"tier": tier, "tier_expires_at": until}

    def record(
        self,
        act: Acting,
        user_id: UUID,
        tag: AuditTag,
        detail: dict[str, Any] | None = None,
        *,
        subject_id: UUID | None = None,
    ) -> None:
        """Note what the actor did with somebody; the context is the actor's own."""
        self._audit.record_about(
            act.uow,
            act.tenant_id,
            user_id,
            tag,
            actor_id=act.actor.user_id,
            subject_id=subject_id or user_id,
            request_id=act.request_id,
            address=act.address,
            detail=detail,
        )


def _was_active(uow: UnitOfWork, target: Account) -> bool:
    """Whether a person was enabled, before its deletion if there is one: the event of that says so."""
    if target.deleted_at is None or target.is_leaving:
        return target.is_active or target.is_leaving
    tag, since = AuditTag.USER_DELETED.value, target.deleted_at
    wanted = EventFilter(tag, target.user_id, None, since=since, until=None, before=None)
    events = repository.list_events(uow, wanted, 1)
    return not events or bool(events[0]["detail"].get("was_active", True))


def _to_wire(row: dict[str, Any]) -> AdminUser:
    return AdminUser(**{name: value for name, value in row.items() if name != "username_key"})
