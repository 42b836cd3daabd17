"""That somebody can always look after a tenant, and the installation, whoever goes or is demoted."""

from __future__ import annotations

from quantlab_server.accounts.account import Account
from quantlab_server.admin import repository
from quantlab_server.db.session import UnitOfWork
from quantlab_server.errors import Conflict


class LastOne(Conflict):
    """409: without this person nobody could look after the tenant, or the installation."""

    code = "last_admin"
    message = "This is the last one with that role. Give it to somebody else first."


def lock(uow: UnitOfWork) -> None:
    """Until the transaction ends nobody else changes who is an administrator."""
    repository.lock_roles(uow)


def keep_one(uow: UnitOfWork, account: Account) -> None:
    """Make sure that somebody else has the role of the context's person, if it is more than a user's.

    Raises:
        LastOne: nobody else who is active has it.
    """
    if (
        account.role != "user"
        and account.is_active
        and repository.others_with_role(uow, account.role, account.user_id) == 0
    ):
        raise LastOne


def check_leaving(uow: UnitOfWork, account: Account) -> None:
    """Make sure that the context's person may go: an operator leaves another one, an admin no people without one.

    Raises:
        LastOne: it may not.
    """
    if account.role == "operator":
        if repository.others_with_role(uow, "operator", account.user_id) == 0:
            raise LastOne(
                "You are the last operator of this installation. Give somebody else that role first."
            )
        return
    if account.role != "admin" or repository.others_with_role(uow, "admin", account.user_id):
        return
    if repository.count_others(uow, account.user_id):
        raise LastOne(
            "You are the last admin of a tenant with other people. Make one of them an admin first, or delete their"
            " accounts."
        )
