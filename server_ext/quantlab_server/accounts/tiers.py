"""Giving a tier, for ever or until an instant; what follows from one is in the settings of quotas and limits."""

from __future__ import annotations

from datetime import datetime

from quantlab_server.accounts import repository
from quantlab_server.accounts.account import Account
from quantlab_server.config import QuotaSettings
from quantlab_server.db.base import now
from quantlab_server.db.session import UnitOfWork
from quantlab_server.errors import Field, Invalid

LOCAL_TIER = "local"


def tier_names(settings: QuotaSettings) -> list[str]:
    """The tiers that people can be given, by name."""
    return sorted(name for name in settings.all_tiers if name != LOCAL_TIER)


def set_tier(
    uow: UnitOfWork,
    account: Account,
    tier: str,
    expires_at: datetime | None,
    settings: QuotaSettings,
) -> None:
    """Give the person of the context a tier. Their sessions notice within seconds; the caller may tell them at once.

    Raises:
        Invalid: there is no such tier, or the instant has passed.
    """
    fields: list[Field] = []
    known = tier_names(settings)
    if tier not in known:
        message = f"There is no such tier. There is: {', '.join(known)}."
        fields.append({"path": "tier", "code": "unknown_tier", "message": message})
    if expires_at is not None and expires_at <= now():
        message = "Give a time that is still to come."
        fields.append({"path": "tier_expires_at", "code": "passed", "message": message})
    if fields:
        raise Invalid(fields=fields)
    values = {"tier": tier, "tier_expires_at": expires_at}
    repository.update_user(uow, account.tenant_id, account.user_id, values)
