"""The demo's page in a real browser: rendering, mouse, keyboard and screen reader."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Route, ViewportSize, expect

from bot.demo.environment import sandbox_demo
from bot.demo.server import serve
from bot.questions import discover
from bot.sandbox.http_server import serving
from bot.sandbox.slack import Content
from bot.sandbox.slack.credentials import BOT_USER_ID
from bot.sandbox.web import build_page
from tests.browser import (
    DESKTOP,
    ENLARGED,
    PHONE,
    Reader,
    launch_browser,
    needs_a_browser,
    open_bot_page,
    open_page,
)
from tests.conversation import NOW, settings
from tests.golden_cases import CASES
from tests.hostile import hostile
from tests.page_harness import PageHarness, page_without_bot

pytestmark = [needs_a_browser, pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("busy")]

ENDPOINTS = discover()
EXAMPLES = {name: endpoint.examples[0] for name, endpoint in ENDPOINTS.items()}
OUT = "Open in LaunchDarkly"
TICKET = "Copy as a ticket"
MONDAYS = "every monday 9:00 UTC scores web/production"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with launch_browser() as found:
        yield found


@pytest_asyncio.fixture(loop_scope="module")
async def reader(browser: Browser) -> AsyncIterator[Reader]:
    async with open_bot_page(browser) as found:
        yield found


def button(within: Locator, name: str) -> Locator:
    return within.get_by_role("button", name=name, exact=True)


# ----------------------------------------------------------------------------------------------------------- first view


async def test_visitor_is_welcomed_and_runs_an_example_by_click(reader: Reader) -> None:
    welcome = reader.page.get_by_role("region", name="Welcome, Lena")
    await expect(welcome).to_be_in_viewport()
    examples = welcome.get_by_role("button")
    await expect(examples).to_have_count(3)
    await examples.first.click()
    await expect(reader.articles.last.get_by_role("heading")).to_have_text("Scores")


async def test_line_typed_while_the_page_loads_is_sent(reader: Reader) -> None:
    async with held_back(reader, "**/composer.js"):
        await reader.message_box.fill("/insights scores web/production")
    await expect(reader.page.locator("#title")).not_to_be_empty()
    await reader.message_box.press("Enter")
    await expect(reader.articles.last.get_by_role("heading")).to_have_text("Scores")


async def test_line_can_be_sent_before_the_first_event(reader: Reader) -> None:
    async with held_back(reader, "**/events"):
        await expect(reader.page.locator("#title")).not_to_be_empty()
        await reader.message_box.fill("/insights scores web/production")
        await reader.message_box.press("Enter")
        await reader.slack.until(lambda: reader.slack.response_urls)
    await expect(reader.articles.last.get_by_role("heading")).to_have_text("Scores")


async def test_line_typed_as_soon_as_a_channel_is_opened_stays_there(reader: Reader) -> None:
    await reader.page.evaluate("""() => {
        document.querySelector("[href='#C2']").click();
        document.getElementById("line").value = "scores";
    }""")
    await expect(reader.page.locator("#title")).to_contain_text("platform-leads")
    await expect(reader.message_box).to_have_value("scores")


@asynccontextmanager
async def held_back(reader: Reader, url: str) -> AsyncIterator[None]:
    """Load the page anew, and let it wait for what is at *url* until the block ends."""
    requested = asyncio.Queue[Route]()
    await reader.page.route(url, requested.put)
    await reader.page.reload(wait_until="commit")
    request = await requested.get()
    yield
    await request.continue_()


async def test_tour_asks_schedules_jumps_to_monday_and_breaks_launchdarkly(browser: Browser) -> None:
    async with (
        sandbox_demo(settings(), lambda: datetime.now(UTC), NOW) as demo,
        serve(demo, 0) as url,
        open_page(browser, PageHarness(demo.slack), url) as reader,
    ):
        welcome = reader.page.get_by_role("region", name="Welcome, Lena")
        await expect(welcome).to_contain_text("Insights shows what changed in LaunchDarkly")
        await expect(welcome.get_by_role("button")).to_have_text(
            ["Ask", "Schedule", "Jump to Monday", "Break LaunchDarkly"]
        )
        await reader.assert_accessible()
        await button(welcome, "Ask").click()
        tour = reader.page.get_by_role("region", name="Tour")
        await expect(tour.get_by_role("button", name="Ask")).to_be_focused()
        await expect(reader.articles.last).to_contain_text("Release maturity")
        await tour.get_by_role("button", name="Schedule").click()
        await expect(reader.articles.last).to_contain_text(
            "scheduled cleanup web/production here, every Monday at 9:00"
        )
        await tour.get_by_role("button", name="Jump to Monday").click()
        await expect(reader.page.locator("#clock")).to_contain_text("Mon, Nov 23, 2026, 9:00 AM", timeout=60_000)
        await expect(reader.page.locator("#status .busy")).to_have_count(0)
        await tour.get_by_role("button", name="Break LaunchDarkly").click()
        await expect(reader.articles.last).to_contain_text("LaunchDarkly is having problems")
        await reader.page.set_viewport_size(ENLARGED)
        await reader.assert_accessible()
        await reader.assert_half_is_for_messages()
        await tour.get_by_role("button", name="Repair LaunchDarkly").click()
        await expect(reader.articles.last).to_contain_text("Release maturity")
        await tour.get_by_role("button", name="End the tour").click()
        await expect(welcome.get_by_role("button", name="Break LaunchDarkly")).to_be_attached()
        await reader.assert_half_is_for_messages()


async def test_channel_in_the_url_is_opened_or_the_default_one(browser: Browser) -> None:
    async with page_without_bot() as (harness, url):
        harness.home_channel = "C2"
        harness.slack.post(harness.slack.channels["C1"], Content("Said elsewhere."))
        for fragment, title in (("", "🔒 platform-leads"), ("#C6", "# with-quayside"), ("#C99", "🔒 platform-leads")):
            async with open_page(browser, harness, f"{url}/{fragment}") as reader:
                await expect(reader.page.locator("#title")).to_have_text(title)


async def test_back_and_forward_switch_channels(reader: Reader) -> None:
    title = reader.page.locator("#title")
    await expect(title).to_have_text("# checkout")
    for name in ("random", "platform-leads"):
        await reader.page.get_by_role("navigation").get_by_role("link", name=name).click()
    await reader.page.go_back()
    await expect(title).to_have_text("# random")
    await reader.page.go_back()
    await expect(title).to_have_text("# checkout")
    await reader.page.go_forward()
    await expect(title).to_have_text("# random")


# --------------------------------------------------------------------------------------------------- questions, answers


@pytest.mark.parametrize("question", ENDPOINTS)
async def test_each_question_is_answered_and_every_button_works(reader: Reader, question: str) -> None:
    answer = await reader.type(EXAMPLES[question])
    said = reader.slack.ephemeral["U1"][-1]
    header = next(block["text"]["text"] for block in said.blocks if block["type"] == "header")
    await expect(answer.get_by_role("heading", name=header, exact=True)).to_be_visible()
    await expect(answer).to_contain_text("Only visible to you")
    await expect(answer.locator(".unsupported")).to_have_count(0)
    await expect(answer.locator("figure.chart")).to_have_count(_many(said.blocks, "data_visualization"))
    await expect(answer.locator(".data-table")).to_have_count(_many(said.blocks, "data_table"))
    await reader.assert_fits()
    labels = await answer.locator("[data-click=act]:not(select)").all_inner_texts()
    assert labels
    for label in dict.fromkeys(labels):
        if not await pressable(answer, label).count():  # an answer that another button has replaced
            answer = await reader.type(EXAMPLES[question])
        asked = len(reader.slack.response_urls)
        async with pressing(reader, label):
            await pressable(answer, label).first.click()
        if label == TICKET:
            await expect(reader.modal.get_by_label("Ticket")).to_have_value(re.compile("holiday-theme"))
            await reader.page.keyboard.press("Escape")
            await expect(reader.modal).to_be_hidden()
        elif label != OUT:
            await reader.answer_message(asked)
    await expect(reader.page.locator("#error")).to_be_hidden()


def pressable(answer: Locator, label: str) -> Locator:
    """Find a button of the bot; one with a URL is a link that looks like a button."""
    return answer.locator("[data-click=act]").filter(has_text=re.compile(f"^{re.escape(label)}$"))


def _many(blocks: list[dict[str, object]], kind: str) -> int:
    return len([block for block in blocks if block["type"] == kind])


@asynccontextmanager
async def pressing(reader: Reader, label: str) -> AsyncIterator[None]:
    """Press a button; a link opens a new page, which never loads here."""
    if label != OUT:
        yield
        return
    async with reader.page.expect_popup() as popup:
        yield
    await (await popup.value).close()
    assert all(url.startswith("https://app.launchdarkly.com/") for url in reader.external_requests)
    reader.console_errors.clear()


async def test_shared_answer_matches_the_one_shown(reader: Reader) -> None:
    answer = await reader.type("scores web/production")
    seen = await answer.locator(".section").all_text_contents()
    await button(answer, "Share to channel").click()
    await reader.slack.until(lambda: reader.slack.channels["C1"].messages)
    shared = reader.article(reader.slack.channels["C1"].messages[0].ts)
    await expect(shared.locator(".section")).to_have_text(seen)
    await expect(shared).not_to_contain_text("Only visible to you")


async def test_answer_is_paged_in_place(reader: Reader) -> None:
    answer = await reader.type("events web/production impact=any limit=3")
    links = answer.locator(".section a")
    first = await links.all_inner_texts()
    await button(answer, "Older").click()
    await expect(button(answer, "Newer")).to_be_visible()
    assert await links.all_inner_texts() != first
    await button(answer, "Newer").click()
    await expect(links).to_have_text(first)
    await expect(reader.articles).to_have_count(1)


async def test_ephemeral_message_can_be_dismissed(reader: Reader) -> None:
    answer = await reader.type("status web/production")
    await button(answer, "Dismiss").click()
    await expect(answer).to_have_count(0)


async def test_menu_option_can_be_selected(reader: Reader) -> None:
    answer = await reader.type("flag new-checkout web/production")
    menu = answer.get_by_role("combobox", name="Environment")
    options = await menu.locator("option").all_text_contents()
    assert len(options) > 1
    await menu.select_option(options[-1])
    await expect(menu.locator("option:checked")).to_have_text(options[-1])
    await expect(answer).to_contain_text(f"{options[-1]} is")


async def test_mistake_is_answered_and_dispatch_failure_is_shown(reader: Reader) -> None:
    await expect(await reader.type("scorse web/production")).to_contain_text("scores web/production")
    reader.slack.request_url = f"{reader.slack.url}/nobody"
    await reader.message_box.fill("/insights scores")
    await reader.message_box.press("Enter")
    await expect(reader.page.get_by_role("alert")).to_have_text("/insights failed with the error “dispatch_failed”.")


async def test_bot_is_added_greets_and_schedules_a_digest(browser: Browser) -> None:
    async with open_bot_page(browser, fragment="#C3") as reader:
        await button(await reader.type(MONDAYS), "Add me to this channel").click()
        greeting = reader.articles.filter(has_text="Which project is this channel about?")
        await greeting.get_by_role("combobox", name="Project / environment").select_option("mobile/beta")
        await expect(reader.articles.last).to_contain_text("mobile/beta is now this channel's default")
        await button(greeting, "Schedule a Monday digest").click()
        await button(reader.modal, "Preview").click()
        await button(reader.modal, "Schedule").click()
        await expect(reader.articles.last).to_contain_text("scheduled digest mobile/beta span=week here")


# ---------------------------------------------------------------------------------------------------- charts and tables


async def test_chart_values_show_on_hover_and_with_the_keyboard(reader: Reader) -> None:
    answer = await reader.type("deploys web/production since=2w by=application")
    chart = answer.locator("figure.chart")
    series = next(b for b in reader.slack.ephemeral["U1"][-1].blocks if b["type"] == "data_visualization")["chart"]
    said = [f"{each['data'][0]['label']}: {each['data'][0]['value']} {each['name']}" for each in series["series"]]
    marks = chart.locator(".mark")
    await marks.first.locator(".shape").hover()
    await expect(marks.first.locator("text")).to_have_text(said[0])
    await expect(marks.first.locator("text")).to_be_visible()
    await reader.page.mouse.move(0, 0)
    await expect(marks.first.locator("text")).to_be_hidden()
    await reader.page.get_by_text("Values", exact=True).focus()
    await reader.page.keyboard.press("Shift+Tab")
    for _ in range(len(said)):
        await reader.page.keyboard.press("ArrowRight")
    await reader.page.keyboard.press("ArrowLeft")
    await expect(marks.nth(len(said) - 1).locator("text")).to_be_visible()
    await expect(chart.get_by_role("img", name=said[-1])).to_be_focused()
    summary = str(await chart.get_by_role("group").first.get_attribute("aria-label"))
    assert said[0].replace(": ", " ").split(" ")[0] in summary
    await chart.get_by_text("Values", exact=True).click()
    await expect(chart.get_by_role("row")).to_have_count(len(series["axis_config"]["categories"]) + 1)


async def test_table_is_sorted_and_paged(browser: Browser) -> None:
    cells: list[list[dict[str, Any]]] = [[{"type": "raw_text", "text": "Flag"}, {"type": "raw_text", "text": "Seen"}]]
    cells += [
        [{"type": "raw_text", "text": f"flag-{at}"}, {"type": "raw_number", "value": 50 - at, "text": str(50 - at)}]
        for at in range(1, 13)
    ]
    block: dict[str, Any] = {"type": "data_table", "caption": "Flags", "page_size": 10, "rows": cells}
    async with page_without_bot() as (harness, url):
        harness.slack.post(harness.slack.channels["C1"], Content("Flags", [block]))
        async with open_page(browser, harness, f"{url}/#C1") as reader:
            table = reader.articles.first.locator(".data-table")
            names = table.get_by_role("rowheader")
            await expect(names.first).to_have_text("flag-1")
            await button(table, "Seen").click()
            assert await table.get_by_role("columnheader", name="Seen").get_attribute("aria-sort") == "descending"
            await button(table, "Seen").click()
            await expect(names.first).to_have_text("flag-12")
            await expect(table).to_contain_text("1–10 of 12")
            await button(table, "Next").click()
            await expect(names).to_have_text(["flag-2", "flag-1"])
            await expect(button(table, "Next")).to_be_disabled()
            await button(table, "Flag").click()
            await expect(names.nth(1)).to_have_text("flag-2")  # as people count, and not as letters go


async def test_workspace_without_charts_gets_plain_text(reader: Reader) -> None:
    await reader.page.get_by_role("switch", name="Reject charts").check()
    await reader.slack.until(lambda: not reader.slack.charts)
    answer = await reader.type("status web/production")
    await expect(answer.locator("figure.chart, .data-table")).to_have_count(0)
    await expect(answer.locator("pre").first).to_be_visible()


async def test_every_golden_message_renders_and_fits_a_phone(browser: Browser) -> None:
    async with page_without_bot() as (harness, url):
        for case in CASES:
            message = (await case.answer()).message
            harness.slack.post(harness.slack.channels["C1"], Content(message.text, list(message.blocks)))
        async with open_page(browser, harness, f"{url}/#C1") as reader:
            await expect(reader.articles).to_have_count(len(harness.slack.channels["C1"].messages))
            await expect(reader.page.locator(".unsupported")).to_have_count(0)
            await reader.assert_fits()
            await reader.page.set_viewport_size(PHONE)
            await reader.assert_fits()


# ------------------------------------------------------------------------------------------------------ message details


async def test_message_shows_its_json_and_plain_text(reader: Reader) -> None:
    answer = await reader.type("scores web/production")
    said = reader.slack.ephemeral["U1"][-1]
    await answer.hover()
    await button(answer, "JSON").click()
    dialog = reader.page.get_by_role("dialog", name="JSON")
    shown = json.loads(await dialog.locator("pre").inner_text())
    assert shown == {"text": said.text, "blocks": said.blocks}
    await reader.page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    await answer.hover()
    await button(answer, "Read aloud").click()
    await expect(reader.page.get_by_role("dialog").locator("pre")).to_have_text(said.text)
    await button(reader.page.get_by_role("dialog"), "Close").click()
    builder = str(await answer.get_by_role("link", name="Block Kit Builder").get_attribute("href"))
    where, _, blocks = builder.partition("#")
    assert where == "https://app.slack.com/block-kit-builder/"
    assert json.loads(unquote(blocks)) == {"blocks": said.blocks}


async def test_dates_use_the_users_time_zone_not_the_browsers(browser: Browser) -> None:
    async with page_without_bot() as (harness, url):
        harness.frozen_now = datetime(2026, 11, 20, 22, 30, tzinfo=UTC)  # 23:30 in Berlin, and the next day in Tokyo
        in_an_hour = int(harness.frozen_now.timestamp()) + 3600
        harness.slack.post(
            harness.slack.channels["C1"], Content(f"<!date^{in_an_hour}^{{date_short_pretty}} {{time}}|then>")
        )
        for zone in ("America/New_York", "Asia/Tokyo"):
            async with open_page(browser, harness, f"{url}/#C1", timezone_id=zone) as reader:
                [said] = harness.slack.channels["C1"].messages
                local = said.at.astimezone(ZoneInfo("Europe/Berlin"))
                article = reader.articles.first
                await expect(article.locator(".block time")).to_have_text("tomorrow 12:30 AM")
                await expect(article.locator(".author time")).to_have_text(f"{local:%-I:%M %p}")
                await expect(reader.page.locator(".clock")).to_contain_text("Fri, Nov 20, 2026, 11:30 PM Europe/Berlin")


async def test_links_send_no_referrer(browser: Browser) -> None:
    async with page_without_bot() as (harness, url):
        harness.slack.post(harness.slack.channels["C1"], Content("<https://x.example/?a=1&amp;b=2|there>"))
        async with open_page(browser, harness, f"{url}/#C1") as reader:
            link = reader.articles.first.get_by_role("link", name="there")
            assert await link.get_attribute("href") == "https://x.example/?a=1&b=2"
            assert await link.get_attribute("rel") == "noopener noreferrer"


async def test_only_markup_is_rendered_as_markup(browser: Browser) -> None:
    text = (
        "*bold _both_* _it_ ~gone~ `a < *b*` snake_case_name 2*3*4 &lt;b&gt; &amp;amp;\n&gt; said\n```x  *y*\n&gt; z```"
        "<@U2> <#C1> <!here> <javascript:alert(1)|bad> <mailto:a@b.example|mail>"
    )
    async with page_without_bot() as (harness, url):
        harness.slack.post(harness.slack.channels["C1"], Content(text))
        async with open_page(browser, harness, f"{url}/#C1") as reader:
            block = reader.articles.first.locator(".block")
            assert await block.locator("b").all_inner_texts() == ["bold both"]
            assert await block.locator("i").all_inner_texts() == ["both", "it"]
            assert await block.locator("s").all_inner_texts() == ["gone"]
            assert await block.locator("code").all_inner_texts() == ["a < *b*"]
            assert await block.locator("blockquote").all_inner_texts() == ["said"]
            assert await block.locator("pre").all_inner_texts() == ["x  *y*\n> z"]
            assert await block.locator("a").all_inner_texts() == ["mail"]  # and no link where it is a script
            assert await block.locator(".mention").all_inner_texts() == ["@Mateo Ruiz", "#checkout", "@here"]
            await expect(block).to_contain_text("snake_case_name 2*3*4 <b> &amp;")


# --------------------------------------------------------------------------------------------------------- the Home tab


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_home_tab_works_with_the_keyboard(browser: Browser, size: ViewportSize) -> None:
    async with open_bot_page(browser, size=size) as reader:
        page, home = reader.page, reader.page.get_by_role("region", name="Insights")
        await reader.schedule(MONDAYS)
        if size == PHONE:
            await page.get_by_role("button", name="Channels").click()
        await page.get_by_role("link", name="Insights Home").press("Enter")
        await expect(home).to_be_focused()
        await expect(home).to_contain_text("every Monday at 9:00")
        await expect(reader.message_box).to_be_hidden()
        await reader.assert_accessible()
        await reader.assert_fits()
        for _ in range(2):
            await page.keyboard.press("Tab")
        await expect(button(home, "Pause")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(button(home, "Resume")).to_be_focused()
        await expect(home).to_contain_text("Paused schedule 1 in #checkout.")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await reader.modal.get_by_label("Monday").uncheck()
        await reader.modal.get_by_label("Friday").check()
        await button(reader.modal, "Preview").press("Enter")
        await button(reader.modal, "Save").press("Enter")
        await expect(home).to_contain_text("every Friday at 9:00")
        await page.go_back()
        await expect(home).to_be_hidden()
        await expect(reader.articles.last).to_contain_text("changed schedule 1")


async def test_home_tab_that_was_not_published_says_so(browser: Browser) -> None:
    async with page_without_bot() as (harness, url), open_page(browser, harness, f"{url}/#home") as reader:
        home = reader.page.get_by_role("region", name="Insights")
        await expect(home).to_contain_text("The app hasn't published its Home tab yet.")


# --------------------------------------------------------------------------------------------------- threads and modals


async def test_thread_shows_its_reply_count_and_opens_beside_the_channel(reader: Reader) -> None:
    slack = reader.slack
    first = slack.post(slack.channels["C1"], Content("The digest."))
    for text in ("One more thing.", "And another."):
        slack.post(slack.channels["C1"], Content(text), thread_ts=first.ts)
    await slack.notify_change()
    await expect(reader.articles).to_have_count(1)
    await reader.articles.first.get_by_role("link", name="2 replies").click()
    thread = reader.page.get_by_role("complementary", name="Thread")
    await expect(thread.locator("article:visible")).to_have_count(3)
    slack.post(slack.channels["C1"], Content("A third."), thread_ts=first.ts)
    await slack.notify_change()
    await expect(thread.locator("article:visible")).to_have_count(4)
    await expect(reader.articles.first).to_contain_text("3 replies")
    await reader.page.keyboard.press("Escape")
    await expect(thread).to_be_hidden()


async def test_bot_is_asked_in_a_new_thread_and_directly(reader: Reader) -> None:
    first = reader.slack.post(reader.slack.channels["C1"], Content("Deployments are slow."), user="U2")
    await reader.slack.notify_change()
    await reader.articles.first.hover()
    await reader.articles.first.get_by_role("link", name="Reply", exact=True).click()
    thread = reader.page.get_by_role("complementary", name="Thread")
    await expect(thread.locator("article:visible")).to_have_count(1)
    await thread.get_by_label("Reply", exact=True).fill("@insights deploys web/production")
    await thread.get_by_label("Send the reply").click()
    await expect(thread.locator("article:visible")).to_have_count(3)
    await expect(thread.locator("article:visible").last).to_contain_text("Asked by @Lena Hoffmann")
    assert [one.thread_ts for one in reader.slack.channels["C1"].messages] == [None, first.ts, first.ts]
    await reader.page.get_by_role("link", name="Insights", exact=True).click()
    await reader.page.get_by_label("Message", exact=True).fill("scores web/production")
    await reader.page.keyboard.press("Enter")
    await expect(reader.articles.last).to_contain_text("Release maturity")


async def change(reader: Reader) -> None:
    """Open a schedule's edit form."""
    await reader.schedule(MONDAYS)
    schedules = await reader.type("schedules")
    await button(schedules, "Change").click()
    await expect(reader.modal.get_by_label("What to post")).to_be_visible()


