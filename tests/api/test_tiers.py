"""Tiers as people see them: used, limit and when it begins anew; a change is followed within seconds."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tests.support.api import Api, Person
from tests.support.colleagues import quantlab
from tests.support.waiting import wait_until


def profile(person: Person) -> dict[str, Any]:
    answer = person.get("/auth/profile")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_quotas_and_rates_follow_the_tier(api: Api, person: Person) -> None:
    free = profile(person)
    assert (free["tier"], free["tier_expires_at"]) == ("free", None)
    assert free["quotas"]["layouts"] == {"used": 0, "limit": 500}
    assert free["rates"]["requests"]["limit"] == 100_000

    quantlab(
        api.process,
        *("user", "tier", person.username, "pro", "--until", "2999-01-31"),
    )
    # Whoever used the service just now is looked up again within five seconds; nothing tells this process.
    pro = wait_until(
        lambda: found if (found := profile(person))["rates"]["requests"]["limit"] == 300 else None,
        what="the rate of the tier counts",
    )
    assert pro["tier"] == "pro"
    assert pro["tier_expires_at"].startswith("2999-01-31")
    assert pro["quotas"]["layouts"]["limit"] == 5_000
    answer = person.get("/auth/profile")
    rate = answer.json()["rates"]["requests"]
    assert answer.headers["RateLimit-Limit"] == "300"
    assert rate["used"] == 300 - int(answer.headers["RateLimit-Remaining"]) > 0
    assert datetime.fromisoformat(rate["resets_at"]).tzinfo is not None

    quantlab(api.process, "user", "tier", person.email, "free")
    wait_until(
        lambda: profile(person)["rates"]["requests"]["limit"] == 100_000,
        what="the free tier counts again",
    )
    tags = [row["tag"] for row in person.get("/auth/audit").json()["items"]]
    assert tags.count("operator:user:tier_changed") == 2
