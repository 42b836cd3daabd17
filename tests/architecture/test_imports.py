"""What a file may import follows from where it is.

The contracts in pyproject.toml (import-linter) order the layers. These rules need the file's own name:
"any repository, no service" is not a list of modules but a pattern.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Callable
from importlib.metadata import packages_distributions

import pytest

from tests.architecture.source import ROOT, Module, is_below, modules

SERVER = "quantlab_server"

# Folders that are mechanisms every resource may use, not resources.
MECHANISMS = {"adapters", "auth", "cli", "db", "http", "models"}


def may_speak_sql(name: str) -> bool:
    """Tables, the database itself and repositories; the commands about the database name its errors."""
    return (
        is_below(name, f"{SERVER}.db", f"{SERVER}.models", f"{SERVER}.cli.db")
        or re.fullmatch(rf"{SERVER}\..*\brepository(\..*)?", name) is not None
    )


def may_know_the_host(name: str) -> bool:
    """The two processes, their mounts, the identity of a host; doctor reads Jupyter's settings."""
    return is_below(
        name,
        f"{SERVER}.extension",
        f"{SERVER}.service",
        f"{SERVER}.http",
        f"{SERVER}.cli.doctor",
        f"{SERVER}.auth.jupyter_identity",
        f"{SERVER}.auth.hub_identity",
    )


def violations(
    package: str, forbidden: tuple[str, ...], allowed: Callable[[str], bool]
) -> list[str]:
    """Imports of ``forbidden`` packages in modules that ``allowed`` does not name."""
    return [
        f"{module.path.name}:{line} ({module.name}) imports {name}"
        for module in modules(package)
        if not allowed(module.name)
        for line, name in module.imports()
        if is_below(name, *forbidden)
    ]


def test_beside_user_code_there_is_no_server_and_no_database() -> None:
    forbidden = (
        *("alembic", "jupyter_server", "psycopg", SERVER, "redis", "sqlalchemy", "tornado"),
        "argon2",
        "jwt",
    )
    assert violations("quantlab_ext", forbidden, lambda _: False) == []


def test_sqlalchemy_stays_in_db_models_and_repositories() -> None:
    assert violations(SERVER, ("sqlalchemy", "alembic", "psycopg"), may_speak_sql) == []


def test_tornado_and_jupyter_stay_in_hosts_and_mounts() -> None:
    assert violations(SERVER, ("tornado", "jupyter_server"), may_know_the_host) == []


def resource_of(name: str) -> str | None:
    """Folder of a resource that a module belongs to, or None for mechanisms and top-level files."""
    parts = name.split(".")
    if len(parts) < 3 or parts[0] != SERVER or parts[1] in MECHANISMS:
        return None
    return parts[1]


def test_a_resource_calls_anothers_service_never_its_repository() -> None:
    wrong = []
    for module in modules(SERVER):
        own = resource_of(module.name)
        for line, name in module.imports():
            other = resource_of(name)
            if own and other and own != other and ".repository" in name:
                wrong.append(f"{module.name}:{line} imports {name}")
    assert wrong == []


@pytest.mark.parametrize(
    ("part", "forbidden"),
    [
        ("endpoints", (".repository", f"{SERVER}.models", f"{SERVER}.db")),
        ("repository", (".service", ".endpoints", f"{SERVER}.http")),
        ("service", (".endpoints", f"{SERVER}.routes")),
    ],
)
def test_layers_inside_a_resource_point_down(part: str, forbidden: tuple[str, ...]) -> None:
    wrong = [
        f"{module.name}:{line} imports {name}"
        for module in modules(SERVER)
        if resource_of(module.name) and module.name.endswith(f".{part}")
        for line, name in module.imports()
        if is_below(name, SERVER) and any(piece in f"{name}." for piece in _as_parts(forbidden))
    ]
    assert wrong == []


def _as_parts(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{name}." for name in names)


def test_importing_the_client_starts_nothing_heavy() -> None:
    """``import quantlab_ext`` runs in every kernel: it must not pull in a data or plotting library."""
    forbidden = ("matplotlib", "numpy", "pandas")
    top = [module for module in modules("quantlab_ext") if module.name == "quantlab_ext"]
    assert [
        name for module in top for _, name in module.imports() if is_below(name, *forbidden)
    ] == []


def test_the_rules_see_what_they_should(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The reader of imports itself: nested imports count, those for annotations do not."""
    file = tmp_path_factory.mktemp("source") / "sample.py"
    file.write_text(
        "from typing import TYPE_CHECKING\n"
        "from . import near\n"
        "if TYPE_CHECKING:\n"
        "    import sqlalchemy\n"
        "else:\n"
        "    import redis\n"
        "def late():\n"
        "    from tornado.web import Application\n"
    )
    found = [name for _, name in Module("pack.sub.sample", file).imports()]
    assert found == ["typing.TYPE_CHECKING", "pack.sub.near", "redis", "tornado.web.Application"]


def test_every_package_that_is_imported_is_a_declared_dependency() -> None:
    """Not only reached through another package, which may drop it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = {_normal(re.split(r"[\[<>=!~ ;]", line)[0]) for line in project["dependencies"]}
    providers = packages_distributions()
    undeclared = {
        top
        for package in ("quantlab_ext", SERVER)
        for module in modules(package)
        for _, name in module.imports()
        if (top := name.split(".")[0]) not in sys.stdlib_module_names
        and top not in ("quantlab_ext", SERVER)
        and not any(_normal(owner) in declared for owner in providers.get(top, [top]))
        # A part of pydantic, pinned by it to one version.
        and top != "pydantic_core"
    }
    assert undeclared == set()


def _normal(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()
