"""Routes of accounts: signing up, the profile, the password."""

from __future__ import annotations

from quantlab_ext.schemas.accounts import (
    ChangePassword,
    Profile,
    ProfileUpdate,
    Register,
    Tokens,
)
from quantlab_server.audit.tags import AuditTag
from quantlab_server.auth.scopes import Scope
from quantlab_server.http.endpoint import Call, Reply, endpoint
from quantlab_server.sessions import signing_in


@endpoint(
    "POST",
    "/auth/register",
    scope=Scope.PUBLIC,
    answer=Tokens,
    status=201,
    errors=(403, 409, 422, 429, 503),
)
async def register(call: Call, body: Register) -> Reply:
    """Sign up."""
    return await signing_in.sign_up(call, body)


@endpoint(
    "POST",
    "/auth/signup",
    scope=Scope.PUBLIC,
    answer=Tokens,
    status=201,
    errors=(403, 409, 422, 429, 503),
)
async def sign_up(call: Call, body: Register) -> Reply:
    """Sign up; another name of /auth/register."""
    return await signing_in.sign_up(call, body)


@endpoint("GET", "/auth/profile", scope=Scope.PROFILE_READ, answer=Profile, enrolling=True)
def get_profile(call: Call) -> Profile:
    """Get the own profile."""
    return call.services.accounts.profile(call.uow, call.actor, call.rate)


@endpoint(
    "PUT",
    "/auth/profile",
    scope=Scope.PROFILE_WRITE,
    answer=Profile,
    interactive=True,
    audit=AuditTag.PROFILE_CHANGED,
    errors=(409, 422),
)
def update_profile(call: Call, body: ProfileUpdate) -> Profile:
    """Change the own profile; what is left out stays as it is."""
    changed = call.services.accounts.update_profile(call.uow, call.actor, body)
    call.audit_subject = call.actor.user_id
    call.audit_detail = {"changed": changed}
    if not changed:
        call.audit_tag = None
    user_id = call.actor.user_id
    call.uow.after_commit(lambda: call.services.authenticator.forget_user(user_id))
    return call.services.accounts.profile(call.uow, call.actor)


@endpoint(
    "POST",
    "/auth/change-password",
    scope=Scope.PROFILE_WRITE,
    answer=Tokens,
    interactive=True,
    errors=(403, 409, 422, 429, 503),
)
async def change_password(call: Call, body: ChangePassword) -> Reply:
    """Change the own password; other sessions end."""
    return await signing_in.change_password(call, body)
