"""Which scopes people have: each was decided on."""

from __future__ import annotations

import pytest

from quantlab_server.accounts.ranks import AboveYou, is_above, require_not_above
from quantlab_server.auth import scopes
from quantlab_server.auth.scopes import Scope


def test_every_scope_is_nobodys_everybodys_or_an_admins() -> None:
    """A new scope fails here until somebody has said whose it is."""
    lists = [frozenset({Scope.PUBLIC}), scopes.PERSON, scopes.ADMIN]
    for scope in Scope:
        assert sum(scope in one for one in lists) == 1, scope


def test_what_tokens_of_machines_may_have_a_person_may() -> None:
    assert scopes.KERNEL < scopes.PERSON
    assert scopes.API_TOKEN < scopes.PERSON


def test_only_an_operator_has_what_is_the_installations() -> None:
    assert scopes.of_role("user") == scopes.PERSON == scopes.of_role("of a later release")
    assert scopes.of_role("admin") < scopes.of_role("operator") == set(Scope) - {Scope.PUBLIC}


ORDER = ("user", "admin", "operator")


@pytest.mark.parametrize("mine", ORDER)
@pytest.mark.parametrize("role", ORDER)
def test_nobody_acts_on_who_is_above(role: str, mine: str) -> None:
    above = ORDER.index(role) > ORDER.index(mine)
    assert is_above(role, mine) is above
    if above:
        with pytest.raises(AboveYou):
            require_not_above(role, mine)
    else:
        require_not_above(role, mine)
