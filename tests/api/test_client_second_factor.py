"""``ql.login`` of somebody with a second factor: the code is asked for where somebody can type it."""

from __future__ import annotations

import subprocess
import sys

import pyotp

from tests.support.api import PASSWORD, Api, Person

SCRIPT = """
import sys
import quantlab_ext as ql
url, login, password, door = sys.argv[1:]
try:
    print(ql.login(url, login, password, jupyter_token=door or None).username)
except ql.errors.NotSignedIn as error:
    print(error.code)
"""


def run(api: Api, person: Person, typed: str) -> subprocess.CompletedProcess[str]:
    """A script of its own, without a terminal: what is typed comes from standard input."""
    door = api.door["Authorization"].removeprefix("token ") if api.embedded else ""
    return subprocess.run(
        [sys.executable, "-c", SCRIPT, api.url, person.username, PASSWORD, door],
        input=typed,
        capture_output=True,
        text=True,
        start_new_session=True,
        timeout=120,
        check=True,
    )


def test_the_code_is_asked_for_only_when_it_is_needed(api: Api, person: Person) -> None:
    assert run(api, person, "").stdout.strip() == person.username
    secret = person.post("/auth/mfa/totp").json()["secret"]
    confirmed = person.post("/auth/mfa/totp/confirm", json={"code": pyotp.TOTP(secret).now()})
    codes = confirmed.json()["codes"]
    done = run(api, person, f"{codes[0]}\n")
    assert done.stdout.strip().endswith(person.username)
    assert "Code of your app, or a recovery code:" in done.stderr
    # Nobody is there to type it.
    assert run(api, person, "").stdout.strip().endswith("otp_required")
    assert run(api, person, "000000\n").stdout.strip().endswith("invalid_credentials")
