"""The file of ``quantlab login``: private, one token for each address, and never used when others can read it."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from quantlab_ext.client import Client
from quantlab_ext.credentials import (
    FILE,
    Credential,
    credentials_file,
    find_credential,
    forget_credential,
    keep_credential,
)
from quantlab_ext.errors import NotSignedIn, QuantLabError

HERE = Credential("https://here.example/api", "qlp_here")
THERE = Credential("https://there.example/quantlab/api", "qlp_there")


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "config" / "credentials.json"
    monkeypatch.setenv(FILE, str(path))
    for name in ("QUANTLAB_URL", "QUANTLAB_TOKEN", "QUANTLAB_JUPYTER_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    return path


def test_a_token_is_kept_in_a_private_file(file: Path) -> None:
    assert find_credential() is None
    assert keep_credential(HERE) == file
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert [path.name for path in file.parent.iterdir()] == [file.name]
    assert find_credential() == find_credential(HERE.url + "/") == HERE
    assert HERE.token not in repr(HERE)


def test_each_address_has_one_and_the_last_log_in_counts() -> None:
    for one in (HERE, THERE, Credential(HERE.url, "qlp_newer")):
        keep_credential(one)
    assert find_credential() == Credential(HERE.url, "qlp_newer")
    assert find_credential(THERE.url) == THERE
    assert find_credential("https://other.example/api") is None
    assert forget_credential() == Credential(HERE.url, "qlp_newer")
    assert find_credential() == THERE
    assert forget_credential("https://other.example/api") is None
    assert forget_credential(THERE.url) == THERE
    assert forget_credential() is None


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o777])
def test_a_file_that_others_can_read_is_not_used(file: Path, mode: int) -> None:
    keep_credential(HERE)
    file.chmod(mode)
    with pytest.raises(QuantLabError) as refused:
        find_credential()
    assert refused.value.code == "credentials_exposed"
    assert HERE.token not in str(refused.value)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"credentials": [{"url": 1}]}', "\x00"])
def test_a_broken_file_says_so(file: Path, text: str) -> None:
    keep_credential(HERE)
    file.write_text(text)
    with pytest.raises(QuantLabError) as refused:
        find_credential()
    assert refused.value.code == "credentials_broken"


def test_it_is_among_the_persons_own_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(FILE)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    assert credentials_file() == tmp_path / "xdg" / "quantlab" / "credentials.json"


def test_the_client_takes_it_where_nothing_nearer_is(monkeypatch: pytest.MonkeyPatch) -> None:
    with Client() as nobody, pytest.raises(NotSignedIn):
        nobody.whoami()
    keep_credential(HERE)
    keep_credential(THERE)
    with Client() as client:
        assert client.url == THERE.url
    for address in (HERE.url, "https://here.example"):
        monkeypatch.setenv("QUANTLAB_URL", address)
        with Client() as client:
            assert client.url == HERE.url
            assert HERE.token not in repr(client)
    monkeypatch.setenv("QUANTLAB_URL", "https://other.example")
    with pytest.raises(QuantLabError) as missing:
        Client()
    assert missing.value.code == "token_missing"
