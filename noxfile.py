"""What can be run here. ``./dev`` bootstraps a virtual environment and calls this.

All sessions share the checkout's own ``.venv`` (``wheel`` makes two more): installing JupyterLab
and building the bundle once is most of what a run costs.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

import nox

nox.options.default_venv_backend = "none"
nox.options.stop_on_first_error = False

# Servers start in a third of the time when they do not compile every module anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

ROOT = Path(__file__).parent
BUNDLE = ROOT / "quantlab_ext" / "labextension"
WIDGET = ROOT / "quantlab_ext" / "widgets" / "static" / "chart.js"
LABEXTENSION = ROOT / "labextension"
RESULTS = ROOT / "test-results"
PREFIX = Path(sys.prefix)
GATE = ["gate"]
# Servers are started once for each process, and kept for all tests of a file.
SPREAD = ["--numprocesses=auto", "--maxprocesses=4", "--dist=loadfile"]


@nox.session
def lab(session: nox.Session) -> None:
    """Open JupyterLab with this checkout installed."""
    _install(session, "examples")
    arguments = list(session.posargs)
    if hasattr(os, "geteuid") and os.geteuid() == 0 and "--allow-root" not in arguments:
        arguments.append("--allow-root")
    session.run("jupyter", "lab", *arguments)


@nox.session
def install(session: nox.Session) -> None:
    """Install this checkout, editable, with everything that development needs."""
    _install(session, "dev")


@nox.session(tags=GATE)
def lint(session: nox.Session) -> None:
    """Style, types and import rules, of Python and of TypeScript."""
    _install(session, "dev")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy")
    session.run("lint-imports", "--no-cache")
    with session.chdir(LABEXTENSION):
        session.run("jlpm", "lint")


@nox.session(tags=GATE)
def generated(session: nox.Session) -> None:
    """Fail if openapi.yaml, TypeScript types or generated pages of docs/ are stale."""
    _install(session, "dev")
    _generate(session, check=True)


@nox.session
def generate(session: nox.Session) -> None:
    """Rewrite what is generated from the endpoint table and the settings."""
    _install(session, "dev")
    _generate(session, check=False)


@nox.session(tags=GATE)
def frontend(session: nox.Session) -> None:
    """Unit tests of the JupyterLab extension."""
    _install(session, "dev")
    with session.chdir(LABEXTENSION):
        session.run("jlpm", "test", *session.posargs)


@nox.session(tags=GATE)
def tests(session: nox.Session) -> None:
    """Python tests without a browser: unit, API, database, architecture."""
    _install(session, "dev")
    _pytest(session, "tests", ["-m", "not e2e", "--ignore=tests/wheel", *SPREAD])


@nox.session(tags=GATE)
def wheel(session: nox.Session) -> None:
    """Build the wheel from clean, install it in an empty environment and use it there."""
    _install(session, "dev")
    place = Path(session.create_tmp())
    source, built, venv = place / "source", place / "dist", place / "venv"
    for folder in (source, built, venv):
        shutil.rmtree(folder, ignore_errors=True)
    _copy_tracked(source)
    # The wheel is made from the source distribution, so both are tried.
    session.run("uv", "build", "--quiet", "--out-dir", str(built), str(source))
    session.run("uv", "venv", "--quiet", "--python", sys.executable, str(venv))
    [package] = built.glob("*.whl")
    session.run("uv", "pip", "install", "--quiet", "--python", str(venv), str(package))
    stock = place / "stock"
    session.run("uv", "venv", "--quiet", "--clear", "--python", sys.executable, str(stock))
    session.run("uv", "pip", "install", "--quiet", "--python", str(stock), _same_lab(venv))
    environment = {
        **_chromium(session),
        "QUANTLAB_WHEEL_VENV": str(venv.resolve()),
        "QUANTLAB_STOCK_VENV": str(stock.resolve()),
    }
    _pytest(session, "wheel", ["tests/wheel"], environment)


@nox.session(tags=GATE)
def e2e(session: nox.Session) -> None:
    """Tests that drive JupyterLab in a real browser."""
    _install(session, "dev")
    _pytest(session, "e2e", ["-m", "e2e", "--ignore=tests/wheel", *SPREAD], _chromium(session))


@nox.session
def bench(session: nox.Session) -> None:
    """Measure, and print ratios against a floor taken in the same run; ``wheel`` first, for the front end's."""
    _install(session, "dev")
    place = ROOT / ".nox" / "wheel" / "tmp"
    environment = {
        f"QUANTLAB_{name}_VENV": str(place / folder)
        for name, folder in (("WHEEL", "venv"), ("STOCK", "stock"))
        if (place / folder).is_dir()
    }
    session.run("python", "-m", "bench", *session.posargs, env=_chromium(session) | environment)