async def test_modal_can_be_filled_in_corrected_and_submitted(reader: Reader) -> None:
    await change(reader)
    await expect(reader.modal.get_by_role("heading")).to_have_text("Change schedule 1")
    await expect(reader.modal.get_by_label("What to post")).to_be_focused()
    await expect(reader.modal.get_by_label("Time", exact=True)).to_have_value("09:00")
    await reader.modal.get_by_label("Monday").uncheck()
    await button(reader.modal, "Preview").click()
    days = reader.modal.get_by_role("group", name="Days")
    await expect(days).to_contain_text("Choose at least one day.")
    await expect(days).to_contain_text("Please complete this required field.")
    await reader.modal.get_by_label("Friday").check()
    await reader.modal.get_by_label("Time zone").fill("Moonbase")
    await button(reader.modal, "Preview").click()
    await expect(reader.modal.locator(".field-error", has_text="Use a time zone like Europe/Berlin.")).to_be_visible()
    await reader.modal.get_by_label("Time zone").fill("UTC")
    await reader.modal.get_by_label("Time", exact=True).fill("17:30")
    await button(reader.modal, "Preview").click()
    await expect(reader.modal).to_contain_text("Next time you can type /insights change 1 friday 17:30 UTC scores")
    await button(reader.modal, "Save").click()
    await expect(reader.modal).to_be_hidden()
    await expect(reader.articles.last).to_contain_text("Friday")
    await expect(reader.articles.last).to_contain_text("17:30")


