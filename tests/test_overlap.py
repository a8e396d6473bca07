"""A digest that comes more often than weekly says that it repeats itself, and offers a weekly schedule."""

from datetime import UTC, datetime

import pytest

from bot.schedules.overlap import repeated_days, weekly
from bot.schedules.recurrence import CADENCE
from bot.schedules.trigger import Watch
from tests.scheduler_harness import Desk
from tests.workspace import words

MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)  # nine in Berlin


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
    cadence = CADENCE.read(f"{when} 9:00 UTC")
    assert repeated_days("digest web/production quiet=on-change", cadence) == repeats
    assert repeated_days("events web/production", cadence) == ""
    assert repeated_days("digest web/production", weekly(cadence)) == ""


def test_watch_repeats_nothing() -> None:
    assert repeated_days("events web/production", Watch("UTC")) == ""


@pytest.mark.asyncio(loop_scope="module")
async def test_daily_digest_says_what_it_repeats_and_can_be_made_weekly(desk: Desk) -> None:
    answer = await desk.office.say("every day 9:00 digest web/production", user="U1")
    repeats = "it repeats six of the seven days in the one before."
    assert repeats in answer.text
    assert repeats in words(answer).replace(answer.text, "").replace("*", "")
    assert "To get it weekly: change 1 monday 9:00 Europe/Berlin." in answer.text
    await desk.come(MONDAY)
    [posted] = desk.posted()
    also = "six of which are also in the one before"
    assert also in posted.text
    assert also in words(posted).replace(posted.text, "")
    await desk.office.press(answer, "Make it weekly")
    await desk.come(MONDAY.replace(day=30))
    assert len(desk.posted()) == 2
    assert also not in words(desk.posted()[-1])
    assert "every Monday at 9:00 (Europe/Berlin)" in await desk.say("schedules")


@pytest.mark.asyncio(loop_scope="module")
async def test_weekly_digest_that_becomes_daily_says_what_it_repeats(desk: Desk) -> None:
    assert "it repeats" not in await desk.say("every monday 9:00 digest web/production")
    assert "it repeats *up to six of the seven days*" in await desk.say("change 1 weekday")
    assert "it repeats" not in await desk.say("every day 9:00 events web/production")
