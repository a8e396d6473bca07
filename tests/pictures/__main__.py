"""python -m tests.pictures"""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from playwright.async_api import Browser, Locator, Page, ViewportSize, expect

from bot.demo.environment import staged
from bot.demo.server import served
from bot.settings import Settings
from tests.browser import opened
from tests.conversation import NOW

HERE = Path(__file__).parent
DESK, TALL = ViewportSize(width=1080, height=800), ViewportSize(width=900, height=2400)  # the whole digest fits


async def main() -> None:
    """The digest of last Monday, and an answer to what somebody types."""
    async with staged(Settings(), lambda: datetime.now(UTC), NOW) as demo, served(demo, 0) as url, opened() as browser:
        page = await _page(browser, url, TALL)
        await _said(page, "Weekly digest").screenshot(path=HERE / "digest.png")
        page = await _page(browser, url, DESK)
        line = page.get_by_role("combobox", name="Message")
        await line.fill("/insights scores")
        await line.press("Enter")
        await expect(_said(page, "Creation ratio")).to_be_in_viewport()
        await page.screenshot(path=HERE / "answer.png")


async def _page(browser: Browser, url: str, size: ViewportSize) -> Page:
    visit = await browser.new_context(viewport=size, timezone_id="Europe/Berlin", locale="en-GB")
    page = await visit.new_page()
    await page.goto(url)
    return page


def _said(page: Page, words: str) -> Locator:
    return page.locator("#log article").filter(has_text=words).last


if __name__ == "__main__":
    asyncio.run(main())