async def test_form_is_filled_in_with_the_keyboard(reader: Reader) -> None:
    keyboard = reader.page.keyboard
    screen = await reader.type("help")
    await button(screen, "Set up alerts").press("Enter")
    what, project = reader.modal.get_by_label("Alert me about"), reader.modal.get_by_label("Project")
    await expect(what).to_be_focused()
    await what.select_option("One flag")
    flag = reader.modal.get_by_label("Flag", exact=True)
    await expect(flag).to_be_visible()
    await project.fill("")
    await project.press_sequentially("mobile")
    await expect(reader.modal.locator("datalist option[value=mobile]")).to_have_count(1)
    await keyboard.press("Tab")
    await expect(reader.modal.get_by_label("Environments")).to_have_value("")
    await reader.modal.get_by_label("Environments").fill("production, bet")
    await expect(reader.modal.locator("datalist option[value='production, beta']")).to_have_count(1)
    await reader.modal.get_by_label("Environments").fill("production, beta")
    await flag.focus()
    offered = reader.modal.locator("datalist").nth(2).locator("option").first
    await flag.fill(await offered.get_attribute("value") or "")
    await expect(reader.modal.get_by_label("Channel")).to_have_value("C1")
    await button(reader.modal, "Preview").press("Enter")
    await expect(reader.modal).to_contain_text("/insights watch on flag")
    await button(reader.modal, "Turn on alerts").press("Enter")
    await expect(reader.modal).to_be_hidden()
    await expect(reader.articles.last).to_contain_text("turned on alerts for")


