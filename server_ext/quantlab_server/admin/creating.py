"""Making an account for somebody: with a password, or with a link by which its person chooses one."""

from __future__ import annotations

from uuid import UUID

from quantlab_ext.schemas.admin import AdminUserCreate, AdminUserCreated
from quantlab_server.admin.entering import enter
from quantlab_server.admin.service import first_password
from quantlab_server.db.session import UnitOfWork
from quantlab_server.http.endpoint import Call
from quantlab_server.sessions.answers import origin_of


async def create(call: Call, body: AdminUserCreate, tenant_id: UUID | None) -> AdminUserCreated:
    """Check, hash, and make the account.

    Raises:
        Forbidden: ``no_public_url``: there is no password, and no link can be made.
        Invalid, AboveYou, RegistrationRefused: as ``AdminService.create``.
    """
    services = call.services
    services.accounts.check_fields(body.username, body.email, first_password(body))
    if body.password is not None:
        # As strict as with a password that somebody chooses for itself.
        await services.breaches.refuse(body.password)
    hasher = services.accounts.hasher
    hashed = None if body.password is None else await hasher.hash(body.password)

    def act(uow: UnitOfWork) -> AdminUserCreated:
        acting = enter(call, uow, tenant_id)
        made = services.admin.create(acting, body, hashed)
        link = None
        if hashed is None:
            uow.become(acting.tenant_id, made.id)
            account = services.accounts.require(uow, acting.tenant_id, made.id)
            link = services.recovery.welcome(uow, account, origin_of(call.request))
        mailed = hashed is None and link is None
        return AdminUserCreated(**made.model_dump(), password_link=link, mailed=mailed)

    return await call.transaction(act)
