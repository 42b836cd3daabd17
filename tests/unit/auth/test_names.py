"""Usernames and addresses: nobody can pass for somebody else."""

# ruff: noqa: RUF001  # look-alike letters are what this is about

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantlab_server.accounts.names import (
    clean_email,
    clean_username,
    email_key,
    login_key,
    username_key,
)
from quantlab_server.errors import Invalid


def username_code(name: str) -> str | None:
    try:
        clean_username(name)
    except Invalid as error:
        return error.fields[0]["code"] if error.fields else "no field"
    return None


@pytest.mark.parametrize(
    "name",
    [
        "a",
        "anna",
        "Anna-Lena",
        "j.doe",
        "x_1",
        "Örn",
        "Łukasz",
        "сергей",
        "Ελένη",
        "山田太郎",
        "やまだタロウ",
        "김철수",
        "नेहा",
    ],
)
def test_names_in_any_one_script_are_taken(name: str) -> None:
    assert username_code(name) is None


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "too_short"),
        ("  ", "too_short"),
        ("x" * 65, "too_long"),
        ("two words", "invalid_character"),
        ("a@b", "invalid_character"),
        ("a/b", "invalid_character"),
        ("-a", "invalid_character"),
        ("a.", "invalid_character"),
        ("<b>x</b>", "invalid_character"),
        ("a\x00b", "invalid_character"),
        ("a\nb", "invalid_character"),
        ("ad\u200bmin", "invalid_character"),
        ("ad\u202emin", "invalid_character"),
        ("ad\u00admin", "invalid_character"),
        ("🦊fox", "invalid_character"),
        ("pаypal", "mixed_scripts"),
        ("аdmin", "mixed_scripts"),
        ("αdmin", "mixed_scripts"),
    ],
)
def test_names_that_hide_something_are_refused(name: str, code: str) -> None:
    assert username_code(name) == code


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("Anna", "anna"),
        ("STRASSE", "straße"),
        ("ａｎｎａ", "anna"),
        ("ﬁnn", "finn"),
        ("é", "e\u0301"),
        ("сора", "copa"),
        ("рос", "poc"),
        ("ΑΝΝΑ", "αννα"),
        (" anna ", "anna"),
    ],
)
def test_look_alikes_are_the_same_name(one: str, two: str) -> None:
    assert username_key(one) == username_key(two)


@pytest.mark.parametrize(("one", "two"), [("anna", "anne"), ("user1", "userl"), ("jose", "josé")])
def test_different_names_stay_different(one: str, two: str) -> None:
    assert username_key(one) != username_key(two)


@given(st.text(max_size=80))
def test_cleaning_is_stable_and_its_key_does_not_depend_on_the_spelling(text: str) -> None:
    try:
        name = clean_username(text)
    except Invalid:
        return
    assert clean_username(name) == name
    assert username_key(name) == username_key(username_key(name))
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert username_key(unicodedata.normalize(form, text)) == username_key(name)


@pytest.mark.parametrize(
    ("given_address", "stored"),
    [
        ("anna@example.com", "anna@example.com"),
        (" Anna.B+tag@Example.COM ", "Anna.B+tag@example.com"),
        ("o'neil@example.co.uk", "o'neil@example.co.uk"),
        ("anna@bücher.example", "anna@bücher.example"),
        ("jörg@example.com", "jörg@example.com"),
        ("anna@localhost", "anna@localhost"),
    ],
)
def test_addresses_are_taken(given_address: str, stored: str) -> None:
    assert clean_email(given_address) == stored


@pytest.mark.parametrize(
    "address",
    [
        *("", "anna", "@example.com", "anna@", "anna@@example.com", "a b@example.com"),
        *("anna@example", "anna@.com", "anna@exa mple.com", "anna@-x.com", ".a@example.com"),
        *("a..b@example.com", "anna@example..com", "a\r\nBcc: b@example.com", "a,b@example.com"),
        *("<a@example.com>", "a\x00@example.com", "x" * 65 + "@example.com", "a\u202e@example.com"),
        "a@" + "x" * 250 + ".com",
        "anna@127.0.0.1:80",
        "a@b@example.com",
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(Invalid):
        clean_email(address)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("Anna@Example.com", "anna@example.COM"),
        ("anna@BÜCHER.example", "anna@xn--bcher-kva.example"),
        ("ａnna@example.com", "anna@example.com"),
    ],
)
def test_the_same_address_in_two_spellings(one: str, two: str) -> None:
    assert email_key(one) == email_key(two)


@given(st.text(max_size=400))
def test_any_login_has_a_key(login: str) -> None:
    kind, key = login_key(login)
    assert kind == ("email" if "@" in login else "username")
    assert login_key(login) == (kind, key)
