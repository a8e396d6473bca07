"""python -m tests.pictures"""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from playwright.async_api import Browser, Locator, Page, ViewportSize, expect

from bot.demo.environment import sandbox_demo
from bot.demo.server import serve
from bot.settings import Settings
from tests.browser import launch_browser
from tests.conversation import NOW

FOLDER = Path(__file__).parent
DESKTOP, TALL = ViewportSize(width=1080, height=800), ViewportSize(width=900, height=2400)  # the whole digest fits


async def main() -> None:
    """Take pictures of last Monday's digest and of an answer to a typed line."""
    async with (
        sandbox_demo(Settings(), lambda: datetime.now(UTC), NOW) as demo,
        serve(demo, 0) as url,
        launch_browser() as browser,
    ):
        page = await _open_page(browser, url, TALL)
        await _message(page, "Weekly digest").screenshot(path=FOLDER / "digest.png")
        page = await _open_page(browser, url, DESKTOP)
        line = page.get_by_role("combobox", name="Message")
        await line.fill("/insights scores")
        await line.press("Enter")
        await expect(_message(page, "Creation ratio")).to_be_in_viewport()
        await page.screenshot(path=FOLDER / "answer.png")


async def _open_page(browser: Browser, url: str, size: ViewportSize) -> Page:
    context = await browser.new_context(viewport=size, timezone_id="Europe/Berlin", locale="en-GB")
    page = await context.new_page()
    await page.goto(url)
    return page


def _message(page: Page, text: str) -> Locator:
    return page.locator("#log article").filter(has_text=text).last


if __name__ == "__main__":
    asyncio.run(main())
