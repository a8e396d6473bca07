"""A real browser, and a reader of the demo's page in it. It uses the installed browser and downloads none."""

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
from playwright.async_api import TimeoutError as PlaywrightTimeout

from bot.demo.environment import is_answer
from bot.sandbox.slack import Message, Slack
from bot.sandbox.slack.server import PATIENCE_SECONDS
from tests.page_harness import PageHarness, page_with_bot

# The shell has no window of its own, and takes half as long as the others.
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, BROWSERS)), None)
# It connects only to the page, and several can run at once.
CHROMIUM_ARGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
DESKTOP, PHONE = ViewportSize(width=1280, height=860), ViewportSize(width=390, height=844)
PROGRESS_TEXT = "Asking LaunchDarkly"
PAGE_STATE_JS = """() => ({
    line: document.getElementById("line").value,
    error: document.getElementById("error").textContent,
    completions: document.getElementById("completions").innerText,
    focus: document.activeElement.outerHTML.slice(0, 100),
})"""
FIND_OVERFLOW_JS = """() => [...document.querySelectorAll("html, body, main, #log, article, .block")]
    .filter((node) => node.scrollWidth > node.clientWidth + 1 && node.clientWidth)
    .map((node) => `${node.tagName} ${node.className}: ${node.scrollWidth} > ${node.clientWidth}`)"""
ENLARGED = ViewportSize(width=320, height=256)  # what 400% leaves of 1280 by 1024
SERIOUS_IMPACTS = ("serious", "critical")
expect.set_options(timeout=PATIENCE_SECONDS * 1000)

needs_a_browser = pytest.mark.skipif(
    CHROMIUM is None, reason="Install chromium-headless-shell or chromium to run this test."
)


@asynccontextmanager
async def launch_browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(CHROMIUM_ARGS))
        yield browser
        await browser.close()


@dataclass
class Reader:
    """A person at the page, who finds things by what is visible or what a screen reader reads."""

    page: Page
    harness: PageHarness
    url: str
    console_errors: list[str] = field(default_factory=list)  # of the browser
    external_requests: list[str] = field(default_factory=list)  # requests to other hosts, which are blocked

    @property
    def slack(self) -> Slack:
        return self.harness.slack

    @property
    def message_box(self) -> Locator:
        return self.page.get_by_role("combobox", name="Message")

    @property
    def articles(self) -> Locator:
        return self.page.locator("#log article:not([hidden])")

    @property
    def modal(self) -> Locator:
        return self.page.locator("dialog.modal")

    async def type(self, line: str) -> Locator:
        """Send a line to the bot, and wait until its answer is visible."""
        answers_before = len(self.slack.response_urls)
        await self.message_box.fill(f"/insights {line}".strip())
        await self.message_box.press("Enter")
        return await self.answer_article(answers_before)

    async def schedule(self, line: str) -> Locator:
        """Send a line that schedules something, and wait until its confirmation is visible in the channel."""
        messages = self.slack.channels["C1"].messages
        before = len(messages)
        await self.message_box.fill(f"/insights {line}")
        await self.message_box.press("Enter")
        await self.slack.until(lambda: len(messages) > before)
        await expect(self.article(messages[-1].ts)).to_be_visible()
        return self.article(messages[-1].ts)

    async def answer_article(self, answers_before: int) -> Locator:
        """Return the answer at this position, not counting progress messages."""
        return self.article((await self.answer_message(answers_before)).ts)

    async def answer_message(self, answers_before: int) -> Message:
        chains = self.slack.response_urls
        try:
            await self.slack.until(
                lambda: len(chains) > answers_before and _is_answer(list(chains.values())[-1].latest)
            )
        except TimeoutError as error:
            state = await self.page.evaluate(PAGE_STATE_JS)
            raise AssertionError(f"{len(chains) - answers_before} sent, {state}, {self.console_errors}") from error
        answer = list(chains.values())[-1].latest
        assert answer
        await expect(self.article(answer.ts)).not_to_contain_text(PROGRESS_TEXT)
        return answer

    def article(self, ts: str) -> Locator:
        return self.page.locator(f'#log article[data-ts="{ts}"]')

    async def assert_fits(self) -> None:
        """Assert that nothing is wider than the window, nor wider than its message."""
        try:
            await self.page.wait_for_function(f"() => !({FIND_OVERFLOW_JS})().length")
        except PlaywrightTimeout as error:
            raise AssertionError(await self.page.evaluate(FIND_OVERFLOW_JS)) from error

    async def assert_half_is_for_messages(self) -> None:
        """Assert that messages have at least half of the window's height."""
        assert await self.page.evaluate("() => document.getElementById('log').clientHeight / innerHeight") >= 0.5

    async def assert_accessible(self) -> None:
        """Assert that axe reports no violations, apart from minor ones."""
        violations = (await Axe().run(self.page)).response["violations"]
        problems = [
            f"{violation['id']}: {node['html'][:160]} ({node['failureSummary']})"
            for violation in violations
            if violation["impact"] in SERIOUS_IMPACTS
            for node in violation["nodes"]
        ]
        assert not problems, "\n".join(problems)


@asynccontextmanager
async def open_page(
    browser: Browser, harness: PageHarness, url: str, *, size: ViewportSize = DESKTOP, **options: Any
) -> AsyncIterator[Reader]:
    """Open the page, and assert at the end that the browser logged no errors."""
    own_origin = re.escape(url.rsplit(":", 1)[0])
    context_options = {"timezone_id": "Europe/Berlin", "locale": "en-US", **options}
    context = await browser.new_context(viewport=size, **context_options)
    context.set_default_timeout(PATIENCE_SECONDS * 1000)
    page = await context.new_page()
    reader = Reader(page, harness, url)

    async def block_request(route: Route) -> None:
        reader.external_requests.append(route.request.url)
        await route.abort()

    def record_message(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            reader.console_errors.append(message.text)

    await context.route(re.compile(rf"^(?!{own_origin})"), block_request)
    page.on("console", record_message)
    page.on("pageerror", lambda error: reader.console_errors.append(str(error)))
    await page.goto(url)
    await expect(page.locator("#title")).not_to_be_empty()
    try:
        yield reader
        assert not reader.console_errors, reader.console_errors
    finally:
        await context.close()


@asynccontextmanager
async def open_bot_page(browser: Browser, *, fragment: str = "#C1", **options: Any) -> AsyncIterator[Reader]:
    """Open the page with the bot behind it; the options are the browser's or the workspace's."""
    bot_options = {name: options.pop(name) for name in ("edit",) if name in options}
    async with (
        page_with_bot(**bot_options) as (harness, url),
        open_page(browser, harness, f"{url}/{fragment}", **options) as reader,
    ):
        yield reader


def _is_answer(message: Message | None) -> bool:
    return message is not None and is_answer(message)
