"""Routes of signing in, staying signed in and signing out."""

from __future__ import annotations

from uuid import UUID

from quantlab_ext.schemas.accounts import (
    AuthConfig,
    KernelToken,
    KernelTokenRequest,
    LogIn,
    LogOut,
    Refresh,
    Session,
    Tokens,
    User,
)
from quantlab_ext.schemas.base import Page
from quantlab_ext.schemas.factors import StepUp, StepUpOptions
from quantlab_server.audit.tags import AuditTag
from quantlab_server.auth.actor import ActorKind
from quantlab_server.auth.refresh_tokens import parse_refresh_token
from quantlab_server.auth.scopes import Scope
from quantlab_server.errors import Forbidden, InteractiveRequired, NotSignedIn
from quantlab_server.http.endpoint import Call, Reply, endpoint
from quantlab_server.sessions import answers, proving, signing_in
from quantlab_server.sessions.rotation import Refusal
from quantlab_server.sessions.second_step import rp_of


@endpoint("GET", "/auth/config", scope=Scope.PUBLIC, always=True, answer=AuthConfig)
def get_auth_config(call: Call) -> AuthConfig:
    """Get what the sign-in forms must know before anyone is signed in."""
    settings = call.services.settings
    local = settings.local_account and settings.embedded
    return AuthConfig(
        mode="embedded" if settings.embedded else "central",
        registration=call.services.identity.installation.who_may_register(),
        local_account=local,
        local_signed_out=local and call.services.sessions.local_account.is_signed_out(call.uow),
        verification=call.services.recovery.verifies,
        recovery=call.services.recovery.verifies,
        password_min=settings.passwords.min_length,
        password_max=settings.passwords.max_length,
        passkeys=rp_of(call) is not None,
    )


@endpoint(
    "POST",
    "/auth/login",
    scope=Scope.PUBLIC,
    always=True,
    answer=Tokens,
    errors=(401, 422, 429, 503),
)
async def log_in(call: Call, body: LogIn) -> Reply:
    """Sign in with a username or an e-mail address and a password."""
    return await signing_in.sign_in(call, body)


@endpoint(
    "POST",
    "/auth/refresh",
    scope=Scope.PUBLIC,
    always=True,
    answer=Tokens,
    bucket="refresh",
    errors=(401,),
)
async def refresh(call: Call, body: Refresh) -> Reply:
    """Get a new pair of tokens for a refresh token."""
    text, in_body = answers.refresh_token_of(call.request, body.refresh_token)
    token = parse_refresh_token(text)
    if token is None:
        raise NotSignedIn
    origin = answers.origin_of(call.request)
    started = await call.transaction(
        lambda uow: call.services.sessions.refresh(uow, token, origin),
        tenant_id=token.tenant_id,
        user_id=token.user_id,
    )
    if isinstance(started, Refusal):
        raise NotSignedIn("Your session has ended. Sign in to continue.", code=started.value)
    return answers.signed_in(call.request, started, in_body=in_body, status=200, device=None)


@endpoint(
    "POST",
    "/auth/logout",
    scope=Scope.SESSIONS,
    status=204,
    interactive=True,
    enrolling=True,
    always=True,
    audit=AuditTag.LOGOUT,
)
def log_out(call: Call, body: LogOut) -> Reply:
    """Sign out of this session, the others, or all."""
    call.audit_subject = call.actor.session_id
    call.audit_detail = {"scope": body.scope}
    call.services.sessions.log_out(call.uow, call.actor, body.scope)
    if body.scope == "others":
        return Reply(status=204)
    return answers.signed_out(call.request)


@endpoint("GET", "/auth/sessions", scope=Scope.SESSIONS, answer=Page[Session], interactive=True)
def list_sessions(call: Call) -> Page[Session]:
    """List the own sessions, last used first."""
    items = call.services.sessions.list_own(call.uow, call.actor)
    return Page[Session](items=items, total=len(items))


@endpoint(
    "DELETE",
    "/auth/sessions/{id}",
    scope=Scope.SESSIONS,
    status=204,
    interactive=True,
    audit=AuditTag.SESSION_ENDED,
)
def delete_session(call: Call, id: UUID) -> Reply:
    """End one of the own sessions."""
    call.services.sessions.end_one(call.uow, call.actor, id)
    call.audit_subject = id
    return answers.signed_out(call.request) if id == call.actor.session_id else Reply(status=204)


@endpoint(
    "POST",
    "/auth/step-up",
    scope=Scope.SESSIONS,
    answer=Tokens,
    interactive=True,
    enrolling=True,
    errors=(422, 503),
)
async def step_up(call: Call, body: StepUp) -> Tokens:
    """Prove again who one is; what needs step-up can be done for some minutes."""
    return await proving.step_up(call, body)


@endpoint(
    "POST",
    "/auth/step-up/options",
    scope=Scope.SESSIONS,
    answer=StepUpOptions,
    interactive=True,
    enrolling=True,
)
def step_up_options(call: Call) -> StepUpOptions:
    """Get by what one can prove again who one is."""
    return proving.options(call)


@endpoint(
    "POST",
    "/auth/local",
    scope=Scope.PUBLIC,
    always=True,
    answer=User,
    transaction=False,
    errors=(403,),
)
def continue_as_local_user(call: Call) -> User:
    """Sign the local account in again after a log-out."""
    settings = call.services.settings
    if not (settings.local_account and settings.embedded and call.request.host_user is not None):
        raise Forbidden("There is no local account here.", code="no_local_account")
    origin = answers.origin_of(call.request)
    return call.services.sessions.local_account.sign_in(origin).to_wire()


@endpoint(
    "POST",
    "/auth/kernel-token",
    scope=Scope.KERNEL_TOKENS,
    answer=KernelToken,
    writes=True,
    audit=AuditTag.KERNEL_TOKEN_ISSUED,
)
def create_kernel_token(call: Call, body: KernelTokenRequest) -> KernelToken:
    """Get a short-lived, narrow token for a kernel; a kernel renews its own."""
    if call.actor.kind is ActorKind.API_TOKEN:
        raise InteractiveRequired
    if call.actor.is_interactive:
        call.audit_subject = call.actor.session_id
        call.audit_detail = {"kernel_id": body.kernel_id} if body.kernel_id else {}
    else:
        # A renewal every few minutes is no event.
        call.audit_tag = None
    return call.services.sessions.kernel_token(call.uow, call.actor)