async def test_application_is_chosen_by_name_or_refused_at_its_field(reader: Reader) -> None:
    screen = await reader.type("help")
    await button(screen, "Set up alerts").click()
    await reader.modal.get_by_label("Project").fill("web")
    await reader.modal.get_by_label("Environment").fill("production")
    apps = reader.modal.get_by_label("Only these applications")
    await apps.fill("Checkout")
    await expect(reader.modal.locator("datalist option[value='checkout-api']")).to_have_count(1)
    error = reader.modal.locator(".field-error", has_text="“Checkout” isn't in the list. Choose one that is.")
    for _ in range(2):
        await button(reader.modal, "Preview").click()
        await expect(error).to_be_visible()
        await expect(apps).to_be_focused()
    await apps.fill("Checkout API")
    await button(reader.modal, "Preview").click()
    await expect(reader.modal).to_contain_text("/insights watch on events web/production app=checkout-api")


async def test_modal_traps_focus_and_closes_on_escape(reader: Reader) -> None:
    await change(reader)
    for _ in range(12):
        await reader.page.keyboard.press("Tab")
        assert await reader.page.evaluate(
            "document.querySelector('dialog.modal').contains(document.activeElement)"
        ) or (
            await reader.page.evaluate("document.activeElement === document.body")  # the browser's own bar
        )
    await reader.page.keyboard.press("Escape")
    await expect(reader.modal).to_be_hidden()
    await reader.slack.until(lambda: not reader.slack.views[-1].open)


