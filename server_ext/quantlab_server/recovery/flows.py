"""What must count a mail, or hash, before its transaction begins."""

from __future__ import annotations

from quantlab_ext.schemas.recovery import (
    Accepted,
    ChangeEmail,
    EmailChange,
    ForgotPassword,
    ResendVerification,
    ResetPassword,
)
from quantlab_server.auth.even_time import evenly
from quantlab_server.auth.password_policy import check_password
from quantlab_server.db.session import UnitOfWork
from quantlab_server.http.endpoint import Call, Reply
from quantlab_server.sessions.answers import origin_of


async def may_mail(call: Call, email: str) -> bool:
    """Whether one more mail may go to an address; counted alike for those that nobody has."""
    key = call.services.accounts.account_key(email)
    return await call.services.rate_limiter.login.mail(key)


async def forgot_password(call: Call, body: ForgotPassword) -> Accepted:
    """Queue the mail, if there is such an account."""
    recovery, origin = call.services.recovery, origin_of(call.request)
    allowed = await may_mail(call, body.email)
    async with evenly():
        await call.transaction(
            lambda uow: recovery.ask_reset(uow, body.email, origin, may_mail=allowed)
        )
    return Accepted()


async def resend_verification(call: Call, body: ResendVerification) -> Accepted:
    """Queue the mail, if the address waits for it."""
    recovery, origin = call.services.recovery, origin_of(call.request)
    allowed = await may_mail(call, body.email)
    async with evenly():
        await call.transaction(
            lambda uow: recovery.resend(uow, body.email, origin, may_mail=allowed)
        )
    return Accepted()


async def reset_password(call: Call, body: ResetPassword) -> Reply:
    """Check, hash, and then use the token up; a bad token costs the same hash."""
    services, origin = call.services, origin_of(call.request)
    names = await call.transaction(
        lambda uow: services.recovery.names_of(uow, body.token), writes=False
    )
    check_password(body.new_password, services.settings.passwords, names, path="new_password")
    await services.breaches.refuse(body.new_password, path="new_password")
    hashed = await services.accounts.hasher.hash(body.new_password)

    def act(uow: UnitOfWork) -> None:
        services.recovery.reset(uow, body.token, hashed, origin)

    await call.transaction(act)
    return Reply(status=204)


async def change_email(call: Call, body: ChangeEmail) -> EmailChange:
    """Queue the mail to the new address, or change it at once where there is no mail."""
    services, actor, origin = call.services, call.actor, origin_of(call.request)
    # Both are counted, whatever the first says. Without the second one account could write to everybody.
    to_address = await may_mail(call, body.email)
    by_account = await services.rate_limiter.login.mail(f"by:{actor.user_id}")
    allowed = to_address and by_account

    def act(uow: UnitOfWork) -> bool:
        return services.recovery.change_email(uow, actor, body.email, origin, may_mail=allowed)

    return EmailChange(confirmation=await call.transaction(act))
