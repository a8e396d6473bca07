"""A digest scheduled more often than weekly says that it repeats days, and offers a weekly schedule."""

from datetime import UTC, datetime

import pytest

from bot.commands.recurrence_parser import RECURRENCE
from bot.schedules.triggers import WatchTrigger
from bot.schedules.views import repeated_days, weekly
from tests.scheduler_harness import SchedulerHarness
from tests.workspace import visible_text

MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)  # 9:00 in Berlin


@pytest.mark.parametrize(
    ("when", "repeats"),
    [
        ("day", "six"),
        ("weekday", "up to six"),
        ("weekend", "up to six"),
        ("mon,thu", "up to four"),
        ("mon,wed,fri", "up to five"),
        ("monday", ""),
        ("first monday", ""),
        ("first weekday", ""),
        ("last day", ""),
    ],
)
def test_repeated_days_of_a_digest(when: str, repeats: str) -> None:
    recurrence = RECURRENCE.read(f"{when} 9:00 UTC")
    assert repeated_days("digest web/production quiet=on-change", recurrence) == repeats
    assert repeated_days("events web/production", recurrence) == ""
    assert repeated_days("digest web/production", weekly(recurrence)) == ""


def test_watch_repeats_nothing() -> None:
    assert repeated_days("events web/production", WatchTrigger("UTC")) == ""


@pytest.mark.asyncio(loop_scope="module")
async def test_daily_digest_says_what_it_repeats_and_can_be_made_weekly(scheduler: SchedulerHarness) -> None:
    answer = await scheduler.workspace.send("every day 9:00 digest web/production", user="U1")
    repeats = "it repeats six of the seven days in the one before."
    assert repeats in answer.text
    assert repeats in visible_text(answer).replace(answer.text, "").replace("*", "")
    await scheduler.advance_to(MONDAY)
    [posted] = scheduler.posted()
    also = "repeats six of the seven days in the last digest"
    assert also in posted.text
    assert also in visible_text(posted).replace(posted.text, "")
    await scheduler.workspace.press(answer, "Make it weekly")
    await scheduler.advance_to(MONDAY.replace(day=30))
    assert len(scheduler.posted()) == 2
    assert also not in visible_text(scheduler.posted()[-1])
    assert "every Monday at 9:00 (Europe/Berlin)" in await scheduler.send("schedules")


@pytest.mark.asyncio(loop_scope="module")
async def test_weekly_digest_that_becomes_daily_says_what_it_repeats(scheduler: SchedulerHarness) -> None:
    assert "it repeats" not in await scheduler.send("every monday 9:00 digest web/production")
    assert "it repeats *up to six of the seven days*" in await scheduler.send("change 1 weekday")
    assert "it repeats" not in await scheduler.send("every day 9:00 events web/production")
