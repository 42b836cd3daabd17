"""The tenant that people sign up into is known by its name, which is not for administrators to move."""

from __future__ import annotations

import pytest

from quantlab_server.db.engine import Database
from quantlab_server.errors import Forbidden
from quantlab_server.tenants import service


@pytest.mark.parametrize(("mine", "wanted"), [("Lobby", "Desk"), ("Desk", "LOBBY")])
def test_an_admin_neither_frees_nor_takes_the_name_of_the_default_tenant(
    database: Database, mine: str, wanted: str
) -> None:
    with database.transaction() as uow:
        tenant_id = service.create_shared(uow, mine)
    with (
        pytest.raises(Forbidden),
        database.transaction(tenant_id=tenant_id, user_id=service.NOBODY) as uow,
    ):
        service.rename_own(uow, tenant_id, wanted, default="Lobby")
    with database.transaction(tenant_id=tenant_id, user_id=service.NOBODY) as uow:
        assert service.own(uow, tenant_id).name == mine
        renamed, before = service.rename_own(uow, tenant_id, wanted, default="Another")
        assert (renamed.name, before) == (wanted, mine)