async def test_modals_stack(browser: Browser) -> None:
    choices = [{"text": {"type": "plain_text", "text": name}, "value": name.lower()} for name in ("Web", "Mobile")]
    inputs: list[dict[str, Any]] = [
        {"type": "static_select", "options": choices, "initial_option": choices[1]},
        {"type": "datepicker", "initial_date": "2026-11-20"},
        {"type": "plain_text_input", "multiline": True},
    ]
    async with open_bot_page(browser) as reader:
        slack = reader.slack
        for title, element in zip(("First", "Second", "Third"), inputs, strict=True):
            label = {"type": "plain_text", "text": f"{title} input"}
            block = {"type": "input", "label": label, "element": {**element, "action_id": "a"}, "optional": True}
            named = {"title": {"type": "plain_text", "text": title}, "submit": {"type": "plain_text", "text": "Go"}}
            slack.views.append(slack.create_view("U1", {"type": "modal", **named, "blocks": [block]}))
        await slack.notify_change()
        for title, value in (("Third", ""), ("Second", "2026-11-20"), ("First", "mobile")):
            await expect(reader.modal.get_by_role("heading")).to_have_text(title)
            await expect(reader.modal.get_by_label(f"{title} input")).to_have_value(value)
            await button(reader.modal, "Cancel").click()
        await expect(reader.modal).to_be_hidden()
        assert not any(view.open for view in slack.views)


async def test_confirm_dialog_guards_its_action(browser: Browser) -> None:
    plain = {name: {"type": "plain_text", "text": name.title()} for name in ("title", "text", "confirm", "deny")}
    pressed = {"type": "button", "action_id": "ask:x", "text": {"type": "plain_text", "text": "Stop"}, "value": "help"}
    actions = [{"type": "actions", "elements": [{**pressed, "confirm": plain, "style": "danger"}]}]
    async with open_bot_page(browser) as reader:
        reader.slack.post(reader.slack.channels["C1"], Content("Sure?", actions))
        await reader.slack.notify_change()
        for answer in ("Deny", "Confirm"):
            await button(reader.articles.first, "Stop").click()
            await button(reader.page.get_by_role("dialog", name="Title"), answer).click()
            await expect(reader.page.get_by_role("dialog")).to_have_count(0)
        await reader.answer_message(0)
        assert len(reader.slack.response_urls) == 1


