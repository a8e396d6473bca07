"""Schedules and their runs in the store: numbered, created once, and leased by one process at a time."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import select

from bot.store import DueSchedule, QueryKey, Schedule, WatchState
from bot.store.store import Store, open_store
from bot.store.tables import RUNS
from tests.databases import Postgres, TemporaryDatabase

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
WEEK, MINUTE = timedelta(weeks=1), timedelta(minutes=1)
NEW = Schedule("", "T1", "C1", 0, "U1", (0,), 0, time(9), "UTC", "scores web/production", "active", "", NOW)


@pytest.fixture(name="store")
async def a_store(database: TemporaryDatabase) -> AsyncIterator[Store]:
    async with open_store(database.url) as opened:
        yield opened


async def test_schedule_added_meanwhile_elsewhere_is_checked(postgres: Postgres) -> None:
    """PostgreSQL shows each statement what was committed before it, so checking and numbering must be one."""
    url = postgres.new_schema()

    async def add_elsewhere() -> None:
        async with open_store(url) as elsewhere:
            await elsewhere.schedules.add(NEW, NOW)

    def check(existing: Sequence[Schedule]) -> None:
        if not seen:
            with ThreadPoolExecutor() as threads:
                threads.submit(asyncio.run, add_elsewhere()).result()
        seen.append(len(existing))

    seen: list[int] = []
    async with open_store(url) as store:
        assert (await store.schedules.add(NEW, NOW, check)).number == 2
    assert seen == [0, 1]


async def test_schedules_of_a_channel_are_numbered(store: Store) -> None:
    added = await asyncio.gather(*(store.schedules.add(NEW, NOW) for _ in range(5)))
    assert sorted(schedule.number for schedule in added) == [1, 2, 3, 4, 5]
    elsewhere = await store.schedules.add(replace(NEW, channel="C2"), NOW)
    assert elsewhere.number == 1


async def test_number_of_a_stopped_schedule_is_not_reused(store: Store) -> None:
    first = await store.schedules.add(NEW, NOW)
    await store.schedules.change(first.id, NOW, state="stopped", next_at=None)
    assert (await store.schedules.add(NEW, NOW)).number == 2
    assert [schedule.number for schedule in await store.schedules.list_for_channel("T1", "C1")] == [2]
    assert [schedule.number for schedule in await store.schedules.list_with_stopped("T1", "C1")] == [1, 2]


async def test_due_run_is_created_by_one_of_many_processes(store: Store) -> None:
    schedule = await store.schedules.add(NEW, NOW)
    created = [store.runs.create_due([DueSchedule(schedule, "UTC", NOW + WEEK, ((NOW, ""),))]) for _ in range(4)]
    assert sorted(await asyncio.gather(*created)) == [0, 0, 0, 1]
    assert await store.schedules.due("T1", NOW, 10) == []
    [(run, answered)] = await store.runs.list_open("T1", NOW, 10)
    assert (run.schedule, run.at, answered) == (schedule.id, NOW, False)


async def test_due_runs_are_created_in_one_batch_without_existing_ones(store: Store) -> None:
    due = [DueSchedule(await store.schedules.add(NEW, NOW), "UTC", NOW + WEEK, ((NOW, ""),)) for _ in range(3)]
    assert await store.runs.create_due(due[:1]) == 1
    assert sorted(await asyncio.gather(store.runs.create_due(due), store.runs.create_due(due))) == [0, 2]
    assert len(await store.runs.list_open("T1", NOW, 10)) == 3


async def test_run_lease_is_exclusive_until_it_expires(store: Store) -> None:
    schedule = await store.schedules.add(NEW, NOW)
    await store.runs.create_due([DueSchedule(schedule, "UTC", NOW + WEEK, ((NOW, ""),))])
    until = NOW + 5 * MINUTE
    assert await store.runs.lease(schedule.id, NOW, "a", NOW, until)
    assert not await store.runs.lease(schedule.id, NOW, "b", NOW + MINUTE, until)
    assert await store.runs.lease(schedule.id, NOW, "a", NOW + MINUTE, until)
    leased = await store.runs.lease(schedule.id, NOW, "b", until + MINUTE, until + 2 * MINUTE)
    assert leased
    await store.runs.close(leased, "delivered", "", NOW)
    assert not await store.runs.lease(schedule.id, NOW, "b", until + 9 * MINUTE, until + 10 * MINUTE)


async def test_alert_is_stored_until_it_is_delivered(store: Store) -> None:
    watch = await store.schedules.add(replace(NEW, days=(), local_time=None), NOW)
    assert await store.watch_states.record(watch, {}, NOW, "UTC", {"text": "71"})
    run = await store.runs.lease(watch.id, NOW, "a", NOW, NOW + MINUTE)
    assert run
    assert run.said == {"text": "71"}
    await store.runs.close(run, "delivered", "", NOW)
    assert [row[0] for row in await store.runs._database.fetch_all(select(RUNS.c.said))] == [None]


async def test_stored_answer_serves_all_channels_of_one_workspace(store: Store) -> None:
    for team, channel in (("T1", "C1"), ("T1", "C2"), ("T2", "C1")):
        schedule = await store.schedules.add(replace(NEW, team=team, channel=channel), NOW)
        await store.runs.create_due([DueSchedule(schedule, "UTC", NOW + WEEK, ((NOW, ""),))])
    key = QueryKey("T1", NEW.line, "UTC", NOW)
    await store.runs.save_answer(key, {"text": "71"}, NOW, quiet=True)
    assert await store.runs.get_answer(key) == ({"text": "71"}, True)
    assert [answered for _, answered in await store.runs.list_open("T1", NOW, 10)] == [True, True]
    assert [answered for _, answered in await store.runs.list_open("T2", NOW, 10)] == [False]


async def test_prune_deletes_old_runs_and_keeps_open_ones(store: Store) -> None:
    old, new = [await store.schedules.add(NEW, NOW) for _ in range(2)]
    for schedule in (old, new):
        await store.runs.create_due(
            [DueSchedule(schedule, "UTC", NOW + WEEK, ((NOW - WEEK, "I was away."), (NOW, "")))]
        )
        await store.runs.save_answer(QueryKey("T1", NEW.line, "UTC", NOW), {}, NOW, quiet=False)
    await store.schedules.change(old.id, NOW, state="stopped", next_at=None)
    await store.runs.prune(NOW + WEEK, NOW - MINUTE)
    assert [run.at for run in await store.runs.history([old.id, new.id], 9)] == [NOW, NOW]
    assert await store.runs.get_answer(QueryKey("T1", NEW.line, "UTC", NOW)) is None
    await store.runs.prune(NOW + WEEK, NOW + WEEK)
    assert [run.schedule for run in await store.runs.history([old.id, new.id], 9)] == [new.id]


async def test_stopped_schedule_is_deleted_with_its_rows_after_retention(store: Store) -> None:
    watch, day = await store.schedules.add(replace(NEW, days=(), local_time=None), NOW), timedelta(days=1)
    await store.watch_states.record(watch, {"risk": WatchState("good", "good 71", None)}, NOW, "UTC", {"text": "71"})
    await store.schedules.change(watch.id, NOW, state="stopped", next_at=None)
    late = NOW + 399 * day  # a running check backs off, or an open modal is submitted: neither has an effect
    await store.schedules.change(watch.id, late, next_at=late)
    await store.prune(late)
    [schedule] = await store.schedules.list_with_stopped("T1", "C1")
    assert (schedule.state, schedule.next_at) == ("stopped", None)
    await store.prune(NOW + 401 * day)
    assert not await store.schedules.list_with_stopped("T1", "C1")
    assert not await store.runs.history([watch.id], 9)
    assert not (await store.watch_states.for_watches([watch]))[watch.id]


async def test_requeued_run_is_offered_again_unless_leased(store: Store) -> None:
    deferred, leased = [await store.schedules.add(NEW, NOW) for _ in range(2)]
    await store.runs.create_due([DueSchedule(each, "UTC", NOW + WEEK, ((NOW, ""),)) for each in (deferred, leased)])
    await store.runs.defer([run for run, _ in await store.runs.list_open("T1", NOW, 9)], NOW + WEEK)
    await store.runs.lease(leased.id, NOW, "one", NOW, NOW + MINUTE)
    await store.runs.requeue([deferred.id, leased.id], NOW, NOW)
    [(offered, _)] = await store.runs.list_open("T1", NOW, 9)
    assert (offered.schedule, offered.offered) == (deferred.id, 2)