@nox.session
def pentest(session: nox.Session) -> None:
    """Attack a server of its own with sqlmap, wapiti, hydra and ffuf, which have to be installed; not in the gate."""
    _install(session, "dev")
    session.run("python", "-m", "tools.pentest", *session.posargs)


def _install(session: nox.Session, extra: str) -> None:
    """Editable install with the bundle, skipped while nothing that it depends on has changed."""
    inputs = [ROOT / "pyproject.toml", *(ROOT / "server_ext" / "jupyter-config").rglob("*.json")]
    digest = _digest(inputs)
    stamps = [PREFIX / f".quantlab-{name}" for name in dict.fromkeys((extra, "dev"))]
    current = any(stamp.exists() and stamp.read_text() == digest for stamp in stamps)
    if not current:
        tools = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
        session.run("uv", "pip", "install", "--quiet", *tools)
    _bundle(session)
    if not current:
        session.run(
            *("uv", "pip", "install", "--quiet", "--no-build-isolation"),
            *("--editable", f".[{extra}]"),
            env={"HATCH_JUPYTER_BUILDER_SKIP_NPM": "1"},
        )
        _link_bundle()
        stamps[0].write_text(digest)


def _bundle(session: nox.Session) -> None:
    """Build the JupyterLab extension and the page's side of charts in cells if their sources changed."""
    stamp = PREFIX / ".quantlab-bundle"
    digest = _digest(ROOT / name for name in _tracked("labextension"))
    built = (BUNDLE / "package.json").exists() and WIDGET.exists()
    if built and stamp.exists() and stamp.read_text() == digest:
        return
    shutil.rmtree(BUNDLE, ignore_errors=True)
    with session.chdir(LABEXTENSION):
        session.run("jlpm", "install", "--immutable")
        session.run("jlpm", "build:prod")
    stamp.write_text(digest)


def _link_bundle() -> None:
    """Let JupyterLab load the checkout's bundle instead of the copy that an install makes."""
    target = PREFIX / "share" / "jupyter" / "labextensions" / "@quantlab" / "labextension"
    if target.is_symlink():
        target.unlink()
    elif target.exists():
        shutil.rmtree(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.symlink_to(BUNDLE, target_is_directory=True)


def _generate(session: nox.Session, *, check: bool) -> None:
    session.run("python", "tools/generate.py", *(["--check"] if check else []))
    types = LABEXTENSION / "src" / "api" / "types.ts"
    before = types.read_bytes() if types.exists() else b""
    with session.chdir(LABEXTENSION):
        session.run("jlpm", "generate")
    if check and types.read_bytes() != before:
        types.write_bytes(before)
        session.error(f"{types.relative_to(ROOT)} is stale: run ./dev generate")


def _pytest(
    session: nox.Session, name: str, selection: list[str], env: dict[str, str] | None = None
) -> None:
    RESULTS.mkdir(exist_ok=True)
    report = RESULTS / f"{name}.xml"
    report.unlink(missing_ok=True)
    session.run(
        *("python", "-m", "pytest", f"--junitxml={report}"),
        *selection,
        *session.posargs,
        env=env or {},
    )


def _chromium(session: nox.Session) -> dict[str, str]:
    """Find or install a browser before the tests that need one."""
    path = session.run("python", "-m", "tests.support.chromium", silent=True)
    return {"CHROMIUM_PATH": str(path).strip().splitlines()[-1]}


def _same_lab(venv: Path) -> str:
    """The requirement for exactly the JupyterLab that ``venv`` has."""
    listing = subprocess.run(
        ["uv", "pip", "freeze", "--python", str(venv)], capture_output=True, text=True, check=True
    )
    return next(line for line in listing.stdout.splitlines() if line.startswith("jupyterlab=="))


def _tracked(folder: str = ".") -> list[str]:
    """Files of the work tree that git does not ignore, relative to the root."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", folder],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return sorted(name for name in set(listing.stdout.split("\0")) if (ROOT / name).is_file())


def _copy_tracked(target: Path) -> None:
    for name in _tracked():
        copy = target / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, copy)


def _digest(files: Iterable[Path]) -> str:
    total = hashlib.sha256()
    for file in sorted(files):
        total.update(f"{file.relative_to(ROOT)}\0".encode())
        total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()