async def test_stop_can_be_confirmed_with_the_keyboard(browser: Browser) -> None:
    async with open_bot_page(browser) as reader:
        await reader.schedule("every monday 9:00 scores web/production")
        listed = await reader.type("schedules")
        stop, dialog = button(listed, "Stop"), reader.page.get_by_role("dialog", name="Stop schedule 1?")
        presses = len(reader.slack.response_urls)
        for leave in ("Escape", "Enter"):  # presses Cancel, which has the focus first
            await stop.focus()
            await reader.page.keyboard.press("Enter")
            await expect(dialog).to_contain_text("will no longer be posted here")
            await expect(button(dialog, "Cancel")).to_be_focused()
            await reader.assert_accessible()
            await reader.page.keyboard.press(leave)
            await expect(dialog).to_have_count(0)
            await expect(stop).to_be_focused()
        assert len(reader.slack.response_urls) == presses
        await reader.page.keyboard.press("Enter")
        await reader.page.keyboard.press("Tab")
        await expect(button(dialog, "Stop")).to_be_focused()
        await reader.page.keyboard.press("Enter")
        await expect(reader.articles.last).to_contain_text("stopped schedule 1")
        await expect(listed).to_contain_text("No schedules in this channel yet")


# --------------------------------------------------------------------------------------------- navigation and scrolling


TO_THE_TOP = """(log) => new Promise((there) => {
    log.addEventListener("scroll", () => there(), { once: true });  // the page has heard of it then
    log.scrollTo(0, 0);
})"""


@asynccontextmanager
async def long_channel(browser: Browser, **how: Any) -> AsyncIterator[Reader]:
    """Fill a channel with many messages, and scroll to its beginning."""
    async with open_bot_page(browser, fragment="#C3", **how) as reader:
        for at in range(30):
            reader.slack.post(reader.slack.channels["C1"], Content(f"Message {at}."), user="U2")
        await reader.slack.notify_change()
        await reader.page.get_by_role("link", name="checkout").click()
        await expect(reader.articles.last).to_be_in_viewport()
        await reader.page.locator("#log").evaluate(TO_THE_TOP)
        yield reader


async def test_own_actions_scroll_their_result_into_view(browser: Browser) -> None:
    async with long_channel(browser) as reader:
        answer = await reader.type("status web/production")
        await expect(answer.get_by_role("heading").first).to_be_in_viewport()
        await reader.page.locator("#log").evaluate("(log) => log.scrollTo(0, 0)")
        await button(answer, "Share to channel").dispatch_event("click")
        await expect(reader.articles.last).not_to_contain_text("Only visible to you")
        await expect(reader.articles.last.get_by_role("heading").first).to_be_in_viewport()


async def test_new_messages_are_announced_or_shown_at_the_end(browser: Browser) -> None:
    async with long_channel(browser) as reader:
        for text in ("News.", "More news."):
            reader.slack.post(reader.slack.channels["C1"], Content(text), user="U2")
            await reader.slack.notify_change()
        await expect(reader.articles.last).not_to_be_in_viewport()
        await button(reader.page.locator("main"), "↓ 2 new").click()
        await expect(reader.articles.filter(has_text="News.").first).to_be_in_viewport()
        await reader.page.locator("#log").evaluate("(log) => log.scrollTo(0, log.scrollHeight)")
        await expect(reader.page.locator("#new")).to_be_hidden()
        reader.slack.post(reader.slack.channels["C1"], Content("The latest."), user="U2")
        await reader.slack.notify_change()
        await expect(reader.articles.filter(has_text="The latest.")).to_be_in_viewport()


async def test_permalink_opens_its_message_in_channel_or_thread(browser: Browser) -> None:
    async with long_channel(browser) as reader:
        slack = reader.slack
        first = slack.channels["C1"].messages[3]
        reply = slack.post(slack.channels["C1"], Content("A reply."), thread_ts=first.ts)
        where = f"{slack.team.url}archives/C1/p"
        links = (first.ts, f"{reply.ts}?thread_ts={first.ts}&amp;cid=C1", "1000000000.000000")
        said = " ".join(f"<{where}{link.replace('.', '', 1)}|there {at}>" for at, link in enumerate(links))
        slack.post(slack.channels["C3"], Content(said))
        await slack.notify_change()
        for at, found in enumerate((reader.article(first.ts), reader.page.locator(f'#replies [data-ts="{reply.ts}"]'))):
            await reader.page.get_by_role("link", name="random").click()
            await reader.page.get_by_role("link", name=f"there {at}").click()
            await expect(found).to_be_in_viewport()
            await expect(found).to_be_focused()
        await reader.page.get_by_role("link", name="random").click()
        await reader.page.get_by_role("link", name="there 2").click()
        await expect(reader.page.get_by_role("alert")).to_have_text("This message no longer exists.")


async def test_hidden_page_disconnects_and_catches_up_later(reader: Reader) -> None:
    turned = "(is) => { Object.defineProperty(document, 'hidden', { value: is, configurable: true });"
    turned += " document.dispatchEvent(new Event('visibilitychange')); }"
    await reader.type("status web/production")
    await reader.articles.last.get_by_text("Values", exact=True).click()
    async with reader.page.expect_event("requestfailed", lambda request: request.url.endswith("/events")):
        await reader.page.evaluate(turned, True)
    reader.slack.post(reader.slack.channels["C1"], Content("Said meanwhile."), user="U2")
    reader.slack.post(reader.slack.channels["C3"], Content("Said elsewhere."), user="U2")
    await reader.slack.notify_change()
    await expect(reader.articles).to_have_count(1)
    await reader.page.evaluate(turned, False)
    await expect(reader.articles.last).to_contain_text("Said meanwhile.")
    await expect(reader.page.get_by_role("link", name="random (unread)")).to_be_visible()
    await expect(reader.articles.first.get_by_role("row").first).to_be_visible()  # what was open stays open


