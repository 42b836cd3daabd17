"""Documents of older schema versions, brought to today's by a chain of pure functions.

What is stored stays as it was written; it is migrated each time it is read. A change of the schema adds one function
here, under the version that it starts from, and a document of that version to the fixtures of the tests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from quantlab_ext.schemas.layout_document import SCHEMA_VERSION
from quantlab_server.errors import Invalid
from quantlab_server.versioning.content import refused

Step = Callable[[dict[str, Any]], dict[str, Any]]

# From a version to the next one; a function gets a document and gives a new one, without touching the old.
STEPS: Mapping[int, Step] = {}


def version_of(document: Mapping[str, Any], path: str, *, newest: int = SCHEMA_VERSION) -> int:
    """The schema version that a document says it has.

    Raises:
        Invalid: none, or newer than ``newest``; at ``path``.
    """
    where = f"{path}.schema_version"
    if "schema_version" not in document:
        raise Invalid(fields=[refused(where, "required", f"Say “schema_version”: {newest}.")])
    version = document["schema_version"]
    if type(version) is not int or version < 1:
        message = f"This is a number from 1 to {newest}."
        raise Invalid(fields=[refused(where, "wrong_type", message)])
    if version > newest:
        message = (
            f"This layout was made by a newer QuantLab: it has schema version {version}, and versions up to {newest}"
            " are known here. Update QuantLab to use it."
        )
        raise Invalid(message, fields=[refused(where, "newer_schema_version", message)])
    return version


def migrate(
    document: dict[str, Any],
    path: str = "document",
    *,
    steps: Mapping[int, Step] = STEPS,
    newest: int = SCHEMA_VERSION,
) -> dict[str, Any]:
    """The document in schema version ``newest``; the same object when it is of that version already.

    Raises:
        Invalid: as :func:`version_of`.
    """
    for version in range(version_of(document, path, newest=newest), newest):
        document = {**steps[version](document), "schema_version": version + 1}
    return document
