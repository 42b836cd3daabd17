"""The end of a log-in at a provider: a session, after the account's own second factor where it has one.

Who holds a mailbox or an account elsewhere must not get past a factor that was set up here.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

from quantlab_ext.schemas.oidc import OidcFinish
from quantlab_server.accounts.account import Account
from quantlab_server.audit.tags import AuditTag
from quantlab_server.auth.ratelimit import network_of
from quantlab_server.db.session import UnitOfWork
from quantlab_server.errors import InvalidCredentials
from quantlab_server.http.endpoint import Call, Reply
from quantlab_server.oidc.client import Person
from quantlab_server.oidc.flow import TICKET_SECONDS, Ticket, challenge_of, is_same
from quantlab_server.oidc.signing_in import redeem, refused
from quantlab_server.sessions import devices
from quantlab_server.sessions.answers import origin_of
from quantlab_server.sessions.beginning import BY_PROVIDER, Proof, by_both
from quantlab_server.sessions.second_step import ask, take_second_step
from quantlab_server.sessions.service import Started
from quantlab_server.sessions.signing_in import refuse, signed_in_reply

_TRIES = 5  # second factors for one ticket


async def finish(call: Call, body: OidcFinish) -> Reply:
    """Redeem a one-time code, or the ticket that was given for it, and begin a session.

    Raises:
        NotSignedIn: ``oidc_refused``: code or ticket is not good (any more).
        OtpRequired: the account has a second factor, and none was sent.
        InvalidCredentials: the second factor is wrong, or the account disabled.
        TooManyRequests: too many second factors were wrong.
    """
    services, origin = call.services, origin_of(call.request)
    ticket = services.oidc.sealer.open(Ticket, body.code, services.oidc.clock())
    if ticket is not None:
        return await _second(call, body, ticket, body.code)
    person = await redeem(call, body, user="")

    def act(uow: UnitOfWork) -> Started | Account:
        account = services.oidc.sign_in(uow, person, origin)
        if account.has_second_factor and not person.by_two_factors:
            return account
        proof = by_both(BY_PROVIDER, "mfa") if person.by_two_factors else BY_PROVIDER
        # Who is let through by a log-in of this morning has proved nothing now.
        proof = replace(proof, at=person.auth_time)
        if account.is_leaving:
            raise services.leaving.ask(account, proof)
        return _begin(call, uow, account, proof)

    begun = await call.transaction(act)
    if isinstance(begun, Started):
        return _reply(call, body, begun)
    sealed = services.oidc.sealer.seal(_ticket_of(call, person, body.verifier))
    # What came along with the one-time code is not looked at: tries are counted by ticket.
    raise await ask(call, begun, sealed)


def _ticket_of(call: Call, person: Person, verifier: str) -> Ticket:
    return Ticket(
        provider=person.provider,
        issuer=person.issuer,
        subject=person.subject,
        challenge=challenge_of(verifier),
        expires_at=call.services.oidc.clock() + TICKET_SECONDS,
    )


async def _second(call: Call, body: OidcFinish, ticket: Ticket, sealed: str) -> Reply:
    services = call.services
    if not is_same(challenge_of(body.verifier), ticket.challenge):
        raise refused("the ticket belongs to another page")
    person = Person(ticket.provider, ticket.issuer, ticket.subject, None, None, ())
    account = await call.transaction(
        lambda uow: services.oidc.find_linked(uow, person), writes=False
    )
    if account is None:
        raise refused("the log-in leads nowhere any more")
    proof = await _prove(call, body, account, sealed)
    if account.is_leaving:
        raise services.leaving.ask(account, proof)

    def act(uow: UnitOfWork) -> Started:
        if not services.accounts.is_unchanged(uow, account):
            raise InvalidCredentials
        return _begin(call, uow, account, proof)

    begun = await call.transaction(act, tenant_id=account.tenant_id, user_id=account.user_id)
    return _reply(call, body, begun)


async def _prove(call: Call, body: OidcFinish, account: Account, sealed: str) -> Proof:
    """Check the second factor, under the limits of a log-in by password; a ticket is good for one success."""
    services, request = call.services, call.request
    used = hashlib.sha256(sealed.encode()).hexdigest()
    key = services.accounts.account_key(account.username)
    known = devices.is_known(call, account)
    limits = services.rate_limiter
    async with limits.login.attempt(
        key, network_of(request.address), known_device=known
    ) as attempt:
        given = body.passkey is not None or (body.otp or "").strip()
        if given and not await _has_try(call, used):
            raise refused("the ticket's tries are used up")
        proof = await take_second_step(
            call, body, account, known=known, first=BY_PROVIDER, ticket=sealed
        )
        if proof is None:
            await refuse(call, attempt, account, key=key, reason="code")
            raise InvalidCredentials("The code or the passkey is not right.")
    if not await limits.once(f"oidc:ticket:{used}", 2 * TICKET_SECONDS):
        raise refused("the ticket was used before")
    return proof


async def _has_try(call: Call, used: str) -> bool:
    for number in range(_TRIES):
        if await call.services.rate_limiter.once(f"oidc:try:{number}:{used}", 2 * TICKET_SECONDS):
            return True
    return False


def _begin(call: Call, uow: UnitOfWork, account: Account, proof: Proof) -> Started:
    return call.services.sessions.start(
        uow,
        account,
        origin_of(call.request),
        tag=AuditTag.LOGIN_SUCCEEDED,
        proof=proof,
        known_device=False,
    )


def _reply(call: Call, body: OidcFinish, started: Started) -> Reply:
    return signed_in_reply(call, started, in_body=body.transport == "body", status=200)
