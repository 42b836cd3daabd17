"""Widgets work although their front end is not loaded with the page."""

from __future__ import annotations

from typing import Any

import nbformat
import pytest
from nbformat.sign import NotebookNotary
from playwright.sync_api import Page, expect

from tests.support.jupyter import JupyterServerProcess
from tests.support.weight import weigh

pytestmark = pytest.mark.e2e

WIDGET_FILES = ("jupyterlab-manager", "/anywidget/", "nbdime")
VIEW = "application/vnd.jupyter.widget-view+json"
STATE = "application/vnd.jupyter.widget-state+json"


def notebook(server: JupyterServerProcess, name: str, code: str, **parts: Any) -> None:
    """Write a notebook of one code cell, and say that this person trusts it."""
    cell = nbformat.v4.new_code_cell(code, outputs=parts.get("outputs", []))
    book = nbformat.v4.new_notebook(cells=[cell])
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    book.metadata.update(parts.get("metadata", {}))
    nbformat.write(book, server.root / name)
    NotebookNotary(data_dir=str(server.home / "data")).sign(book)


def run_all(page: Page) -> None:
    """Choose Run > Run All Cells."""
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.locator(".lm-Menu").get_by_text("Run All Cells", exact=True).click()


def test_the_page_starts_without_them(
    jupyter_server_process: JupyterServerProcess, browser: Any
) -> None:
    weight = weigh(browser, jupyter_server_process.lab_url, ready=".jp-Launcher-body")
    assert weight.of("remoteEntry") != {}
    for part in WIDGET_FILES:
        assert weight.of(part) == {}


def test_a_widget_made_by_a_cell_shows_and_reacts(
    jupyter_server_process: JupyterServerProcess, page: Page
) -> None:
    server = jupyter_server_process
    code = (
        "import ipywidgets as w, anywidget, traitlets\n"
        "class Hello(anywidget.AnyWidget):\n"
        "    _esm = 'export default { render({ model, el }) {"
        ' el.innerHTML = "any " + model.get("value"); } }\'\n'
        "    value = traitlets.Int(41).tag(sync=True)\n"
        "box = w.Text(value='slider text')\n"
        "echo = w.HTML()\n"
        "box.observe(lambda c: setattr(echo, 'value', 'kernel got ' + c['new']), 'value')\n"
        "w.VBox([box, echo, Hello()])"
    )
    notebook(server, "widgets.ipynb", code)
    page.goto(server.lab_url.replace("/lab?", "/lab/tree/widgets.ipynb?"))
    expect(page.locator(".jp-Notebook .jp-Cell")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible(timeout=60_000)
    run_all(page)
    box = page.locator(".jp-OutputArea input[type=text]")
    expect(box).to_have_value("slider text", timeout=30_000)
    expect(page.get_by_text("any 41")).to_be_visible()
    box.fill("hello")
    box.press("Enter")
    expect(page.get_by_text("kernel got hello")).to_be_visible()


def test_a_widget_stored_in_a_notebook_is_drawn_from_its_stored_state(
    jupyter_server_process: JupyterServerProcess, page: Page
) -> None:
    server = jupyter_server_process
    base = {"model_module": "@jupyter-widgets/base", "model_module_version": "2.0.0"}
    controls = {"model_module": "@jupyter-widgets/controls", "model_module_version": "2.0.0"}
    state = {
        "layout1": {**base, "model_name": "LayoutModel", "state": {}},
        "style1": {**controls, "model_name": "HTMLStyleModel", "state": {}},
        "html1": {
            **controls,
            "model_name": "HTMLModel",
            "state": {
                "layout": "IPY_MODEL_layout1",
                "style": "IPY_MODEL_style1",
                "value": "stored widget",
            },
        },
    }
    view = {"version_major": 2, "version_minor": 0, "model_id": "html1"}
    output = nbformat.v4.new_output("display_data", {VIEW: view, "text/plain": "HTML(fallback)"})
    metadata = {"widgets": {STATE: {"version_major": 2, "version_minor": 0, "state": state}}}
    notebook(server, "stored.ipynb", "1", outputs=[output], metadata=metadata)
    page.goto(server.lab_url.replace("/lab?", "/lab/tree/stored.ipynb?"))
    expect(page.get_by_text("stored widget")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("HTML(fallback)")).to_have_count(0)
