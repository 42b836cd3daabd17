"""What is repeated, when, and what a caller gets to see: against a service that misbehaves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from quantlab_ext import errors
from quantlab_ext.tokens import StaticToken
from quantlab_ext.transport import MAX_ATTEMPTS, Timing, Transport, encode
from tests.support.waiting import free_port
from tests.unit.client.scripted import DROP, Answer, ScriptedService, Seen, problem

TOKEN = "ql-secret-token"


class Pauses:
    """Stands where the clock would be waited for, and remembers how long."""

    def __init__(self) -> None:
        self.taken: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)


@contextmanager
def service(*answers: Answer) -> Iterator[tuple[ScriptedService, Transport, Pauses]]:
    pauses = Pauses()
    with ScriptedService(list(answers)) as scripted:
        transport = Transport(StaticToken(scripted.url, TOKEN), Timing(total=30), sleep=pauses)
        try:
            yield scripted, transport, pauses
        finally:
            transport.close()


def test_the_token_travels_in_the_header() -> None:
    with service(Answer(body={"a": 1})) as (scripted, transport, _):
        assert transport.request("GET", "/x", params={"q": "ä b", "none": None}).json() == {"a": 1}
    assert scripted.seen[0].headers["Authorization"] == f"Bearer {TOKEN}"
    assert scripted.seen[0].path == "/api/x?q=%C3%A4+b"


@pytest.mark.parametrize("first", [DROP, Answer(502), Answer(503), Answer(504), Answer(429)])
def test_reading_is_repeated(first: Answer) -> None:
    with service(first, first, Answer(body="done")) as (_, transport, pauses):
        assert transport.request("GET", "/x").json() == "done"
    assert len(pauses.taken) == 2


@pytest.mark.parametrize("first", [DROP, Answer(502), Answer(503)])
def test_a_change_that_may_have_been_made_is_not_repeated(first: Answer) -> None:
    with (
        service(first) as (scripted, transport, pauses),
        pytest.raises(errors.Unavailable) as caught,
    ):
        transport.request("POST", "/x", body={})
    assert caught.value.details["unknown_outcome"] is True
    assert len(scripted.seen) == 1
    assert pauses.taken == []


def test_a_lost_answer_says_that_the_outcome_is_unknown() -> None:
    with service(DROP) as (_, transport, _), pytest.raises(errors.Unavailable) as caught:
        transport.request("POST", "/x", body={})
    assert caught.value.code == "outcome_unknown"
    assert caught.value.status == 0


def test_a_change_that_was_turned_away_is_repeated() -> None:
    with service(problem(429, "too_many_requests"), Answer(201)) as (scripted, transport, _):
        assert transport.request("POST", "/x", body={}).status_code == 201
    assert len(scripted.seen) == 2


def test_a_harmless_change_is_repeated_with_the_same_key() -> None:
    with service(DROP, Answer(201)) as (scripted, transport, _):
        headers = {"Idempotency-Key": "k-1"}
        transport.request("POST", "/x", body={"a": 1}, headers=headers, harmless=True)
    assert [seen.headers["Idempotency-Key"] for seen in scripted.seen] == ["k-1", "k-1"]
    assert scripted.seen[0].body == scripted.seen[1].body


def test_after_a_lost_answer_a_refusal_says_so() -> None:
    refusal = problem(412, "version_conflict", current={})
    with (
        service(DROP, refusal) as (_, transport, _),
        pytest.raises(errors.VersionConflict) as caught,
    ):
        transport.request("PUT", "/x", body={}, harmless=True)
    assert caught.value.details["unknown_outcome"] is True


def test_nothing_listens() -> None:
    source = StaticToken(f"http://127.0.0.1:{free_port()}/api", TOKEN)
    pauses = Pauses()
    transport = Transport(source, Timing(total=30), sleep=pauses)
    with pytest.raises(errors.Unavailable) as caught:
        transport.request("POST", "/x", body={})
    assert caught.value.code == "unavailable"
    assert caught.value.details["unknown_outcome"] is False
    assert len(pauses.taken) == MAX_ATTEMPTS - 1
    assert pauses.taken == sorted(pauses.taken[:-2]) + pauses.taken[-2:]


def test_retry_after_in_seconds_is_kept() -> None:
    first = Answer(503, headers={"Retry-After": "7"})
    with service(first, Answer()) as (_, transport, pauses):
        transport.request("GET", "/x")
    assert 7 <= pauses.taken[0] < 8


def test_retry_after_as_a_date_is_kept() -> None:
    moment = format_datetime(datetime.now(UTC) + timedelta(seconds=9), usegmt=True)
    with service(Answer(503, headers={"Retry-After": moment}), Answer()) as (_, transport, pauses):
        transport.request("GET", "/x")
    assert 7 < pauses.taken[0] < 10


def test_a_wait_beyond_the_time_is_an_error_at_once() -> None:
    answer = problem(429, "too_many_requests")
    answer = Answer(429, answer.body, {"Retry-After": "3600"})
    with service(answer) as (_, transport, pauses), pytest.raises(errors.TooManyRequests) as caught:
        transport.request("GET", "/x")
    assert caught.value.details["retry_after"] == 3600
    assert pauses.taken == []


def test_the_total_time_is_bounded() -> None:
    with ScriptedService(lambda _: DROP) as scripted:
        transport = Transport(StaticToken(scripted.url, TOKEN), Timing(total=0.3))
        with pytest.raises(errors.Unavailable):
            transport.request("GET", "/x")
    assert len(scripted.seen) <= 3


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "malformed", errors.InvalidInput),
        (401, "not_signed_in", errors.NotSignedIn),
        (403, "quota_exceeded", errors.Forbidden),
        (404, "not_found", errors.NotFound),
        (409, "name_taken", errors.Conflict),
        (412, "draft_conflict", errors.VersionConflict),
        (413, "too_large", errors.InvalidInput),
        (422, "invalid", errors.InvalidInput),
        (428, "version_missing", errors.InvalidInput),
        (500, "internal", errors.Unavailable),
        (418, "teapot", errors.QuantLabError),
    ],
)
def test_errors_have_names(status: int, code: str, kind: type[errors.QuantLabError]) -> None:
    answer = problem(status, code, fields=[{"path": "name"}], limit=3)
    with service(answer) as (_, transport, _), pytest.raises(errors.QuantLabError) as caught:
        transport.request("PATCH", "/x", body={})
    error = caught.value
    assert type(error) is kind
    assert (error.code, error.status, error.request_id) == (code, status, "r-1")
    assert error.details == {"fields": [{"path": "name"}], "limit": 3}


@pytest.mark.parametrize(
    ("status", "body"),
    [(403, b"<html>"), (404, b"{}"), (302, b""), (500, b"[1]"), (413, b"\xff\xfe")],
)
def test_answers_of_others_are_errors_too(status: int, body: bytes) -> None:
    with (
        service(Answer(status, raw=body)) as (_, transport, _),
        pytest.raises(errors.QuantLabError) as caught,
    ):
        transport.request("POST", "/x", body={})
    assert caught.value.status == status
    assert "<" not in caught.value.message


def test_redirects_are_not_followed_with_the_token() -> None:
    with ScriptedService([]) as elsewhere:
        answer = Answer(302, headers={"Location": elsewhere.url})
        with service(answer) as (_, transport, _), pytest.raises(errors.QuantLabError):
            transport.request("GET", "/x")
    assert elsewhere.seen == []


def test_an_identity_that_can_be_renewed_is_renewed_once() -> None:
    class Renewable(StaticToken):
        renewals = 0

        def renew(self) -> bool:
            self.renewals += 1
            return True

    refusal = problem(401, "not_signed_in")
    with ScriptedService([refusal, Answer(body="yes"), refusal, refusal]) as scripted:
        source = Renewable(scripted.url, TOKEN)
        transport = Transport(source)
        # A refused request was not carried out, so any may be sent again.
        assert transport.request("POST", "/x", body={}).json() == "yes"
        with pytest.raises(errors.NotSignedIn):
            transport.request("GET", "/x")
        transport.close()
    assert source.renewals == 2


@pytest.mark.parametrize("value", [float("nan"), b"x", {"a": {1}}, "\ud800"])
def test_what_json_cannot_carry_is_refused(value: object) -> None:
    with pytest.raises(errors.InvalidInput, match="JSON"):
        encode(value)


def test_tokens_are_never_shown() -> None:
    def script(seen: Seen) -> Answer:
        return problem(403, "forbidden")

    with ScriptedService(script) as scripted:
        transport = Transport(StaticToken(scripted.url, TOKEN))
        with pytest.raises(errors.Forbidden) as caught:
            transport.request("GET", "/x")
        transport.close()
    for text in (repr(transport), repr(transport.source), str(caught.value), repr(caught.value)):
        assert TOKEN not in text