async def test_timeout_is_reported_and_the_line_kept(reader: Reader) -> None:
    await reader.page.evaluate("AbortSignal.timeout = () => AbortSignal.abort(new DOMException('', 'TimeoutError'))")
    await reader.message_box.fill("/insights help")
    await reader.message_box.press("Enter")
    await expect(reader.page.get_by_role("alert")).to_contain_text("hasn't responded for 20 seconds")
    await expect(reader.message_box).to_have_value("/insights help")


async def test_focus_survives_a_channel_update(reader: Reader) -> None:
    await reader.page.get_by_role("link", name="random").focus()
    reader.slack.channels["C2"].name = "leads"
    await reader.slack.notify_change()
    await expect(reader.page.get_by_role("link", name="leads")).to_be_visible()
    await expect(reader.page.get_by_role("link", name="random")).to_be_focused()


async def test_message_toolbar_is_reachable_by_keyboard(reader: Reader) -> None:
    await reader.type("status web/production")
    await reader.articles.last.locator("[data-key=json]").focus()
    await reader.page.keyboard.press("Enter")
    await expect(reader.page.get_by_role("dialog")).to_contain_text('"blocks"')


async def test_draft_is_kept_per_channel(reader: Reader) -> None:
    await reader.type("help")
    await reader.message_box.fill("not said yet")
    await reader.message_box.press("ArrowUp")
    await expect(reader.message_box).to_have_value("/insights help")
    await reader.message_box.press("ArrowDown")
    await expect(reader.message_box).to_have_value("not said yet")
    await reader.page.get_by_role("link", name="random").click()
    await expect(reader.message_box).to_have_value("")
    await expect(reader.message_box).to_be_focused()
    await reader.page.go_back()
    await expect(reader.message_box).to_have_value("not said yet")


async def test_archived_channel_disables_the_message_box(reader: Reader) -> None:
    await reader.page.get_by_role("link", name="old-releases").click()
    await expect(reader.message_box).to_be_disabled()
    await expect(button(reader.page.locator("main"), "Send")).to_be_disabled()
    await expect(reader.page.get_by_role("log", name="old-releases")).to_be_focused()
    await expect(reader.page.get_by_role("region", name="Welcome")).to_be_hidden()


# ------------------------------------------------------------------------------------------------- the clock and faults


async def test_skipping_ahead_marks_unread_channels(reader: Reader) -> None:
    await button(reader.page.locator("header"), "Jump to next post").click()
    await expect(reader.page.locator("#status p")).to_have_text("Monday, 9:00: the digest came.")
    channel = reader.page.get_by_role("navigation").get_by_role("link", name="platform-leads (unread)")
    await channel.click()
    await expect(reader.articles.last).to_contain_text("What came by the clock.")
    await expect(reader.page.get_by_role("navigation").locator(".unread")).to_have_count(0)


async def test_today_follows_the_demo_clock(browser: Browser) -> None:
    async with page_without_bot() as (harness, url):
        harness.clock_offset = timedelta(days=30)
        said = f"<!date^{int(harness.now().timestamp())}^{{date_short_pretty}}|then>"
        harness.slack.post(harness.slack.channels["C1"], Content(said))
        async with open_page(browser, harness, f"{url}/#C1", timezone_id="UTC") as reader:
            await expect(reader.articles.first.locator(".block")).to_have_text("today")
            harness.clock_offset += timedelta(days=1)
            await button(reader.page.locator("header"), "Jump to next post").click()
            await expect(reader.articles.first.locator(".block")).to_have_text("yesterday")


async def test_skipping_a_week_reports_its_progress(reader: Reader) -> None:
    reader.harness.week_gate.clear()
    week = button(reader.page.locator("header"), "Skip a week")
    await week.click()
    await expect(reader.page.locator("#status p")).to_have_text("Skipping ahead seven days … Monday: nothing new.")
    await week.click()
    await expect(reader.page.locator("#error")).to_have_text("The clock is already moving.")
    reader.harness.week_gate.set()
    await expect(reader.page.locator("#status p")).to_contain_text("Tuesday: nothing new.")
    await expect(reader.page.locator("#status .busy")).to_have_count(0)
    await button(reader.page.locator("#status"), "Show all").click()
    dialog = reader.page.get_by_role("dialog", name="What happened")
    await expect(dialog.locator("pre")).to_have_text("Monday: nothing new.\nTuesday: nothing new.")
    await button(dialog, "Close").click()
    reader.harness.broken = True
    await button(reader.page.locator("header"), "Jump to next post").click()
    await expect(reader.page.locator("#error")).to_have_text("That didn't work. See the terminal for details.")


async def test_fault_preset_can_be_selected(reader: Reader) -> None:
    await reader.page.get_by_label("Slack", exact=True).select_option("does not answer")
    await reader.slack.until(lambda: reader.harness.selected_faults["Slack"] == "down")
    await reader.page.reload()
    await expect(reader.page.get_by_label("Slack", exact=True)).to_have_value("down")


