"""What is seen of layouts before they are opened: thumbnails, the order of use, what others share."""

from __future__ import annotations

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.test_layouts import create, expect_charts, expect_state, open_layout, stored
from tests.support import documents as doc
from tests.support.documents import run
from tests.support.waiting import wait_until

pytestmark = pytest.mark.e2e

PICTURE = ".jp-QuantLab-Thumbnail img"
# Bytes of the picture in sight, of how many colours, and which part of it is not its commonest colour.
COLOURS = """async img => {
    await img.decode();
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [img.naturalWidth, img.naturalHeight];
    const context = canvas.getContext('2d');
    context.drawImage(img, 0, 0);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    const counts = new Map();
    for (const colour of new Uint32Array(data.buffer)) {
        counts.set(colour, (counts.get(colour) ?? 0) + 1);
    }
    const most = Math.max(...counts.values());
    return [canvas.width, canvas.height, counts.size, 1 - most / (data.length / 4)];
}"""


def picture(api: httpx.Client, id: str) -> bytes | None:
    answer = api.get(f"/layouts/{id}/thumbnail")
    return None if answer.status_code == 404 else answer.raise_for_status().content


def set_theme(page: Page, name: str) -> None:
    run(page, "apputils:change-theme", theme=f"JupyterLab {name}")
    light = "true" if name == "Light" else "false"
    expect(page.locator("body")).to_have_attribute("data-jp-theme-light", light)


def save_with_rsi(page: Page) -> None:
    page.get_by_label("Add a study").first.select_option("ta.rsi")
    expect(page.locator(".jp-QuantLab-Chart-study")).to_have_count(1)
    page.locator(".jp-QuantLab-Chart-canvas").first.focus()
    page.keyboard.press("Control+s")


def test_a_save_makes_a_thumbnail(lab: doc.Lab, api: httpx.Client, page: Page) -> None:
    charts = [{"symbol": "SAMPLE:AAPL"}, {"symbol": "SAMPLE:MSFT", "timeframe": "1W"}]
    layout = create(api, "Pictured", *charts)
    open_layout(page, lab, layout, 2)
    save_with_rsi(page)
    wait_until(lambda: picture(api, layout["id"]) is not None, what="a thumbnail")
    now = stored(api, layout["id"])
    assert (now["version"], now["thumbnail_version"]) == (2, 2)
    assert len(picture(api, layout["id"]) or b"") <= 64 * 1024

    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    run(page, "quantlab:dashboard")
    card = page.locator(".jp-QuantLab-Card-open", has_text="Pictured").first
    shown = card.locator(PICTURE)
    expect(shown).to_be_visible(timeout=30_000)
    width, height, colours, drawn = shown.evaluate(COLOURS)
    assert (width, height) == (480, 300)
    assert colours > 20
    assert drawn > 0.05
    # Never by a bare address: it is fetched with the session and shown from memory.
    assert str(shown.get_attribute("src")).startswith("blob:")
    page.screenshot(path=lab.home / "dashboard-light.png")
    set_theme(page, "Dark")
    page.screenshot(path=lab.home / "dashboard-dark.png")
    run(page, "application:toggle-left-area")
    page.set_viewport_size({"width": 390, "height": 800})
    expect(shown).to_be_visible()
    page.screenshot(path=lab.home / "dashboard-phone.png")


def test_a_save_stands_without_its_thumbnail(lab: doc.Lab, api: httpx.Client, page: Page) -> None:
    layout = create(api, "Plain", {"symbol": "SAMPLE:AAPL"})
    open_layout(page, lab, layout)
    page.route("**/thumbnail*", lambda route: route.abort())
    with page.expect_request("**/thumbnail*"):
        save_with_rsi(page)
    expect_state(page, "saved")
    assert stored(api, layout["id"])["version"] == 2
    expect(page.locator(".Toastify__toast")).to_have_count(0)


def test_what_was_opened_last_comes_first(lab: doc.Lab, api: httpx.Client, page: Page) -> None:
    first = create(api, "First made", {"symbol": "SAMPLE:AAPL"})
    create(api, "Second made", {"symbol": "SAMPLE:MSFT"})
    doc.open_lab(page, lab)
    run(page, "quantlab:layout-load")
    options = page.get_by_role("dialog").get_by_role("option")
    expect(options.first).to_contain_text("Second made")
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    run(page, "quantlab:layout-open", id=first["id"])
    expect_charts(page, 1)

    def leads() -> bool:
        query = {"sort": "-used_at", "limit": 1}
        [item] = api.get("/layouts", params=query).json()["items"]
        return bool(item["id"] == first["id"] and item["opened_at"])

    wait_until(leads, what="the opening to be noted")
    assert stored(api, first["id"])["updated_at"] == first["updated_at"]
    run(page, "quantlab:layout-load")
    expect(options.first).to_contain_text("First made")


def test_versions_in_words_opened_beside_restored_and_undone(
    lab: doc.Lab, api: httpx.Client, page: Page
) -> None:
    rsi = {"id": "ta.rsi", "key": "r", "inputs": {"length": 14}}
    chart = {"id": "c", "symbol": "SAMPLE:AAPL"}
    layout = create(api, "Grown", {**chart, "studies": [rsi]})
    later = {**rsi, "inputs": {"length": 21}}
    drawn = {**chart, "timeframe": "1D", "studies": [later, {"id": "ta.macd", "key": "m"}]}
    api.put(
        f"/layouts/{layout['id']}",
        json={"document": {"schema_version": 1, "charts": [drawn]}},
        headers={"If-Match": '"1"'},
    ).raise_for_status()
    open_layout(page, lab, layout)
    run(page, "quantlab:layout-versions")
    versions = page.locator(".jp-QuantLab-Versions")
    expect(versions.locator(".jp-QuantLab-Diff-changes")).to_contain_text("RSI 14 → 21")
    expect(versions.locator(".jp-QuantLab-Diff-changes")).to_contain_text("MACD")
    expect(page.get_by_role("tab", name="Versions of Grown")).to_be_visible()
    page.screenshot(path=lab.home / "versions.png")

    versions.locator('[data-version="1"]').click()
    expect(versions).to_contain_text("1 chart: AAPL 1D")
    versions.get_by_role("button", name="Restore version 1").click()
    page.get_by_role("button", name="Undo").click()
    wait_until(lambda: stored(api, layout["id"])["version"] == 4, what="the undone restore")
    studies = stored(api, layout["id"])["document"]["charts"][0]["studies"]
    assert [study["id"] for study in studies] == ["ta.rsi", "ta.macd"]

    versions.locator('[data-version="1"]').click()
    versions.get_by_role("button", name="Open beside").click()
    cells = expect_charts(page, 1)
    expect(cells.locator(".jp-QuantLab-Chart-study")).to_have_count(1)
    # Beside, not instead; and nothing is saved by looking.
    expect(versions).to_be_visible()
    names = [item["name"] for item in api.get("/layouts").json()["items"]]
    assert names.count("Grown") == 1
    assert "New layout" not in names
