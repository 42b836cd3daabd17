"""Log-in at another service through the browser: the real provider's own page, in a window of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.conftest import JupyterFactory
from tests.e2e.test_account_panel import ACCOUNT, choose, section, sign_up
from tests.e2e.test_second_factors import is_clean, set_up_app, sign_out
from tests.support.jupyter import JupyterServerProcess
from tests.support.oidc import CLIENT_ID, SECRET, ProviderProcess

pytestmark = pytest.mark.e2e


@pytest.fixture
def server(
    make_jupyter_server: JupyterFactory, mock_provider: ProviderProcess
) -> JupyterServerProcess:
    """A JupyterLab where one can sign in at the provider."""
    running = make_jupyter_server(start=False)
    # Another host than the provider's: the way back is from another site, as it is in earnest.
    running.env["QUANTLAB_OIDC_MOCK_SECRET"] = SECRET
    running.env["QUANTLAB_PUBLIC_URL"] = running.url.replace("127.0.0.1", "localhost")
    config: Path = running.home / "config"
    (config / "jupyter_server_config.py").write_text(
        "c.OidcSettings.providers = "
        f"{{'mock': {{'issuer': '{mock_provider.issuer}', 'client_id': '{CLIENT_ID}',"
        " 'label': 'Mock'}}\n"
        f"c.OidcSettings.allowed_hosts = ['127.0.0.1:{mock_provider.port}']\n"
    )
    running.start()
    return running


def _at_the_provider(page: Page, button: str, subject: str) -> None:
    with page.expect_popup() as popup:
        page.get_by_role("button", name=button, exact=True).click()
    window = popup.value
    window.get_by_placeholder("sub").fill(subject)
    window.get_by_role("button", name="Authorize", exact=True).click()


def test_signing_in_linking_and_unlinking(
    server: JupyterServerProcess, mock_provider: ProviderProcess, page: Page
) -> None:
    mock_provider.know("ada", preferred_username="ada", email="ada@example.org")
    page.goto(server.lab_url.replace("127.0.0.1", "localhost"))
    choose(page, "Sign In with Another Account…")
    with page.expect_popup() as popup:
        page.get_by_role("button", name="Sign in with Mock", exact=True).click()
    expect(page.get_by_text("Go on in the other window.")).to_be_visible()
    popup.value.close()
    page.get_by_role("button", name="Cancel", exact=True).click()
    _at_the_provider(page, "Sign in with Mock", "ada")
    expect(page.locator(ACCOUNT)).to_have_text("ada")

    choose(page, "Account")
    section(page, "Linked log-ins").click()
    links = page.get_by_role("list", name="Linked log-ins", exact=True)
    expect(links.get_by_role("listitem")).to_have_count(1)
    page.get_by_role("button", name="Unlink Mock", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Unlink", exact=True).click()
    expect(page.get_by_text("This is the only way into the account.")).to_be_visible()

    choose(page, "Sign Out")
    expect(page.locator(ACCOUNT)).to_have_text("Sign in")
    sign_up(page, "grace")
    choose(page, "Account")
    section(page, "Linked log-ins").click()
    expect(page.get_by_text("No log-in at another service leads to this account.")).to_be_visible()
    _at_the_provider(page, "Link Mock", "grace-elsewhere")
    expect(links.get_by_role("listitem")).to_have_count(1)
    found = Axe().run(page, context=".jp-QuantLab-Account").response
    assert found["violations"] == []
    # By keys alone.
    page.get_by_role("button", name="Unlink Mock", exact=True).focus()
    page.keyboard.press("Enter")
    sure = page.get_by_role("dialog", name="Unlink Mock?", exact=True)
    expect(sure.get_by_role("button", name="Cancel", exact=True)).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(links).to_have_count(0)


def test_the_second_step_after_another_service(
    server: JupyterServerProcess, mock_provider: ProviderProcess, page: Page
) -> None:
    mock_provider.know("hedy", preferred_username="hedy")
    page.goto(server.lab_url.replace("127.0.0.1", "localhost"))
    choose(page, "Sign In with Another Account…")
    _at_the_provider(page, "Sign in with Mock", "hedy")
    expect(page.locator(ACCOUNT)).to_have_text("hedy")
    recovery = set_up_app(page)
    sign_out(page)

    _at_the_provider(page, "Sign in with Mock", "hedy")
    expect(page.get_by_role("heading", name="Second step", exact=True)).to_be_visible()
    code = page.get_by_label("Code", exact=True)
    expect(code).to_be_focused()
    # The other ways are gone until one goes back.
    expect(page.get_by_label("Password", exact=True)).to_have_count(0)
    expect(page.locator(ACCOUNT)).to_have_text("Sign in")
    is_clean(page, ".jp-QuantLab-Account")
    page.get_by_role("button", name="Back", exact=True).press("Enter")
    _at_the_provider(page, "Sign in with Mock", "hedy")
    expect(code).to_be_focused()
    page.keyboard.type("000000")
    page.keyboard.press("Enter")
    expect(page.get_by_text("This is not right, or it was used before.")).to_be_visible()
    code.fill(recovery[0])
    page.keyboard.press("Enter")
    expect(page.locator(ACCOUNT)).to_have_text("hedy")
