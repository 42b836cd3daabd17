"""Log-in by device code (RFC 8628): this program shows a code, a person lets it in at another screen."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from quantlab_ext.credentials import Credential
from quantlab_ext.errors import NotSignedIn, QuantLabError, TooManyRequests, Unavailable
from quantlab_ext.schemas.device import DeviceCodes, DeviceToken
from quantlab_ext.tokens import StaticToken
from quantlab_ext.transport import Transport

_SLOWER = 5.0  # seconds added when the service says slow_down


def connect_device(
    url: str,
    client_name: str,
    show: Callable[[DeviceCodes], None],
    *,
    scopes: Sequence[str] | None = None,
    jupyter_token: str | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Credential:
    """Get a token for this program, however long its person takes (ten minutes at most).

    Args:
        url: address of the API, or of the server it belongs to.
        client_name: what the person is shown.
        show: is given the code that the person has to type, and where.
        scopes: what the token may do; default: all that a token can.
        jupyter_token: token of the Jupyter server, where QuantLab is part of one.

    Raises:
        NotSignedIn: ``access_denied`` or ``expired_token``.
        QuantLabError: the service cannot be reached, or refuses the request.
    """
    door = StaticToken(url, None, jupyter_token)
    transport = Transport(door)
    try:
        body = {"client_name": client_name} | ({"scopes": list(scopes)} if scopes else {})
        answer = transport.request("POST", "/auth/device", body=body)
        codes = DeviceCodes.model_validate_json(answer.content)
        show(codes)
        token = _wait(transport, codes, sleep)
    finally:
        transport.close()
    return Credential(door.url(), token)


def _wait(transport: Transport, codes: DeviceCodes, sleep: Callable[[float], None]) -> str:
    pause = float(codes.interval)
    while True:
        sleep(pause)
        try:
            answer = transport.request(
                "POST", "/auth/device/token", body={"device_code": codes.device_code}
            )
        except (TooManyRequests, Unavailable):
            pause += _SLOWER
        except QuantLabError as error:
            if error.code == "slow_down":
                pause += _SLOWER
            elif error.code in ("access_denied", "expired_token"):
                raise NotSignedIn(error.message, code=error.code) from None
            elif error.code != "authorization_pending":
                raise
        else:
            return DeviceToken.model_validate_json(answer.content).access_token
