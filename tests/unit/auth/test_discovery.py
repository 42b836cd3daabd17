"""What a provider says of itself is asked for once, also when it does not answer."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from quantlab_server.adapters.outgoing import Outgoing
from quantlab_server.oidc.discovery import Directory, ProviderUnavailable
from quantlab_server.settings_oidc import OidcProvider
from tests.support.oidc import LyingProvider
from tests.unit.auth.world import MovingClock

DISCOVERY = "/.well-known/openid-configuration"


@pytest.fixture
def liar() -> Iterator[LyingProvider]:
    with LyingProvider() as provider:
        yield provider


def test_many_who_start_at_once_ask_once(liar: LyingProvider) -> None:
    directory, provider = meet(liar, MovingClock())

    async def start() -> None:
        found = await asyncio.gather(*(directory.metadata(provider) for _ in range(20)))
        assert {one.token_endpoint for one in found} == {f"{liar.issuer}/token"}

    asyncio.run(start())
    assert liar.asked == [DISCOVERY]


def test_a_provider_that_is_down_is_asked_again_only_after_a_while(liar: LyingProvider) -> None:
    clock = MovingClock()
    directory, provider = meet(liar, clock)
    liar.status = 500

    async def start() -> None:
        tries = [directory.metadata(provider) for _ in range(20)]
        results = await asyncio.gather(*tries, return_exceptions=True)
        assert {type(result) for result in results} == {ProviderUnavailable}
        assert {str(result) for result in results} == {"it answers 500"}
        liar.status = 200
        clock.move(9)
        with pytest.raises(ProviderUnavailable):
            await directory.metadata(provider)
        assert liar.asked == [DISCOVERY]
        clock.move(2)
        assert (await directory.metadata(provider)).jwks_uri == f"{liar.issuer}/jwks"

    asyncio.run(start())
    assert liar.asked == [DISCOVERY] * 2


def meet(liar: LyingProvider, clock: MovingClock) -> tuple[Directory, OidcProvider]:
    """The directory of a process, and a provider that it has not asked yet."""
    outgoing = Outgoing([f"127.0.0.1:{liar.port}"])
    provider = OidcProvider("liar", liar.issuer, "quantlab", "", "Liar", "openid", False)
    return Directory(outgoing, clock), provider
