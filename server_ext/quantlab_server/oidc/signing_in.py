"""The steps of a log-in at a provider: begun here, come back to, redeemed by the page that began it."""

from __future__ import annotations

import hashlib
import html
import logging
from base64 import b64encode
from urllib.parse import urlsplit

from quantlab_ext.schemas.oidc import OidcCode, OidcLink, OidcStart, OidcStarted
from quantlab_server.errors import ApiError, NotFound, NotSignedIn, Unavailable
from quantlab_server.http.endpoint import Call, Cookie, Reply
from quantlab_server.oidc.client import LogInRefused, NotFresh, Person
from quantlab_server.oidc.discovery import ProviderUnavailable
from quantlab_server.oidc.flow import (
    CODE_SECONDS,
    FLOW_SECONDS,
    Flow,
    OneTimeCode,
    begin,
    challenge_of,
    conclude,
    is_same,
)
from quantlab_server.sessions.answers import cookie_name, origin_of
from quantlab_server.settings_oidc import OidcProvider

log = logging.getLogger("quantlab.oidc")

_SCRIPT = (
    "(()=>{const d=document.body.dataset;"
    'const c=new BroadcastChannel("quantlab:oidc");'
    "c.postMessage({flow:d.flow,code:d.code,error:d.error});"
    'c.close();history.replaceState(null,"",location.pathname);window.close();})();'
)
_SCRIPT_HASH = b64encode(hashlib.sha256(_SCRIPT.encode()).digest()).decode()
_HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; script-src 'sha256-{_SCRIPT_HASH}';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}
_PAGE = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>QuantLab</title></head>'
    '<body data-flow="{flow}" data-code="{code}" data-error="{error}"><p>{words}</p>'
    "<script>{script}</script></body></html>"
)


def refused(reason: str) -> NotSignedIn:
    """What a log-in that is none is answered; ``reason`` is for the log."""
    log.info("log-in at a provider refused: %s", reason)
    return NotSignedIn("This log-in did not work out. Start it again.", code="oidc_refused")


def _unavailable(provider: OidcProvider, error: ProviderUnavailable) -> Unavailable:
    log.warning("the provider %s cannot be used: %s", provider.name, error)
    return Unavailable(
        f"{provider.label} does not answer as it should. Try again later, or sign in another way.",
        retry_after=30,
        code="provider_unavailable",
    )


async def start(call: Call, name: str, body: OidcStart, *, link: bool) -> Reply:
    """Where the browser goes, and the cookie without which coming back leads nowhere."""
    service = call.services.oidc
    provider = service.require(name)
    user = str(call.actor.user_id) if link else ""
    flow = begin(provider.name, body.challenge, user, service.clock(), fresh=body.fresh)
    try:
        url = await service.client.authorization_url(provider, flow)
    except ProviderUnavailable as error:
        raise _unavailable(provider, error) from None
    cookie = _cookie(call, flow.state, service.sealer.seal(flow), FLOW_SECONDS)
    return Reply(
        value=OidcStarted(authorization_url=url, expires_in=FLOW_SECONDS), cookies=[cookie]
    )


async def come_back(call: Call) -> Reply:
    """The page that hands a one-time code to the page that began the log-in. Nothing is written."""
    given = {name: values[-1] for name, values in call.request.query.items() if values}
    state = given.get("state", "")
    sealed = call.request.cookies.get(_cookie_name(call, state), "")
    flow = call.services.oidc.sealer.open(Flow, sealed, call.services.oidc.clock())
    if flow is None or not state or not is_same(flow.state, state):
        return _page(call, state="", error="oidc_refused")
    try:
        code = await _code_of(call, flow, given)
    except ApiError as error:
        return _page(call, state=state, error=error.code)
    return _page(call, state=state, code=code)


async def _code_of(call: Call, flow: Flow, given: dict[str, str]) -> str:
    service = call.services.oidc
    provider = service.require(flow.provider)
    try:
        await service.client.check_issuer(provider, given.get("iss"))
    except LogInRefused as error:
        raise refused(str(error)) from None
    except ProviderUnavailable as error:
        raise _unavailable(provider, error) from None
    if "error" in given:
        raise refused("the provider or its person said no")
    code = conclude(flow, given.get("code", ""), service.clock())
    if code is None:
        raise refused("there is no code")
    return service.sealer.seal(code)


async def link(call: Call, body: OidcCode) -> OidcLink:
    """Redeem a one-time code and link its log-in to the caller's account."""
    actor = call.actor
    person = await redeem(call, body, user=str(actor.user_id))
    origin = origin_of(call.request)
    return await call.transaction(lambda uow: call.services.oidc.link(uow, actor, person, origin))


async def redeem(call: Call, body: OidcCode, user: str) -> Person:
    """Who proved itself at the provider; ``user`` whose account is to be linked, empty for a log-in.

    Raises:
        NotSignedIn: ``oidc_refused``: the code is not ours, over, used or another page's, or the provider says no;
            ``oidc_not_fresh``: it let the person through by an older log-in.
        Unavailable: the provider does not answer as it should.
    """
    service = call.services.oidc
    code = service.sealer.open(OneTimeCode, body.code, service.clock())
    if code is None:
        raise refused("the one-time code is not ours or over")
    if not is_same(challenge_of(body.verifier), code.challenge) or code.user != user:
        raise refused("the one-time code belongs to another page")
    used = hashlib.sha256(body.code.encode()).hexdigest()
    if not await call.services.rate_limiter.once(f"oidc:{used}", 2 * CODE_SECONDS):
        raise refused("the one-time code was used before")
    try:
        provider = service.require(code.provider)
    except NotFound:
        raise refused("the provider is gone") from None
    try:
        return await service.client.redeem(provider, code)
    except NotFresh:
        message = (
            f"{provider.label} did not ask you to sign in anew, so this confirms nothing. Choose a password here by"
            " “Forgot password?”, and confirm by that."
        )
        raise NotSignedIn(message, code="oidc_not_fresh") from None
    except LogInRefused as error:
        raise refused(str(error)) from None
    except ProviderUnavailable as error:
        raise _unavailable(provider, error) from None


def _page(call: Call, *, state: str, code: str = "", error: str = "") -> Reply:
    words = (
        "This log-in did not work out. Close this window and start it again."
        if error
        else "You are signed in. You can close this window."
    )
    # Which log-in it was is told by a hash: the state itself is nobody else's business.
    text = _PAGE.format(
        flow=html.escape(_tag(state)) if state else "",
        code=html.escape(code),
        error=html.escape(error),
        words=words,
        script=_SCRIPT,
    )
    return Reply(
        raw=[text.encode()],
        headers=dict(_HEADERS),
        content_type="text/html; charset=utf-8",
        cookies=[_cookie(call, state, "", 0)] if state else [],
    )


def _tag(state: str) -> str:
    return hashlib.sha256(state.encode("utf-8", "replace")).hexdigest()[:16]


def _cookie_name(call: Call, state: str) -> str:
    # Several log-ins may be under way in one browser.
    return f"{cookie_name(call.request, 'quantlab_oidc')}_{_tag(state)}"


def _cookie(call: Call, state: str, value: str, max_age: int) -> Cookie:
    path = urlsplit(call.services.oidc.callback).path
    return Cookie(_cookie_name(call, state), value, path, max_age, same_site="Lax")
