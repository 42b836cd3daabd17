"""``quantlab login`` and ``quantlab logout``: let scripts on this machine work as a person of a service elsewhere."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from quantlab_ext.schemas.device import DeviceCodes


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the commands."""
    login = subparsers.add_parser(
        "login",
        help="let scripts on this machine work as you",
        description=(
            "Show a code that you type at another screen where you are signed in. The token that this machine then"
            " gets is kept in a file that only you can read, and used by `import quantlab_ext`."
        ),
    )
    login.add_argument("url", help="address of the service, or of the Jupyter server it is part of")
    login.add_argument("--name", help="what this machine is called in your list of tokens")
    login.add_argument(
        "--scope", action="append", help="what scripts may do; several times. Default: everything"
    )
    login.set_defaults(func=run_login)
    logout = subparsers.add_parser(
        "logout",
        help="forget the token of this machine",
        description="Forget the token of `quantlab login`. Revoke it in the account page to end it.",
    )
    logout.add_argument("url", nargs="?", help="default: the address of the last log-in")
    logout.set_defaults(func=run_logout)


def run_login(args: argparse.Namespace) -> int:
    """Wait until the person has decided; 1 when this machine was not let in."""
    from quantlab_ext.client import Client
    from quantlab_ext.credentials import keep_credential
    from quantlab_ext.device import connect_device
    from quantlab_ext.errors import QuantLabError

    jupyter_token = os.environ.get("QUANTLAB_JUPYTER_TOKEN") or None
    name = args.name or f"quantlab on {platform.node() or 'a machine'}"
    try:
        credential = connect_device(
            args.url, name, _show, scopes=args.scope, jupyter_token=jupyter_token
        )
        path = keep_credential(credential)
        with Client(credential.url, credential.token) as client:
            print(f"Signed in as {client.whoami().username}. The token is in {path}.")
    except QuantLabError as problem:
        print(f"quantlab: {problem}", file=sys.stderr)
        return 1
    return 0


def run_logout(args: argparse.Namespace) -> int:
    """Forget a token; 1 when there is none."""
    from quantlab_ext.credentials import forget_credential
    from quantlab_ext.errors import QuantLabError

    try:
        gone = forget_credential(args.url)
    except QuantLabError as problem:
        print(f"quantlab: {problem}", file=sys.stderr)
        return 1
    if gone is None:
        print("quantlab: there is no token to forget", file=sys.stderr)
        return 1
    print(f"Forgotten: the token for {gone.url}. It still works; revoke it in the account page.")
    return 0


def _show(codes: DeviceCodes) -> None:
    print(f"Open {codes.verification_uri} where you are signed in and type this code:")
    print(f"\n    {codes.user_code}\n", flush=True)
