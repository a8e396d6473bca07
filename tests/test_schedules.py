"""What is asked by the clock: ordered in a channel, delivered on time, and looked after."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from tests.databases import Database
from tests.office import words
from tests.rounds import Desk, desk
from tests.talk import NOW

FRIDAY = NOW  # 16:00 in Berlin
MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)  # nine in Berlin


@pytest.fixture(name="desk")
async def a_desk(database: Database) -> AsyncIterator[Desk]:
    async with desk(database.url) as found:
        yield found


async def test_a_question_is_asked_every_week_and_its_answer_posted(desk: Desk) -> None:
    said = await desk.office.say("every monday 9:00 scores web/production", user="U1")
    assert "every Monday at 9:00 (Europe/Berlin)" in words(said)
    assert "Mon 23 Nov 2026, 09:00" in words(said)
    await desk.come(MONDAY)
    [posted] = desk.posted()
    assert "Release maturity" in words(posted)
    assert "Comes every Monday at 9:00 (Europe/Berlin) for <@U1>" in words(posted)
    assert "Mon 30 Nov 2026, 09:00" in words(posted)
    await desk.come(MONDAY)
    assert desk.posted() == [posted]
    assert b'insights_slots_total{outcome="delivered"} 1.0' in desk.office.metrics.page()


async def test_a_schedule_is_changed_in_a_form_which_tells_what_is_wrong_where_it_was_typed(desk: Desk) -> None:
    said = await desk.office.say("every monday 9:00 scores web/production", user="U1")
    await desk.office.slack.press(said, "Change", user="U1")
    await desk.office.slack.until(lambda: desk.office.slack.views)
    [view] = desk.office.slack.views
    wrong = {"days": "mondya", "zone": "Europe/Berln", "question": "scroes web/production"}
    refused = await desk.office.slack.submit(view, wrong)
    errors = refused.said["errors"]
    assert {name: errors[name].partition("did you mean ")[2] for name in errors} == {
        "days": "monday?",
        "zone": "Europe/Berlin?",
        "question": "scores?",
    }
    await desk.office.slack.submit(view, {"days": "tuesday", "zone": "UTC", "question": "status web/production"})
    await desk.office.slack.until(lambda: len(desk.office.slack.channels["C1"].messages) > 1)
    changed = words(desk.office.slack.channels["C1"].messages[-1])
    assert "<@U1> has changed number 1" in changed
    assert "status web/production" in changed
    assert "every Tuesday at 9:00 (UTC)" in changed
