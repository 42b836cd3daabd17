"""Whose factors change is told by mail, whoever changed them."""

from __future__ import annotations

import pyotp

from tests.unit.auth.mailing import Post


def test_each_change_of_factors_is_told(post: Post) -> None:
    world, member = post.world, post.member()
    email, token = member["user"]["email"], member["access_token"]
    post.deliver()

    def subjects() -> list[str]:
        post.deliver()
        return [mail.subject for mail in post.box.to(email)]

    before = len(subjects())
    secret = world.call("POST", "/auth/mfa/totp", token=token).json["secret"]
    wrong = world.call("POST", "/auth/mfa/totp/confirm", {"code": "000000"}, token=token)
    assert wrong.status == 422
    # Nothing has changed yet.
    assert len(subjects()) == before
    code = {"code": pyotp.TOTP(secret).at(int(world.clock()))}
    assert world.call("POST", "/auth/mfa/totp/confirm", code, token=token).status == 200
    assert subjects()[before:] == ["A way to sign in was added"]
    assert world.call("POST", "/auth/mfa/recovery-codes", token=token).status == 200
    assert subjects()[before + 1 :] == ["You have new recovery codes"]
    assert world.call("DELETE", "/auth/mfa/totp", token=token).status == 204
    assert subjects()[before + 2 :] == ["A way to sign in was removed"]
