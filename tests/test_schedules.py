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