async def test_color_scheme_is_remembered(reader: Reader) -> None:
    menu, grounds = reader.page.get_by_label("Light or dark"), []
    for name in ("", "light", "dark"):
        await menu.select_option(name)
        grounds.append(await reader.page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert grounds[0] == grounds[1] != grounds[2]
    await reader.page.reload()
    await expect(menu).to_have_value("dark")
    assert await reader.page.evaluate("getComputedStyle(document.body).backgroundColor") == grounds[2]


async def test_disconnected_page_reconnects(browser: Browser) -> None:
    async with page_without_bot() as (harness, _):
        async with serving(build_page(harness)) as url:
            visiting = open_page(browser, harness, f"{url}/#C1")
            reader = await visiting.__aenter__()
        await expect(reader.page.get_by_role("alert")).to_contain_text("isn't responding")
        harness.slack.post(harness.slack.channels["C1"], Content("Said meanwhile."))
        async with serving(build_page(harness), int(url.rsplit(":", 1)[1])):
            await expect(reader.articles.last).to_contain_text("Said meanwhile.")
            await expect(reader.page.locator("#error")).to_be_hidden()
            reader.console_errors.clear()  # the browser logs that the connection was closed
            await visiting.__aexit__(None, None, None)


# ------------------------------------------------------------------------------------------------------------- keyboard


async def test_page_works_with_the_keyboard_alone(reader: Reader) -> None:
    keys = reader.page.keyboard
    options = reader.page.locator("#completions").get_by_role("option")
    await keys.type("/")
    await options.first.wait_for()
    await keys.press("Tab")
    await keys.type("fl")
    await expect(options).to_have_count(1)
    await keys.press("ArrowDown")
    await keys.press("Enter")
    await expect(reader.message_box).to_have_value("/insights flag ")
    await keys.type("new-checkout web/production ")
    await expect(options).to_have_count(0)
    await keys.press("Enter")
    answer = await reader.answer_article(0)
    menu = answer.get_by_role("combobox", name="Environment")
    for _ in range(20):
        await keys.press("Shift+Tab")
        if await menu.evaluate("(node) => node === document.activeElement"):
            break
    await expect(menu).to_be_focused()
    await keys.press("Enter")
    await keys.press("ArrowDown")
    await keys.press("Escape")
    await expect(menu).to_be_focused()
    before = await menu.input_value()
    await keys.press("ArrowDown")
    await keys.press("End")
    await keys.press("Enter")
    await expect(menu).not_to_have_value(before)
    await expect(menu).to_be_focused()  # also after the answer was replaced


async def test_arrow_keys_recall_sent_lines(reader: Reader) -> None:
    await reader.type("help")
    await reader.type("status web/production")
    for key, line in (
        ("ArrowUp", "status web/production"),
        ("ArrowUp", "help"),
        ("ArrowDown", "status web/production"),
    ):
        await reader.message_box.press(key)
        await expect(reader.message_box).to_have_value(f"/insights {line}")


# ---------------------------------------------------------------------------------------------------------------- phone


async def test_page_fits_a_phone(browser: Browser) -> None:
    async with open_bot_page(browser, size=PHONE, has_touch=True, is_mobile=True) as reader:
        sidebar = reader.page.get_by_role("navigation")
        await expect(sidebar).to_be_hidden()
        await reader.assert_fits()
        await reader.page.get_by_role("button", name="Channels").click()
        await sidebar.get_by_role("link", name="random").click()
        await expect(sidebar).to_be_hidden()
        await expect(reader.page.locator("#title")).to_have_text("# random")
        await reader.type("digest web/production")
        await reader.assert_fits()
        await reader.page.get_by_role("button", name="More").click()
        await expect(reader.page.get_by_label("LaunchDarkly", exact=True)).to_be_visible()
        await reader.assert_fits()


# --------------------------------------------------------------------------------------------------------- hostile text


@pytest.mark.parametrize("question", ENDPOINTS)
async def test_hostile_text_from_launchdarkly_is_harmless(browser: Browser, question: str) -> None:
    async with open_bot_page(browser, edit=hostile) as reader:
        await reader.type(EXAMPLES[question])
        await reader.assert_fits()
        await reader.page.set_viewport_size(PHONE)
        await reader.assert_fits()
        assert reader.external_requests == []


async def test_hostile_text_everywhere_renders_as_text(browser: Browser) -> None:
    text = '"><img src=x onerror=alert(1)><script>alert(2)</script>'
    async with page_without_bot() as (harness, url):
        slack = harness.slack
        slack.users[BOT_USER_ID] = type(slack.users[BOT_USER_ID])(
            BOT_USER_ID, text, text, "UTC", slack.team, is_bot=True
        )
        slack.channels["C1"].name = text
        chart = {"type": "pie", "segments": [{"label": text[:20], "value": 1}]}
        cell = {"type": "raw_text", "text": text}
        blocks: list[dict[str, Any]] = [
            {"type": "header", "text": {"type": "plain_text", "text": text}},
            {
                "type": "section",
                "text": {"type": "mrkdwn", "text": f"{text} <https://x.example/{text}|{text}> <@{text}>"},
            },
            {"type": "data_visualization", "title": text[:50], "chart": chart},
            {"type": "data_table", "caption": text, "rows": [[cell], [cell]]},
        ]
        slack.post(slack.channels["C1"], Content(text, blocks))
        async with open_page(browser, harness, f"{url}/#C1") as reader:
            await expect(reader.articles.first.get_by_role("heading")).to_have_text(text)
            await expect(reader.page.locator("img, script:not([src])")).to_have_count(0)
            assert reader.external_requests == []


# -------------------------------------------------------------------------------------------------------- accessibility


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_page_has_no_serious_accessibility_issues(browser: Browser, scheme: str) -> None:
    async with open_bot_page(browser, color_scheme=scheme) as reader:
        await reader.assert_accessible()
        await reader.type("digest web/production")
        answer = await reader.type("flag new-checkout web/production")
        await answer.hover()
        await reader.assert_accessible()
        await answer.get_by_role("combobox", name="Environment").click()
        await reader.assert_accessible()
        await reader.page.keyboard.press("Escape")
        await reader.message_box.fill("/insights ")
        await reader.page.keyboard.press("ArrowDown")
        await reader.assert_accessible()
        await reader.message_box.fill("")
        await change(reader)
        await reader.modal.get_by_label("Monday").uncheck()
        await button(reader.modal, "Preview").click()
        await reader.assert_accessible()
        await reader.modal.get_by_label("Tuesday").check()
        await button(reader.modal, "Preview").click()
        await expect(button(reader.modal, "Save")).to_be_visible()
        await reader.assert_accessible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_phone_layout_and_thread_have_no_serious_accessibility_issues(browser: Browser, scheme: str) -> None:
    async with open_bot_page(browser, color_scheme=scheme, size=PHONE) as reader:
        slack = reader.slack
        first = slack.post(slack.channels["C1"], Content("The digest."))
        slack.post(slack.channels["C1"], Content("One more thing.", []), thread_ts=first.ts)
        await slack.notify_change()
        await reader.articles.first.get_by_role("link", name="1 reply").click()
        await reader.assert_accessible()
        await reader.page.keyboard.press("Escape")
        await button(reader.page.locator("header"), "Jump to next post").click()
        await reader.page.get_by_role("button", name="Channels").click()
        await reader.page.get_by_role("button", name="More").click()
        await reader.assert_accessible()
