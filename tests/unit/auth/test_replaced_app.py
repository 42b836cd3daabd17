"""Apps for codes that are replaced while a code of the last one is being checked."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from quantlab_server.factors import repository
from tests.unit.auth.world import World, unique


def test_a_code_of_an_app_that_was_replaced_meanwhile_changes_nothing(world: World) -> None:
    anna = world.register(unique())
    token, person = (
        anna["access_token"],
        (UUID(anna["user"]["tenant_id"]), UUID(anna["user"]["id"])),
    )

    def kept() -> Any:
        with world.services.database.transaction(
            tenant_id=person[0], user_id=person[1], writes=False
        ) as uow:
            return repository.get_totp(uow, *person)

    world.call("POST", "/auth/mfa/totp", token=token)
    first = kept()
    world.call("POST", "/auth/mfa/totp", token=token)
    second = kept()
    values = {"kid": first.kid, "secret": first.secret}
    with world.services.database.transaction(tenant_id=person[0], user_id=person[1]) as uow:
        assert not repository.take_step(uow, *person, first.id, 1, values)
    assert kept() == second
    with world.services.database.transaction(tenant_id=person[0], user_id=person[1]) as uow:
        assert repository.take_step(uow, *person, second.id, 1, {})
