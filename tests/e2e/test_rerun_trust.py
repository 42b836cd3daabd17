"""Opening shows what is stored and draws it again; nobody's code runs by another's hand."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.support import documents as doc
from tests.support.waiting import time_for_mistakes, wait_until

pytestmark = pytest.mark.e2e

# A one-pixel picture that no run of these tests draws.
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
PLOT = "import matplotlib.pyplot as plt\nplt.plot([1, 3, 2]);"
EVIL = '<img src=x onerror="window.evil = 1"><script>window.evil = 1</script>'


def trust(api: httpx.Client, id: str) -> dict[str, Any]:
    """What the service would let happen by itself."""
    found: dict[str, Any] = doc.stored(api, id)["trust"]
    return found


def pictures(page: Page) -> list[str]:
    """Data of the pictures shown."""
    found: list[str] = page.locator(".jp-RenderedImage img").evaluate_all(
        "nodes => nodes.map(node => node.src)"
    )
    return found


def test_stored_pictures_show_at_once_and_are_drawn_again(
    lab: doc.Lab, api: httpx.Client, page: Page
) -> None:
    slow = "import time; time.sleep(3)"
    workflow = doc.create(
        api,
        "Pictures",
        notebook=doc.notebook(slow, doc.code_cell(PLOT, doc.shown({"image/png": PIXEL}))),
    )
    doc.open_lab(page, lab)
    doc.open_from_library(page, workflow["id"])
    assert pictures(page) == [f"data:image/png;base64,{PIXEL}"]
    bar = doc.banner(page, "run")
    expect(bar).to_contain_text("Running again: cell 1 of 2", timeout=doc.KERNEL_MS)
    expect(bar.get_by_role("button", name="Stop")).to_be_visible()
    page.screenshot(path=lab.home / "rerun.png")
    expect(bar).to_have_count(0, timeout=doc.KERNEL_MS)
    drawn = wait_until(lambda: pictures(page), what="the picture is drawn again")
    assert len(drawn) == 1
    assert PIXEL not in drawn[0]
    wait_until(lambda: trust(api, workflow["id"])["trusted"], what="the run is noted")
    # Drawing again is nobody's edit.
    doc.expect_saved(page, 1)
    time_for_mistakes(page, 1500)
    assert doc.draft(api, workflow["id"]) is None
    assert doc.stored(api, workflow["id"])["version"] == 1


def test_stop_keeps_the_older_pictures(lab: doc.Lab, api: httpx.Client, page: Page) -> None:
    workflow = doc.create(
        api,
        "Stopped",
        notebook=doc.notebook(
            "import time; time.sleep(600)", doc.code_cell(PLOT, doc.shown({"image/png": PIXEL}))
        ),
    )
    doc.open_lab(page, lab)
    doc.open_from_library(page, workflow["id"])
    bar = doc.banner(page, "run")
    expect(bar).to_contain_text("cell 1 of 2", timeout=doc.KERNEL_MS)
    bar.get_by_role("button", name="Stop").click()
    expect(bar).to_contain_text("Stopped after 0 of 2 cells", timeout=doc.KERNEL_MS)
    assert pictures(page) == [f"data:image/png;base64,{PIXEL}"]


def test_an_imported_notebook_forged_as_trusted_runs_nothing(
    lab: doc.Lab, api: httpx.Client, page: Page
) -> None:
    forged = doc.code_cell(
        "open('ran', 'w').close()",
        doc.shown({"text/html": EVIL}),
        doc.shown({"application/javascript": "window.evil = 1"}),
        trusted=True,
    )
    workflow = doc.create(api, "Forged", notebook=doc.notebook(forged), origin="imported")
    assert trust(api, workflow["id"]) == {
        "trusted": False,
        "auto_run": False,
        "reason": "imported",
    }
    doc.open_lab(page, lab)
    doc.open_from_library(page, workflow["id"])
    bar = doc.banner(page, "run")
    expect(bar).to_contain_text("This workflow was imported. Run it?")
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible(timeout=doc.KERNEL_MS)
    time_for_mistakes(page, 1000)
    assert page.evaluate("window.evil") is None
    assert not (lab.root / "ran").exists()
    page.screenshot(path=lab.home / "run-bar.png")
    bar.get_by_role("button", name="Run", exact=True).click()
    wait_until(lambda: (lab.root / "ran").exists(), what="the person's word runs it")
    wait_until(lambda: trust(api, workflow["id"])["auto_run"], what="the run is noted")
    assert page.evaluate("window.evil") is None


def test_a_script_shows_its_figures_beside_it(lab: doc.Lab, api: httpx.Client, page: Page) -> None:
    workflow = doc.create(api, "Figures", code=f"{PLOT}\nplt.show()\nprint('drawn')\n")
    doc.open_lab(page, lab)
    doc.open_from_library(page, workflow["id"])
    output = page.locator(".jp-QuantLab-Output")
    expect(output.locator(".jp-RenderedImage img")).to_have_count(1, timeout=doc.KERNEL_MS)
    expect(output).to_contain_text("drawn")
    expect(output.get_by_role("status")).to_have_text("Done")
    page.screenshot(path=lab.home / "script.png")
    output.get_by_role("button", name="Run again").click()
    expect(output.get_by_role("status")).to_have_text("Done", timeout=doc.KERNEL_MS)
    expect(output.locator(".jp-RenderedImage img")).to_have_count(1)


def test_the_setting_turns_running_off(lab: doc.Lab, api: httpx.Client, page: Page) -> None:
    workflow = doc.create(api, "Quiet", notebook=doc.notebook("open('quiet', 'w').close()"))
    folder = lab.home / "settings" / "@quantlab" / "labextension"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "documents.jupyterlab-settings").write_text('{"autoRun": false}')
    doc.open_lab(page, lab)
    doc.open_from_library(page, workflow["id"])
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible(timeout=doc.KERNEL_MS)
    time_for_mistakes(page, 1000)
    assert not (lab.root / "quiet").exists()
    (folder / "documents.jupyterlab-settings").unlink()


def test_a_notebook_that_the_person_ran_and_saved_runs_by_itself_later(
    lab: doc.Lab, api: httpx.Client, page: Page
) -> None:
    workflow = doc.create(
        api, "Ran by hand", notebook=doc.notebook("a = 1", "b = 2"), origin="imported"
    )
    assert trust(api, workflow["id"])["auto_run"] is False
    doc.open_path(page, lab, "Ran by hand.ipynb")
    doc.run_all(page)
    expect(page.locator(".jp-CodeCell .jp-InputPrompt").nth(1)).to_have_text(
        "[2]:", timeout=doc.KERNEL_MS
    )
    doc.save(page)
    doc.expect_saved(page, 2)
    wait_until(lambda: trust(api, workflow["id"])["auto_run"], what="the run is noted")


def test_code_that_was_changed_after_its_run_does_not_count_as_run(
    lab: doc.Lab, api: httpx.Client, page: Page
) -> None:
    workflow = doc.create(api, "Changed after", notebook=doc.notebook("a = 1"), origin="imported")
    doc.open_path(page, lab, "Changed after.ipynb")
    doc.run_all(page)
    expect(page.locator(".jp-CodeCell .jp-InputPrompt").first).to_have_text(
        "[1]:", timeout=doc.KERNEL_MS
    )
    doc.type_at_end(page, "0000")
    doc.save(page)
    doc.expect_saved(page, 2)
    time_for_mistakes(page, 1000)
    assert trust(api, workflow["id"])["auto_run"] is False
