"""Finds a Chromium to drive, or says which command would bring one.

In this order: ``CHROMIUM_PATH``; one that the system has; one that Playwright downloaded, or can;
Debian's package when run by root. ``python -m tests.support.chromium`` prints the path, or why
there is none.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import sync_playwright

SYSTEM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
SYSTEM_PATHS = ("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",)
# Without a network these must fail soon instead of holding up the whole run.
DOWNLOAD_SECONDS = 180
PACKAGE_SECONDS = 420


class NoChromium(RuntimeError):
    """There is none, and it could not be installed; the message names the command to run."""


def find_chromium(*, install: bool = False) -> Path:
    """Path of a Chromium.

    Args:
        install: also try to download or install one (needs a network).

    Raises:
        NoChromium: none found.
    """
    given = os.environ.get("CHROMIUM_PATH")
    if given:
        if not os.access(given, os.X_OK):
            raise NoChromium(f"CHROMIUM_PATH={given} is not a program")
        return Path(given)
    for candidate in _present():
        return candidate
    if install:
        for attempt in (_playwright_download, _debian_package):
            attempt()
            for candidate in _present():
                return candidate
    raise NoChromium(
        "No Chromium found. Run one of\n"
        f"    {sys.executable} -m playwright install --with-deps chromium\n"
        "    apt-get install chromium        (as root, on Debian or Ubuntu)\n"
        "or set CHROMIUM_PATH to a Chromium or Chrome that is installed."
    )


def launch_arguments() -> list[str]:
    """Switches that Chromium needs here: no sandbox for root, no small /dev/shm of a container."""
    arguments = ["--disable-dev-shm-usage"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        arguments.append("--no-sandbox")
    return arguments


def _present() -> Iterator[Path]:
    for name in SYSTEM_NAMES:
        found = shutil.which(name)
        if found and _runs(found):
            yield Path(found)
    for path in (*SYSTEM_PATHS, _playwright_path()):
        if path and os.access(path, os.X_OK):
            yield Path(path)


def _runs(program: str) -> bool:
    """Whether it is a browser and not a placeholder that asks for a snap to be installed."""
    try:
        done = subprocess.run([program, "--version"], capture_output=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _playwright_path() -> str:
    with sync_playwright() as playwright:
        return playwright.chromium.executable_path


def _playwright_download() -> None:
    _attempt([sys.executable, "-m", "playwright", "install", "chromium"], DOWNLOAD_SECONDS)


def _debian_package() -> None:
    if not (hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get")):
        return
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    options = ["-o", "Acquire::http::Timeout=20", "-o", "Acquire::Retries=1"]
    for action in (
        ["update", "-q"],
        ["install", "-q", "-y", "--no-install-recommends", "chromium"],
    ):
        _attempt(["apt-get", *options, *action], PACKAGE_SECONDS, environment)


def _attempt(command: list[str], seconds: float, env: dict[str, str] | None = None) -> None:
    """Run a command whose failure only means that the next way is tried."""
    print("+", " ".join(command), file=sys.stderr, flush=True)
    try:
        subprocess.run(
            command,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr,
            timeout=seconds,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"  {error}", file=sys.stderr)


if __name__ == "__main__":
    try:
        print(find_chromium(install=True))
    except NoChromium as problem:
        sys.exit(str(problem))
