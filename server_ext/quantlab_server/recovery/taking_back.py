"""An account whose address was never shown to be its maker's, and now was shown to be somebody's: everything that was
set up before loses its power, so that the maker stays out and none of its code runs by the owner's hand."""

from __future__ import annotations

from datetime import timedelta

from quantlab_server.accounts.account import Account
from quantlab_server.api_tokens.service import ApiTokenService
from quantlab_server.audit.service import AuditService
from quantlab_server.audit.tags import AuditTag
from quantlab_server.db.base import now
from quantlab_server.db.identities import release_identities
from quantlab_server.db.session import UnitOfWork
from quantlab_server.factors.service import FactorService
from quantlab_server.mail.service import MailService
from quantlab_server.recovery import letters, repository, tokens
from quantlab_server.sessions.beginning import Origin
from quantlab_server.sessions.service import SessionService

# Saves of the maker that were on their way in another process, which hears of the end a moment later.
_UNDER_WAY = timedelta(seconds=10)


class TakingBack:
    """Ends what the maker of an account has in it."""

    def __init__(
        self,
        sessions: SessionService,
        api_tokens: ApiTokenService,
        factors: FactorService,
        mail: MailService,
        audit: AuditService,
    ) -> None:
        self._sessions = sessions
        self._api_tokens = api_tokens
        self._factors = factors
        self._mail = mail
        self._audit = audit

    def is_unverified(self, uow: UnitOfWork, account: Account) -> bool:
        """Whether nobody ever showed that the address is theirs; that stays so until the transaction ends."""
        return repository.lock_verification(uow, account.tenant_id, account.user_id) is None

    def end(self, uow: UnitOfWork, account: Account, origin: Origin) -> None:
        """End sessions, tokens, factors, linked log-ins and mailed links, and distrust what was saved until now.

        The caller changes the password, moves the epoch and notes that the address is verified.
        """
        person = account.tenant_id, account.user_id
        tokens.end_every(uow, account)
        # Their links are made when they leave, and would be good again.
        self._mail.drop(uow, *person, letters.ENDED)
        repository.delete_log_ins(uow, *person)
        release_identities(uow, "oidc", *person)
        self._factors.reset(uow, account)
        self._sessions.end_all(uow, account, "taken_back")
        self._api_tokens.end_all(uow, *person)
        repository.distrust(uow, *person, now() + _UNDER_WAY)
        self._audit.record_about(
            uow,
            *person,
            AuditTag.ACCOUNT_TAKEN_BACK,
            actor_id=account.user_id,
            request_id=origin.request_id,
            address=origin.address,
        )
