"""In JupyterLab no password is typed: the page tells the kernel who it works for."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.test_account_panel import ACCOUNT
from tests.support import documents as doc

pytestmark = pytest.mark.e2e


def run_cell(page: Page, index: int = 0) -> None:
    """Run one cell of the notebook in front."""
    page.locator(".jp-Notebook .cm-content").nth(index).click()
    page.keyboard.press("Shift+Enter")


def open_notebook(page: Page, lab: doc.Lab, path: str) -> None:
    """Open a workflow's notebook and wait for its kernel."""
    doc.open_path(page, lab, path)
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible(timeout=doc.KERNEL_MS)


def open_file(page: Page, lab: doc.Lab, path: str) -> None:
    """Open a file of Jupyter's own and wait for its kernel."""
    page.goto(f"{lab.url}lab/tree/{path}?token={lab.token}&reset")
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible(timeout=doc.START_MS)


def test_a_cell_knows_who_is_signed_in(lab: doc.Lab, api: httpx.Client, page: Page) -> None:
    name = api.get("/auth/profile").json()["username"]
    code = "import quantlab_ext as ql\nprint('I am', ql.whoami().username)"
    doc.create(api, "Who", notebook=doc.notebook(code))
    open_notebook(page, lab, "Who.ipynb")
    run_cell(page)
    output = page.locator(".jp-OutputArea-output")
    expect(output).to_contain_text(f"I am {name}", timeout=doc.KERNEL_MS)


def test_a_file_of_jupyters_own_knows_it_too(lab: doc.Lab, api: httpx.Client, page: Page) -> None:
    book = doc.notebook("%load_ext quantlab_ext\n%quantlab whoami")
    (lab.root / "plain.ipynb").write_text(json.dumps(book))
    name = api.get("/auth/profile").json()["username"]
    open_file(page, lab, "plain.ipynb")
    run_cell(page)
    expect(page.locator(".jp-OutputArea-output").first).to_contain_text(name, timeout=doc.KERNEL_MS)


def test_notebook_7_tells_the_kernel_too(lab: doc.Lab, api: httpx.Client, page: Page) -> None:
    book = doc.notebook("%load_ext quantlab_ext\n%quantlab whoami")
    (lab.root / "seven.ipynb").write_text(json.dumps(book))
    name = api.get("/auth/profile").json()["username"]
    page.goto(f"{lab.url}notebooks/seven.ipynb?token={lab.token}")
    expect(page.locator(".jp-Notebook .cm-content").first).to_be_visible(timeout=doc.START_MS)
    doc.wait_for_kernel(page)
    run_cell(page)
    expect(page.locator(".jp-OutputArea-output").first).to_contain_text(name, timeout=doc.KERNEL_MS)


def test_signing_out_reaches_the_kernel(lab: doc.Lab, api: httpx.Client, page: Page) -> None:
    code = (
        "import quantlab_ext as ql\n"
        "try:\n    print('I am', ql.whoami().username)\n"
        "except ql.NotSignedIn:\n    print('nobody')"
    )
    # A file of Jupyter's own stays open, as does its kernel; workflows close.
    (lab.root / "leaving.ipynb").write_text(json.dumps(doc.notebook(code)))
    open_file(page, lab, "leaving.ipynb")
    run_cell(page)
    output = page.locator(".jp-OutputArea-output").first
    expect(output).to_contain_text("I am", timeout=doc.KERNEL_MS)
    page.evaluate("window.jupyterapp.commands.execute('quantlab:account-sign-out')")
    expect(page.locator(ACCOUNT)).to_have_text("Sign in")
    run_cell(page)
    expect(output).to_contain_text("nobody", timeout=doc.KERNEL_MS)
    api.post("/auth/local").raise_for_status()


def test_below_an_address_as_a_hub_gives_it(tmp_path: Path, page: Page) -> None:
    lab = doc.Lab(tmp_path, base_url="/user/ann/")
    lab.start()
    try:
        with lab.client() as api:
            name = api.get("/auth/profile").json()["username"]
            code = "import quantlab_ext as ql\nprint('I am', ql.whoami().username)"
            doc.create(api, "Below", notebook=doc.notebook(code))
        open_notebook(page, lab, "Below.ipynb")
        run_cell(page)
        output = page.locator(".jp-OutputArea-output")
        expect(output).to_contain_text(f"I am {name}", timeout=doc.KERNEL_MS)
        expect(page.locator(doc.STATUS)).to_be_visible()
    finally:
        lab.terminate()
