"""What a digest leaves behind when the clock has delivered it, and what is told by that in the weeks that follow."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest_asyncio

from bot.store import Snapshot
from tests.api_replies import CALM, NO_EVENTS, edit_parts
from tests.conversation import Edit, ErrorReply
from tests.scheduler_harness import LOOP, OpenScheduler, SchedulerHarness

pytestmark = LOOP

MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)  # nine in Berlin


@dataclass
class Weeks:
    """A desk that weeks pass by, and how many flags are worth a look in each of them."""

    desk: SchedulerHarness
    numbers: "Numbers"

    async def pass_by(self, *done: int | Edit, calm: bool = False) -> None:
        """A Monday with so many flags, or with another answer in their place."""
        for number in done:
            self.numbers.done, self.numbers.calm = number, calm
            now = self.desk.clock.now
            await self.desk.advance_to(MONDAY if now < MONDAY else now + timedelta(days=7 - now.weekday()))

    async def kept(self) -> list[Snapshot]:
        return await self.desk.ctx.store.snapshots.list_since(self.desk.ctx.team, "web/production", date.min)

    @property
    def last(self) -> str:
        return self.desk.posted()[-1].text


@dataclass
class Numbers:
    """What LaunchDarkly counts just now."""

    done: int | Edit = 0
    calm: bool = False

    def edit(self, reply: Any) -> Any:
        calm = {"scores": CALM, "events": NO_EVENTS} if self.calm else {}
        return edit_parts(status=self._status, **calm)(reply)

    def _status(self, reply: Any) -> Any:
        if not isinstance(self.done, int):
            return self.done(reply)
        counts = {"Active": 20, "Launched": self.done}
        return reply | {"series": [{"metadata": {"name": name, "count": counts[name]}} for name in counts]}


@pytest_asyncio.fixture(name="weeks", loop_scope="module")
async def some_weeks(scheduler_factory: OpenScheduler) -> AsyncIterator[Weeks]:
    numbers = Numbers()
    async with scheduler_factory(edit=numbers.edit) as found:
        yield Weeks(found, numbers)


async def test_a_digest_compares_its_week_with_those_before_and_others_show_them(weeks: Weeks) -> None:
    for channel in ("C1", "C2"):
        await weeks.desk.workspace.send("every monday 9:00 digest web/production", channel=channel)
    await weeks.pass_by(16)
    assert "16 flags launched or inactive (44 %), worth a look. " in weeks.last
    await weeks.pass_by(14)
    assert "worth a look: 2 fewer than last week. " in weeks.last
    await weeks.pass_by(14, 15, 15, 12)
    assert "worth a look: 3 fewer than last week, the first fall in 4 weeks. " in weeks.last
    assert [kept.numbers["done"] for kept in await weeks.kept()] == [12, 15, 15, 14, 14, 16]
    await weeks.desk.advance(days=1)
    assert "14 on 30 Nov, 14 on 7 Dec, 15 on 14 Dec, 15 on 21 Dec, 12 on 28 Dec, 12 now" in await weeks.desk.send(
        "status web/production"
    )
    assert "Release maturity, past weeks: " in await weeks.desk.send("scores web/production")
    assert "past weeks" not in await weeks.desk.send("status web/staging")


async def test_what_somebody_wants_at_once_is_no_week(weeks: Weeks) -> None:
    await weeks.desk.send("every monday 9:00 digest web/production")
    await weeks.pass_by(14)
    weeks.numbers.done = 20
    await weeks.desk.advance(days=4)
    await weeks.desk.send("digest web/production")
    await weeks.desk.workspace.send("now 1")
    await weeks.desk.advance(seconds=1)
    assert "6 more than on 23 Nov." in weeks.last
    await weeks.pass_by(13)
    assert "worth a look: 1 fewer than last week. " in weeks.last
    assert [kept.numbers["done"] for kept in await weeks.kept()] == [13, 14]


async def test_a_week_whose_number_could_not_be_had_is_not_known(weeks: Weeks) -> None:
    await weeks.desk.send("every monday 9:00 digest web/production")
    await weeks.pass_by(14, lambda _: ErrorReply(403))
    latest, _ = await weeks.kept()
    assert latest.numbers.keys() == {"overall", "changes", "deployments"}
    await weeks.pass_by(13)
    assert "worth a look: 1 fewer than two weeks ago. " in weeks.last


async def test_what_was_not_delivered_leaves_nothing_behind(weeks: Weeks) -> None:
    await weeks.desk.send("every monday 9:00 digest web/production")
    weeks.desk.workspace.slack.channels["C1"].is_archived = True
    await weeks.pass_by(14)
    assert weeks.desk.posted() == []
    assert await weeks.kept() == []


# What a quiet digest would have been


async def test_whoever_wants_a_quiet_digest_is_told_how_often_it_would_have_posted(weeks: Weeks) -> None:
    quiet = "every monday 9:00 digest web/production quiet=on-change"
    await weeks.desk.send("every monday 9:00 digest web/production")
    assert "would have" not in await weeks.desk.send(quiet)
    await weeks.pass_by(1)
    await weeks.desk.send("stop 2")
    assert "This would have posted *1 of 1 known week* in full." in await weeks.desk.send(quiet)
    await weeks.desk.send("stop 3")
    await weeks.pass_by(1, 1, calm=True)
    said = await weeks.desk.send("change 1 digest web/production quiet=on-change")
    assert "This would have posted *1 of 3 known weeks* in full, and one line where nothing had moved." in said
    await weeks.pass_by(1, 1, calm=True)
    await weeks.pass_by(1, 1)
    await weeks.pass_by(1, calm=True)
    assert "would have" not in await weeks.desk.send("change 1 monday 10:00")
    said = await weeks.desk.send("change 1 digest web/production quiet=on-change")
    assert "This would have posted 3 of the last 8 weeks in full, and one line where nothing had moved." in said
    assert "would have" not in await weeks.desk.send("change 1 digest web/production")
    assert "would have" not in await weeks.desk.send("change 1 digest web/staging quiet=on-change")
