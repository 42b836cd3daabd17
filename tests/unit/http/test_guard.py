"""Origin, content type and entity tags."""

from __future__ import annotations

import pytest
from tornado.httputil import HTTPHeaders

from quantlab_server.errors import Forbidden, Malformed, PreconditionRequired, WrongType
from quantlab_server.http import etag, guard
from quantlab_server.http.endpoint import Body, Request
from quantlab_server.http.proxies import client_address


def request(method: str = "POST", body: bytes = b"", **headers: str) -> Request:
    fields = HTTPHeaders({name.replace("_", "-"): value for name, value in headers.items()})
    return Request(
        method, "/x", {}, fields, {}, Body(body), "127.0.0.1", False, "request-1", "/api"
    )


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example", "Host": "lab.example"},
        {"Origin": "null", "Host": "lab.example"},
        {"Origin": "https://lab.example.evil.example", "Host": "lab.example"},
        {"Origin": "https://lab.example:444", "Host": "lab.example"},
        {"Sec_Fetch_Site": "cross-site", "Host": "lab.example"},
        {"Sec_Fetch_Site": "same-site", "Host": "lab.example"},
    ],
)
def test_other_sites_are_refused(headers: dict[str, str]) -> None:
    with pytest.raises(Forbidden):
        guard.check_origin(request(**headers), "")


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "lab.example"},
        {"Origin": "https://lab.example", "Host": "lab.example"},
        {"Origin": "http://127.0.0.1:8888", "Host": "127.0.0.1:8888"},
        {"Sec_Fetch_Site": "same-origin", "Host": "lab.example"},
        {"Sec_Fetch_Site": "none", "Host": "lab.example"},
    ],
)
def test_our_own_pages_and_programs_pass(headers: dict[str, str]) -> None:
    guard.check_origin(request(**headers), "")


def test_reading_is_not_a_state_change() -> None:
    guard.check_origin(request("GET", Origin="https://evil.example", Host="lab.example"), "")


def test_an_allowed_origin_passes() -> None:
    guard.check_origin(
        request(Origin="https://desk.example", Host="lab.example"), "https://desk.example"
    )


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=latin-1",
        "",
    ],
)
def test_bodies_of_another_type_are_refused(kind: str) -> None:
    with pytest.raises(WrongType):
        guard.check_content_type(request(body=b"{}", Content_Type=kind), "application/json")


def test_an_empty_form_is_refused_too() -> None:
    # What a foreign page's form sends when it has no fields.
    with pytest.raises(WrongType):
        guard.check_content_type(
            request(Content_Type="application/x-www-form-urlencoded"), "application/json"
        )


@pytest.mark.parametrize("kind", ["application/json", "Application/JSON; charset=UTF-8"])
def test_json_passes(kind: str) -> None:
    guard.check_content_type(request(body=b"{}", Content_Type=kind), "application/json")


def test_a_body_without_type_is_refused() -> None:
    with pytest.raises(WrongType):
        guard.check_content_type(request(body=b"{}"), "application/json")


def test_entity_tags() -> None:
    assert etag.require_version(request(If_Match='"7"')) == 7
    assert etag.require_version(request(If_Match='W/"7"')) == 7
    assert etag.if_match_version(request()) is None
    assert etag.require_revision(request(If_Match='"d3"')) == 3
    assert etag.require_revision(request(If_None_Match="*")) is None


@pytest.mark.parametrize("value", ["7", "*", '"d7"', '"7", "8"', '"-1"', '""', '"7', "x" * 500])
def test_broken_version_tags(value: str) -> None:
    with pytest.raises(Malformed):
        etag.require_version(request(If_Match=value))


def test_missing_tags() -> None:
    with pytest.raises(PreconditionRequired):
        etag.require_version(request())
    with pytest.raises(PreconditionRequired):
        etag.require_revision(request())


@pytest.mark.parametrize(
    ("forwarded", "proxies", "expected"),
    [
        ("1.1.1.1", 0, "9.9.9.9"),
        ("1.1.1.1", 1, "1.1.1.1"),
        ("6.6.6.6, 1.1.1.1", 1, "1.1.1.1"),
        ("6.6.6.6, 1.1.1.1, 10.0.0.1", 2, "1.1.1.1"),
        ("", 1, "9.9.9.9"),
        ("1.1.1.1", 2, "9.9.9.9"),
        ("<script>", 1, "9.9.9.9"),
        ("2001:db8::1", 1, "2001:db8::1"),
    ],
)
def test_forwarded_addresses_are_believed_for_a_stated_number_of_proxies(
    forwarded: str, proxies: int, expected: str
) -> None:
    assert client_address("9.9.9.9", forwarded, proxies) == expected
