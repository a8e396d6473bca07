"""Housekeeping is done once a minute, and never made up for."""

from datetime import timedelta

from dbos import DBOS

from bot.schedules.workflows import here, housekeeping, keep_house
from bot.store import Snapshot
from tests.conversation import NOW
from tests.databases import Database
from tests.scheduler_harness import Clock, desk

DAYS_ASLEEP = 2


async def test_minutes_that_the_machine_slept_are_not_made_up_for(database: Database) -> None:
    async with desk(database.url):
        clock = here().clock = Clock(NOW)
        for _ in range(3):
            await keep_house()
        clock.now += timedelta(days=DAYS_ASLEEP)
        for _ in range(3):
            await keep_house()
        workflows = await DBOS.list_workflows_async(name=housekeeping.__qualname__)
        assert await DBOS.list_schedules_async() == []
    assert len(workflows) == 2


async def test_a_late_housekeeping_run_changes_nothing(database: Database) -> None:
    old = Snapshot("web/production", (NOW - timedelta(days=1000)).date(), {"scores": 1.0}, material=True)
    async with desk(database.url) as there:
        here().clock = there.clock
        store, team = there.rounds.store, there.rounds.team
        await store.snapshots.keep(team, old)
        for minutes, left in ((3, 1), (1, 0)):
            run = await DBOS.start_workflow_async(housekeeping, (NOW - timedelta(minutes=minutes)).isoformat())
            await run.get_result()
            assert len(await store.snapshots.of(team, old.place, old.day)) == left
