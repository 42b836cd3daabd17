"""Workflows as documents in a real JupyterLab: making them over the API, opening and editing them in a page."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import httpx
from playwright.sync_api import Page, Request, expect

from tests.support.jupyter import JupyterServerProcess
from tests.support.waiting import wait_until

STATUS = ".jp-QuantLab-SaveStatus > button"
BANNER = ".jp-QuantLab-Banner"
# A cold JupyterLab on a busy machine.
START_MS = 90_000
KERNEL_MS = 60_000


class Lab(JupyterServerProcess):
    """JupyterLab with its application reachable from the page's console, as tests of commands need it."""

    def __init__(self, *args: Any, **options: Any) -> None:
        options["args"] = (
            *options.get("args", ()),
            "--LabApp.expose_app_in_browser=True",
            "--JupyterNotebookApp.expose_app_in_browser=True",
        )
        super().__init__(*args, **options)


def code_cell(source: str, *outputs: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    """A code cell as nbformat 4.5 has it."""
    return {
        "cell_type": "code",
        "id": f"c{abs(hash(source)) % 10**8}",
        "metadata": metadata,
        "execution_count": None,
        "source": source,
        "outputs": list(outputs),
    }


def shown(data: dict[str, str]) -> dict[str, Any]:
    """An output that shows ``data`` by MIME type."""
    return {"output_type": "display_data", "data": data, "metadata": {}}


def notebook(*cells: dict[str, Any] | str) -> dict[str, Any]:
    """A notebook for the default Python kernel."""
    return {
        "cells": [code_cell(cell) if isinstance(cell, str) else cell for cell in cells],
        "metadata": {
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def create(api: httpx.Client, name: str, **body: Any) -> dict[str, Any]:
    """Save a new workflow; ``body`` carries ``code`` or ``notebook``."""
    answer = api.post("/workflows", json={"name": name, **body})
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created


def stored(api: httpx.Client, id: str) -> dict[str, Any]:
    """The workflow as the service has it."""
    workflow: dict[str, Any] = api.get(f"/workflows/{id}").raise_for_status().json()
    return workflow


def draft(api: httpx.Client, id: str) -> dict[str, Any] | None:
    """The service's draft, or None."""
    answer = api.get(f"/workflows/{id}/draft")
    if answer.status_code == 404:
        return None
    found: dict[str, Any] = answer.raise_for_status().json()
    return found


def open_path(page: Page, lab: JupyterServerProcess, path: str) -> None:
    """Open a document of the drive by the page's address: nothing runs by itself."""
    page.goto(f"{lab.url}lab/tree/{quote('QuantLab:' + path)}?token={lab.token}&reset")
    expect(page.locator(".jp-Document").first).to_be_visible(timeout=START_MS)
    expect(page.locator(STATUS)).to_be_visible(timeout=START_MS)


def open_lab(page: Page, lab: JupyterServerProcess) -> None:
    """Open JupyterLab and wait until commands work."""
    page.goto(f"{lab.lab_url}&reset")
    expect(page.locator("#jp-MainLogo")).to_be_visible(timeout=START_MS)
    page.wait_for_function("window.jupyterapp !== undefined", timeout=START_MS)
    page.evaluate("window.jupyterapp.restored")
    # A reset workspace ends with the launcher; what is opened before it would be laid away again.
    expect(page.locator(".jp-Launcher")).to_be_visible(timeout=START_MS)


def run(page: Page, command: str, **args: Any) -> None:
    """Start a command without waiting for the dialog that it opens."""
    page.evaluate(
        "([id, args]) => void window.jupyterapp.commands.execute(id, args)", [command, args]
    )


def wait_until_kept(page: Page, text: str) -> None:
    """Wait until JupyterLab has stored which tabs are open, which it does a moment later; ``text`` is in it then."""
    page.evaluate(
        """async text => {
            const { workspaces } = window.jupyterapp.serviceManager;
            await new Promise(resolve => {
                const look = async () => {
                    const kept = JSON.stringify((await workspaces.list()).values);
                    kept.includes(text) ? resolve() : setTimeout(look, 200);
                };
                void look();
            });
        }""",
        text,
    )


def open_from_library(page: Page, id: str) -> None:
    """Open a workflow as the library does; waits until it is shown."""
    page.evaluate(
        "id => void window.jupyterapp.commands.execute('quantlab:workflow-open', {id})", id
    )
    expect(page.locator(STATUS)).to_be_visible(timeout=START_MS)


def type_at_end(page: Page, text: str, cell: int = 0) -> None:
    """Type behind the first line of a cell or of a script."""
    editor = page.locator(".jp-Document .cm-content:visible").nth(cell)
    editor.click()
    expect(editor).to_be_focused()
    page.keyboard.press("Control+Home")
    page.keyboard.press("End")
    page.keyboard.type(text)


def wait_for_kernel(page: Page) -> None:
    """Wait until the kernel of the notebook in front listens: until then JupyterLab loses its replies."""
    page.wait_for_function(
        """async () => {
            const { sessionContext } = window.jupyterapp.shell.currentWidget;
            await sessionContext.ready;
            await sessionContext.session?.kernel?.info;
            return sessionContext.session?.kernel?.status === 'idle';
        }""",
        timeout=KERNEL_MS,
    )


def run_all(page: Page) -> None:
    """Run every cell as the Run menu does."""
    wait_for_kernel(page)
    page.evaluate("void window.jupyterapp.commands.execute('notebook:run-all-cells')")


def save(page: Page) -> None:
    """Ctrl+S."""
    page.keyboard.press("Control+s")


def expect_state(page: Page, state: str, timeout: float = 20_000) -> None:
    """The status bar says where the document in front stands."""
    expect(page.locator(STATUS)).to_have_attribute("data-state", state, timeout=timeout)


def expect_saved(page: Page, version: int, timeout: float = 20_000) -> None:
    """The status bar says that this version is saved."""
    expect(page.locator(STATUS)).to_have_text(f"Saved: version {version}", timeout=timeout)


def banner(page: Page, kind: str) -> Any:
    """The bar of one kind over the document in front."""
    return page.locator(f"{BANNER}[data-banner={kind}]:visible")


class Traffic:
    """What a page asks the service, in order: ``("PUT", "workflows/…/draft")``."""

    def __init__(self, page: Page) -> None:
        self.calls: list[tuple[str, str]] = []
        page.on("request", self._note)

    def of(self, method: str, ending: str = "") -> list[str]:
        """Paths asked with ``method`` that end so."""
        return [path for verb, path in self.calls if verb == method and path.endswith(ending)]

    def _note(self, request: Request) -> None:
        _, found, path = request.url.partition("/quantlab/api/")
        if found:
            self.calls.append((request.method, path.partition("?")[0]))


def wait_for_draft(api: httpx.Client, id: str, text: str, timeout: float = 20.0) -> dict[str, Any]:
    """The service's draft once it holds ``text``."""

    def look() -> dict[str, Any] | None:
        found = draft(api, id)
        return found if found and text in str(found["content"]) else None

    return wait_until(look, what=f"the draft holds {text!r}", timeout=timeout)
