"""Housekeeping is done once a minute, and never made up for."""

from datetime import timedelta

from dbos import DBOS

from bot.schedules.dbos_engine import housekeeping, start_housekeeping, worker_context
from bot.store import Snapshot
from tests.conversation import NOW
from tests.databases import TemporaryDatabase
from tests.scheduler_harness import Clock, open_scheduler

DAYS_ASLEEP = 2


async def test_minutes_that_the_machine_slept_are_not_made_up_for(database: TemporaryDatabase) -> None:
    async with open_scheduler(database.url):
        clock = worker_context().clock = Clock(NOW)
        for _ in range(3):
            await start_housekeeping()
        clock.now += timedelta(days=DAYS_ASLEEP)
        for _ in range(3):
            await start_housekeeping()
        workflows = await DBOS.list_workflows_async(name=housekeeping.__qualname__)
        assert await DBOS.list_schedules_async() == []
    assert len(workflows) == 2


async def test_a_late_housekeeping_run_changes_nothing(database: TemporaryDatabase) -> None:
    old = Snapshot("web/production", (NOW - timedelta(days=1000)).date(), {"scores": 1.0}, material=True)
    async with open_scheduler(database.url) as there:
        worker_context().clock = there.clock
        store, team = there.ctx.store, there.ctx.team
        await store.snapshots.add(team, old)
        for minutes, left in ((3, 1), (1, 0)):
            run = await DBOS.start_workflow_async(housekeeping, (NOW - timedelta(minutes=minutes)).isoformat())
            await run.get_result()
            assert len(await store.snapshots.list_since(team, old.place, old.day)) == left
