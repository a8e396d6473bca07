"""A real browser, and somebody who reads the demo's page in it. It is the browser of this machine; none is fetched."""

import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import (
    Browser,
    ConsoleMessage,
    Locator,
    Page,
    Route,
    ViewportSize,
    async_playwright,
    expect,
)
from playwright.async_api import TimeoutError as NotInTime

from bot.sandbox.slack import Message, Slack
from tests.page_harness import Standing, staffed

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
# It speaks to nobody but the page, and is one that many may be of at once.
ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
DESK, PHONE = ViewportSize(width=1280, height=860), ViewportSize(width=390, height=844)
ASKING = "Asking LaunchDarkly"
WIDE = """() => [...document.querySelectorAll("html, body, main, #log, article, .block")]
    .filter((node) => node.scrollWidth > node.clientWidth + 1 && node.clientWidth)
    .map((node) => `${node.tagName} ${node.className}: ${node.scrollWidth} > ${node.clientWidth}`)"""
IMPACTS = ("serious", "critical")

needs_a_browser = pytest.mark.skipif(CHROMIUM is None, reason="There is no browser here: install chromium.")


@asynccontextmanager
async def opened() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield browser
        await browser.close()


@dataclass
class Reader:
    """Somebody before the page. What they do is done by what a person sees, or a screen reader says."""

    page: Page
    stage: Standing
    url: str
    complaints: list[str] = field(default_factory=list)  # of the browser
    outside: list[str] = field(default_factory=list)  # what was asked of others; it is never answered

    @property
    def slack(self) -> Slack:
        return self.stage.slack

    @property
    def line(self) -> Locator:
        return self.page.get_by_role("combobox", name="Message")

    @property
    def articles(self) -> Locator:
        return self.page.locator("#log article:not([hidden])")

    @property
    def modal(self) -> Locator:
        return self.page.locator("dialog.modal")

    async def type(self, line: str) -> Locator:
        """Send a line to the bot, and wait until its answer is to be read."""
        asked = len(self.slack.chains)
        await self.line.fill(f"/insights {line}".strip())
        await self.line.press("Enter")
        return await self.said(asked)

    async def said(self, asked: int) -> Locator:
        """The answer to what was asked after so many other things: that it is being asked is none."""
        return self.article((await self.answer(asked)).ts)

    async def answer(self, asked: int) -> Message:
        chains = self.slack.chains
        await self.slack.until(lambda: len(chains) > asked and _is_answer(list(chains.values())[-1].latest))
        answer = list(chains.values())[-1].latest
        assert answer
        await expect(self.article(answer.ts)).not_to_contain_text(ASKING)
        return answer

    def article(self, ts: str) -> Locator:
        return self.page.locator(f'#log article[data-ts="{ts}"]')

    async def fits(self) -> None:
        """Nothing is wider than the window, and nothing in a message is wider than the message, once it is drawn."""
        try:
            await self.page.wait_for_function(f"() => !({WIDE})().length")
        except NotInTime as error:
            raise AssertionError(await self.page.evaluate(WIDE)) from error

    async def can_be_used_by_all(self) -> None:
        """What axe finds wrong, without what it calls minor."""
        found = (await Axe().run(self.page)).response["violations"]
        told = [
            f"{fault['id']}: {node['html'][:160]} ({node['failureSummary']})"
            for fault in found
            if fault["impact"] in IMPACTS
            for node in fault["nodes"]
        ]
        assert not told, "\n".join(told)


@asynccontextmanager
async def reading(
    browser: Browser, stage: Standing, url: str, *, size: ViewportSize = DESK, **context: Any
) -> AsyncIterator[Reader]:
    """A visit, at whose end the browser must not have complained of anything."""
    inside = re.escape(url.rsplit(":", 1)[0])
    how = {"timezone_id": "Europe/Berlin", "locale": "en-US", **context}
    visit = await browser.new_context(viewport=size, **how)
    visit.set_default_timeout(5000)
    page = await visit.new_page()
    reader = Reader(page, stage, url)

    async def refuse(route: Route) -> None:
        reader.outside.append(route.request.url)
        await route.abort()

    def heard(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            reader.complaints.append(message.text)

    await visit.route(re.compile(rf"^(?!{inside})"), refuse)
    page.on("console", heard)
    page.on("pageerror", lambda error: reader.complaints.append(str(error)))
    await page.goto(url)
    await expect(page.get_by_role("heading", level=2).first).not_to_be_empty()
    try:
        yield reader
        assert not reader.complaints, reader.complaints
    finally:
        await visit.close()


@asynccontextmanager
async def visit(browser: Browser, *, fragment: str = "#C1", **how: Any) -> AsyncIterator[Reader]:
    """The page with the bot behind it. *how* is of the browser, or of the bot's office."""
    ours = {name: how.pop(name) for name in ("edit",) if name in how}
    async with staffed(**ours) as (stage, url), reading(browser, stage, f"{url}/{fragment}", **how) as reader:
        yield reader


def _is_answer(message: Message | None) -> bool:
    return message is not None and not message.text.startswith(ASKING)
