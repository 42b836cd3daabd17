"""Known devices: somebody signed in to the account from there before, since its password was last replaced."""

from __future__ import annotations

from quantlab_server.accounts.account import Account
from quantlab_server.http.endpoint import Call
from quantlab_server.sessions.answers import DEVICE, cookie_name


def is_known(call: Call, account: Account) -> bool:
    """Whether the person signed in from the caller's device before."""
    return call.services.sessions.device_of(_token(call)) == (account.user_id, account.epoch)


async def is_known_to(call: Call, login: str) -> bool:
    """The same for what somebody typed; nothing is looked up for a device that nobody signed in from."""
    if call.services.sessions.device_of(_token(call)) is None:
        return False
    account = await call.transaction(
        lambda uow: call.services.accounts.find_by_login(uow, login), writes=False
    )
    return account is not None and is_known(call, account)


def _token(call: Call) -> str:
    return call.request.cookies.get(cookie_name(call.request, DEVICE), "")
