"""GraphiQL: a page and files of our own, nothing from elsewhere, and it works."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re

import httpx
import pytest
from playwright.async_api import Page, expect

from app.house import House
from graphql_api.endpoint import PATH
from graphql_api.transport.ide import FOLDER
from tests.graphql_api.conftest import CLOSED, http_to
from tests.graphql_api.serving import served
from tests.kit.houses import Studio

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
FILES = json.loads((FOLDER / "manifest.json").read_text())


async def test_browsers_get_a_page_that_loads_only_from_here(http: httpx.AsyncClient) -> None:
    """Every script and style is ours, hashed, and the policy forbids all others."""
    response = await http.get(PATH, headers={"Accept": BROWSER})
    assert (response.status_code, response.headers["content-type"]) == (200, "text/html; charset=utf-8")
    addresses = re.findall(r'(?:src|href)="([^"]+)"', response.text)
    assert [address.partition("?")[0] for address in addresses] == [
        "data:,",
        *(f"{PATH}/assets/{name}" for name in FILES),
    ]
    assert response.text.count('integrity="sha384-') == len(FILES)
    assert response.headers["content-security-policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


@pytest.mark.parametrize("name", FILES)
async def test_files_are_what_the_manifest_says(http: httpx.AsyncClient, name: str) -> None:
    """Each file has the hash that was pinned, and may be kept for a year."""
    response = await http.get(f"{PATH}/assets/{name}")
    digest = base64.b64encode(hashlib.sha384(response.content).digest()).decode()
    assert (response.status_code, f"sha384-{digest}") == (200, FILES[name]["integrity"])
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "name", ["manifest.json", "../graphiql/boot.js", "..%2f..%2fpages.py", "nothing.js", ""]
)
async def test_no_other_file_is_served(http: httpx.AsyncClient, name: str) -> None:
    """The manifest is the list of what there is."""
    assert (await http.get(f"{PATH}/assets/{name}")).status_code == 404


async def test_without_the_ide_browsers_get_graphql(house: House) -> None:
    """Where it is off there is neither page nor files."""
    async with http_to(house, CLOSED) as closed:
        page = await closed.get(PATH, headers={"Accept": BROWSER})
        assert (page.status_code, page.headers["content-type"]) == (400, "application/json; charset=utf-8")
        assert (await closed.get(f"{PATH}/assets/boot.js")).status_code == 404


async def run(page: Page, operation: str) -> None:
    """Choose one of the operations, once GraphiQL has read them: before that its button runs the whole text."""
    await page.locator('button[aria-label^="Execute query"][aria-haspopup="menu"]').click()
    await page.get_by_role("menuitem", name=operation).click()


async def test_the_default_query_runs_in_a_browser(house: House, browser_page: Page) -> None:
    """GraphiQL loads under its policy, without one complaint, and its first query answers a stranger."""
    complaints: list[str] = []
    browser_page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    browser_page.on("pageerror", lambda error: complaints.append(str(error)))
    async with served(house) as url:
        await browser_page.goto(url)
        await run(browser_page, "WhoAmI")
        result = browser_page.locator(".result-window")
        await expect(result).to_contain_text('"permissions": []')
        await expect(result).to_contain_text('"user": null')
    assert complaints == []


async def test_a_subscription_listens_in_a_browser(house: House, studio: Studio, browser_page: Page) -> None:
    """With the credential under Headers it opens a WebSocket under the same policy, and shows what happens."""
    complaints: list[str] = []
    browser_page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    browser_page.on("pageerror", lambda error: complaints.append(str(error)))
    async with served(house) as url:
        await browser_page.goto(url)
        await browser_page.get_by_role("button", name="Execute query").wait_for()
        await browser_page.evaluate(
            "text => document.querySelectorAll('.graphiql-editor-tool .CodeMirror')[1].CodeMirror.setValue(text)",
            json.dumps(studio.headers),
        )
        await run(browser_page, "Listen")
        result = browser_page.locator(".result-window")
        async with asyncio.timeout(20):
            while "CLIENT_CREATED" not in await result.inner_text():
                await studio.client("Ada Quinn")
                await asyncio.sleep(0.2)
        assert complaints == []
