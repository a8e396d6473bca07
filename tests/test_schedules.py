"""What is asked by the clock: ordered in a channel, and looked after by whoever is there."""

from datetime import UTC, datetime

import pytest

from tests.office import words
from tests.rounds import LOOP, Desk, Desks

pytestmark = LOOP

MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)  # nine in Berlin
EVERY = "every monday 9:00 scores web/production"


async def test_a_question_is_asked_every_week_and_its_answer_posted(desk: Desk) -> None:
    said = await desk.say(EVERY)
    assert "every Monday at 9:00 (Europe/Berlin)" in said
    assert "Mon 23 Nov 2026, 09:00" in said
    await desk.come(MONDAY)
    [posted] = desk.posted()
    assert "Release maturity" in words(posted)
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


@pytest.mark.parametrize(
    ("when", "says", "next_at"),
    [
        ("monday", "every Monday at 9:00 (Europe/Berlin)", "Mon 23 Nov 2026, 09:00 CET"),
        ("weekday 17:30", "every weekday at 17:30 (Europe/Berlin)", "Fri 20 Nov 2026, 17:30 CET"),
        ("day at 8am UTC", "every day at 8:00 (UTC)", "Sat 21 Nov 2026, 08:00 UTC"),
        ("tue and thu noon", "every Tuesday and Thursday at 12:00", "Tue 24 Nov 2026, 12:00 CET"),
        ("first monday", "every first Monday of the month at 9:00", "Mon 7 Dec 2026, 09:00 CET"),
        ("friday 18:00 america/new_york", "every Friday at 18:00 (America/New_York)", "Fri 20 Nov 2026, 18:00 EST"),
    ],
)
async def test_it_is_told_in_words_when_it_comes_and_when_next(desk: Desk, when: str, says: str, next_at: str) -> None:
    said = await desk.say(f"every {when} digest web/production")
    assert says in said
    assert next_at in said
