"""Snapshots that scheduled digests save, and the comparisons that later answers make with them."""

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
DATABASES = ["sqlite"]  # test_schedules and test_watches store the same on PostgreSQL

MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)  # nine in Berlin


@dataclass
class Weeks:
    """A scheduler whose clock moves week by week, with a count of flags to clean up for each week."""

    scheduler: SchedulerHarness
    counts: "Counts"

    async def pass_by(self, *done: int | Edit, calm: bool = False) -> None:
        """Advance to the next Monday, once per count; an edit replaces the status chart and the flags."""
        for number in done:
            self.counts.done, self.counts.calm = number, calm
            now = self.scheduler.clock.now
            await self.scheduler.advance_to(MONDAY if now < MONDAY else now + timedelta(days=7 - now.weekday()))

    async def pass_days(self, *materials: bool) -> None:
        """Advance to nine on each following day, on which there is something to report or not."""
        for material in materials:
            self.counts.done, self.counts.calm = 1, not material
            now, saturday = self.scheduler.clock.now, MONDAY - timedelta(days=2)
            await self.scheduler.advance_to(saturday if now < saturday else now + timedelta(days=1))

    async def snapshots(self) -> list[Snapshot]:
        return await self.scheduler.ctx.store.snapshots.list_since(self.scheduler.ctx.team, "web/production", date.min)

    @property
    def last(self) -> str:
        return self.scheduler.posted()[-1].text


@dataclass
class Counts:
    """The counts that LaunchDarkly reports now."""

    done: int | Edit = 0
    calm: bool = False

    def edit(self, reply: Any) -> Any:
        calm = {"scores": CALM, "events": NO_EVENTS} if self.calm else {}
        return edit_parts(status=self._status, flags=self._flags, **calm)(reply)

    def _status(self, reply: Any) -> Any:
        if not isinstance(self.done, int):
            return self.done(reply)
        counts = {"Active": 20, "Launched": self.done}
        return reply | {"series": [{"metadata": {"name": name, "count": counts[name]}} for name in counts]}

    def _flags(self, reply: Any) -> Any:
        if not isinstance(self.done, int):
            return self.done(reply)
        ready = [{"key": f"flag-{number}", "stale": {"readyToArchive": True}} for number in range(self.done)]
        return {"items": ready, "totalCount": len(ready)}


@pytest_asyncio.fixture(name="weeks", loop_scope="module")
async def some_weeks(scheduler_factory: OpenScheduler) -> AsyncIterator[Weeks]:
    counts = Counts()
    async with scheduler_factory(edit=counts.edit) as scheduler:
        yield Weeks(scheduler, counts)


async def test_digest_and_other_questions_compare_past_weeks(weeks: Weeks) -> None:
    for channel in ("C1", "C2"):
        await weeks.scheduler.workspace.send("every monday 9:00 digest web/production", channel=channel)
    await weeks.pass_by(16)
    assert "Worth doing, 16 flags ready to clean up\n" in weeks.last
    await weeks.pass_by(14)
    assert "Worth doing, 14 flags ready to clean up: 2 fewer than last week\n" in weeks.last
    await weeks.pass_by(14, 15, 15, 12)
    assert "ready to clean up: 3 fewer than last week, the first fall in 4 weeks\n" in weeks.last
    for metric in ("done", "ready"):
        assert [snapshot.numbers[metric] for snapshot in await weeks.snapshots()] == [12, 15, 15, 14, 14, 16]
    await weeks.scheduler.advance(days=1)
    assert "14 on 30 Nov, 14 on 7 Dec, 15 on 14 Dec, 15 on 21 Dec, 12 on 28 Dec, 12 now" in await weeks.scheduler.send(
        "status web/production"
    )
    assert "Release maturity, past weeks: " in await weeks.scheduler.send("scores web/production")
    assert "past weeks" not in await weeks.scheduler.send("status web/staging")


