"""The engine and the store in one database, as in production."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.schedules.runs import Due, create
from bot.store import DueSchedule
from tests.databases import TemporaryDatabase
from tests.scheduler_harness import TIMEOUT_SECONDS, WatchedClock, open_scheduler

NEXT_MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)  # nine in Berlin


async def test_delivered_run_is_not_repeated_after_a_restart(migrated_database: TemporaryDatabase) -> None:
    async with open_scheduler(migrated_database.url) as before:
        await before.send("every monday 9:00 scores web/production")
        await before.advance_to(NEXT_MONDAY)
        assert len(before.posted()) == 1
    async with open_scheduler(migrated_database.url, NEXT_MONDAY) as after:
        await after.advance(seconds=30)
        assert after.posted() == []
        assert "delivered" in await after.send("history")


async def test_deliveries_wait_for_the_quota(tmp_path: Path) -> None:
    clock = WatchedClock(NEXT_MONDAY)
    async with open_scheduler(f"sqlite:///{tmp_path / 'bot.db'}", NEXT_MONDAY - timedelta(hours=1), clock) as there:
        await there.send("every monday 9:00 scores web/production")
        await there.ctx.store.delivery_quotas.acquire(there.ctx.team, 101, 700, clock.now)  # 10.1 s, of ten ahead
        advance = asyncio.create_task(there.advance_to(NEXT_MONDAY))
        for _ in range(2):  # it asks a second time because it was refused
            await asyncio.wait_for(clock.reads.get(), TIMEOUT_SECONDS)
        assert there.posted() == []
        clock.now += timedelta(seconds=1)
        await advance
        assert len(there.posted()) == 1


async def test_failed_query_is_run_again_for_a_later_run(migrated_database: TemporaryDatabase) -> None:
    async with open_scheduler(migrated_database.url, NEXT_MONDAY - timedelta(hours=1)) as there:
        for channel in ("C1", "C2"):
            await there.send("every monday 9:00 scores web/production", channel=channel)
        store, team = there.ctx.store, there.ctx.team
        [first], [other] = [await store.schedules.list_for_channel(team, channel) for channel in ("C1", "C2")]
        await store.schedules.change(
            other.id, NEXT_MONDAY, next_at=NEXT_MONDAY + timedelta(minutes=1)
        )  # the range of the jitter
        there.workspace.faults.status = 403
        await there.advance_to(NEXT_MONDAY)
        [failed] = await store.runs.history([first.id], 1)
        there.workspace.faults.status = None
        [other] = await store.schedules.list_for_channel(team, "C2")
        run = create(Due(other, NEXT_MONDAY), NEXT_MONDAY)
        await store.runs.create_due([DueSchedule(other, NEXT_MONDAY + timedelta(weeks=1), (run,))])
        await there.advance(seconds=10)
        await there.advance(seconds=10)
        assert (failed.state, len(there.posted("C1")), len(there.posted("C2"))) == ("failed", 0, 1)
