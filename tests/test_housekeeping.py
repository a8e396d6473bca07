"""Housekeeping runs once a minute; missed runs are not caught up."""

from datetime import timedelta

from dbos import DBOS

from bot.schedules.dbos_engine import housekeeping, start_housekeeping, worker_context
from bot.store import Snapshot
from tests.conversation import NOW
from tests.databases import TemporaryDatabase
from tests.scheduler_harness import Clock, open_scheduler

DAYS_ASLEEP = 2


async def test_missed_minutes_are_not_caught_up(migrated_database: TemporaryDatabase) -> None:
    async with open_scheduler(migrated_database.url):
        clock = worker_context().clock = Clock(NOW)
        for _ in range(3):
            await start_housekeeping()
        clock.now += timedelta(days=DAYS_ASLEEP)
        for _ in range(3):
            await start_housekeeping()
        workflows = await DBOS.list_workflows_async(name=housekeeping.__qualname__)
        assert await DBOS.list_schedules_async() == []
    assert len(workflows) == 2


async def test_late_housekeeping_run_changes_nothing(migrated_database: TemporaryDatabase) -> None:
    old = Snapshot("web/production", (NOW - timedelta(days=1000)).date(), {"scores": 1.0}, material=True)
    async with open_scheduler(migrated_database.url) as scheduler:
        worker_context().clock = scheduler.clock
        store, team = scheduler.ctx.store, scheduler.ctx.team
        await store.snapshots.add(team, old)
        for minutes, remaining in ((3, 1), (1, 0)):
            run = await DBOS.start_workflow_async(housekeeping, (NOW - timedelta(minutes=minutes)).isoformat())
            await run.get_result()
            assert len(await store.snapshots.list_since(team, old.place, old.day)) == remaining