async def test_run_now_is_not_counted_as_a_week(weeks: Weeks) -> None:
    await weeks.scheduler.send("every monday 9:00 digest web/production")
    await weeks.pass_by(14)
    weeks.counts.done = 20
    await weeks.scheduler.advance(days=4)
    await weeks.scheduler.send("digest web/production")
    await weeks.scheduler.workspace.send("now 1")
    await weeks.scheduler.advance(seconds=1)
    assert "6 more than on 23 Nov\n" in weeks.last
    await weeks.pass_by(13)
    assert "ready to clean up: 1 fewer than last week\n" in weeks.last
    assert [snapshot.numbers["done"] for snapshot in await weeks.snapshots()] == [13, 14]


async def test_unknown_number_is_skipped_in_comparisons(weeks: Weeks) -> None:
    await weeks.scheduler.send("every monday 9:00 digest web/production")
    await weeks.pass_by(14, lambda _: ErrorReply(403))
    latest, _ = await weeks.snapshots()
    assert latest.numbers.keys() == {"overall", "changes", "deployments"}
    await weeks.pass_by(13)
    assert "ready to clean up: 1 fewer than two weeks ago\n" in weeks.last


async def test_undelivered_digest_saves_no_snapshot(weeks: Weeks) -> None:
    await weeks.scheduler.send("every monday 9:00 digest web/production")
    weeks.scheduler.workspace.slack.channels["C1"].is_archived = True
    await weeks.pass_by(14)
    assert weeks.scheduler.posted() == []
    assert await weeks.snapshots() == []


# Preview of a quiet digest


async def test_quiet_option_previews_how_often_it_would_post(weeks: Weeks) -> None:
    quiet = "every monday 10:00 digest web/production quiet=on-change"
    await weeks.scheduler.send("every monday 9:00 digest web/production")
    assert "would have" not in await weeks.scheduler.send(quiet)
    await weeks.pass_by(1)
    await weeks.scheduler.stop("stop 2")
    assert "This would have posted a full digest in *1 of 1 known week*." in await weeks.scheduler.send(quiet)
    await weeks.scheduler.stop("stop 3")
    await weeks.pass_by(1, 1, calm=True)
    reply = await weeks.scheduler.send("change 1 digest web/production quiet=on-change")
    assert "This would have posted a full digest in *1 of 3 known weeks*, otherwise one line." in reply
    await weeks.pass_by(1, 1, calm=True)
    await weeks.pass_by(1, 1)
    await weeks.pass_by(1, calm=True)
    assert "would have" not in await weeks.scheduler.send("change 1 monday 10:00")
    reply = await weeks.scheduler.send("change 1 digest web/production quiet=on-change")
    assert "This would have posted a full digest in 3 of the last 8 weeks, otherwise one line." in reply
    assert "would have" not in await weeks.scheduler.send("change 1 digest web/production")
    assert "would have" not in await weeks.scheduler.send("change 1 digest web/staging quiet=on-change")


async def test_preview_of_a_daily_digest_counts_days(weeks: Weeks) -> None:
    quiet = "change 1 digest web/production quiet=on-change"
    await weeks.scheduler.send("every monday 9:00 digest web/production", channel="C2")
    await weeks.scheduler.send("every day 9:00 digest web/production")
    await weeks.pass_days(True, False, False)
    assert "a full digest in *1 of 3 known days*, otherwise one line." in await weeks.scheduler.send(quiet)
    await weeks.pass_days(*[False] * 6, True)
    assert "a full digest in *1 of the last 8 days*, otherwise one line." in await weeks.scheduler.send(quiet)
    assert {snapshot.span for snapshot in await weeks.snapshots()} == {"day", "week"}


async def test_preview_of_a_digest_on_weekdays_counts_runs(weeks: Weeks) -> None:
    await weeks.scheduler.send("every weekday 9:00 digest web/production")
    await weeks.pass_days(*[False] * 3, True, True)
    reply = await weeks.scheduler.send("change 1 digest web/production quiet=on-change")
    assert "a full digest in *2 of 3 known runs*, otherwise one line." in reply
