"""Schedules and their runs in the store: numbered, created once, and leased by one process at a time."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import psycopg
import pytest
from sqlalchemy import select

from bot.schedules import runs
from bot.store import DueSchedule, QueryKey, Run, Schedule, ScheduleState, WatchState
from bot.store.store import Store, open_store
from bot.store.tables import RUNS
from tests.databases import Postgres, TemporaryDatabase

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
WEEK, MINUTE = timedelta(weeks=1), timedelta(minutes=1)
NEW = Schedule("", "T1", "C1", 0, "U1", (0,), 0, time(9), "UTC", "scores web/production", ScheduleState.ACTIVE, "", NOW)


def due_schedule(schedule: Schedule) -> DueSchedule:
    """A schedule that is due now, with its run."""
    return DueSchedule(schedule, NOW + WEEK, (runs.create(runs.Due(schedule, NOW), NOW),))


def change(run: Run, event: runs.RunEvent, now: datetime = NOW) -> tuple[Run, Run]:
    return run, runs.transition(run, event, now)[0]


@pytest.fixture(name="store")
async def a_store(migrated_database: TemporaryDatabase) -> AsyncIterator[Store]:
    async with open_store(migrated_database.url) as opened:
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
    await store.schedules.change(first.id, NOW, state=ScheduleState.STOPPED, next_at=None)
    assert (await store.schedules.add(NEW, NOW)).number == 2
    assert [schedule.number for schedule in await store.schedules.list_for_channel("T1", "C1")] == [2]
    assert [schedule.number for schedule in await store.schedules.list_with_stopped("T1", "C1")] == [1, 2]


async def test_due_run_is_created_by_one_of_many_processes(store: Store) -> None:
    schedule = await store.schedules.add(NEW, NOW)
    created = [store.runs.create_due([due_schedule(schedule)]) for _ in range(4)]
    assert sorted(await asyncio.gather(*created)) == [0, 0, 0, 1]
    assert await store.schedules.due("T1", NOW, 10) == []
    [(run, answered)] = await store.runs.list_open("T1", NOW, 10)
    assert (run.schedule, run.at, answered) == (schedule.id, NOW, False)


async def test_due_runs_are_created_in_one_batch_without_existing_ones(store: Store) -> None:
    due = [due_schedule(await store.schedules.add(NEW, NOW)) for _ in range(3)]
    assert await store.runs.create_due(due[:1]) == 1
    assert sorted(await asyncio.gather(store.runs.create_due(due), store.runs.create_due(due))) == [0, 2]
    assert len(await store.runs.list_open("T1", NOW, 10)) == 3


async def test_schedule_is_advanced_while_a_row_is_added_that_refers_to_it(postgres: Postgres) -> None:
    """PostgreSQL locks the row that a foreign key refers to, so that its key stays as it is."""
    url = postgres.new_migrated_schema()
    async with open_store(url) as store:
        schedule = await store.schedules.add(NEW, NOW)
        with psycopg.connect(url) as connection:
            connection.execute("INSERT INTO announcements VALUES (%s, '1.5', now(), 1, '')", [schedule.id])
            assert await store.runs.create_due([due_schedule(schedule)]) == 1
            await store.schedules.edit(schedule.id, lambda it: replace(it, line="deploys"), "U1", NOW)


async def test_run_lease_is_exclusive_until_it_expires(store: Store) -> None:
    schedule = await store.schedules.add(NEW, NOW)
    await store.runs.create_due([due_schedule(schedule)])
    [(run, _)] = await store.runs.list_open("T1", NOW, 10)
    leases = [change(run, runs.Leased(worker, NOW + 5 * MINUTE)) for worker in "abcd"]
    saved = await asyncio.gather(*(store.runs.save([lease]) for lease in leases))
    [[leased]] = filter(None, saved)
    assert await store.runs.get(schedule.id, NOW) == leased
    taken_over = change(leased, runs.Leased("e", NOW + 10 * MINUTE), NOW + 5 * MINUTE)
    assert await store.runs.save([taken_over]) == [taken_over[1]]
    assert not await store.runs.save([change(leased, runs.PostBegun(0))])


async def test_stopped_heartbeat_is_claimed_by_one_process(store: Store) -> None:
    heartbeats = store.heartbeats
    await heartbeats.record("T1", "a", NOW)
    await heartbeats.record("T2", "b", NOW)
    assert await heartbeats.list_others("T1", "me") == {"a": NOW}
    claims = await asyncio.gather(*(heartbeats.claim("T1", "a", NOW, NOW + n * MINUTE) for n in range(1, 4)))
    assert sorted(claims) == [False, False, True]
    claimed_at = (await heartbeats.list_others("T1", "me"))["a"]
    await heartbeats.remove("T1", "a", NOW)
    assert await heartbeats.list_others("T1", "me") == {"a": claimed_at}
    await heartbeats.remove("T1", "a", claimed_at)
    assert await heartbeats.list_others("T1", "me") == {}
    assert await heartbeats.list_others("T2", "b") == {}


async def test_worker_with_a_new_heartbeat_is_not_claimed(store: Store) -> None:
    await store.heartbeats.record("T1", "a", NOW)
    await store.heartbeats.record("T1", "a", NOW + MINUTE)
    assert not await store.heartbeats.claim("T1", "a", NOW, NOW + MINUTE)
    assert await store.heartbeats.list_others("T1", "me") == {"a": NOW + MINUTE}


async def test_only_leases_of_the_worker_are_listed(store: Store) -> None:
    await store.runs.create_due([due_schedule(await store.schedules.add(NEW, NOW)) for _ in range(4)])
    [a, b, closed, _] = [run for run, _ in await store.runs.list_open("T1", NOW, 10)]
    leased = [change(run, runs.Leased(by, NOW + MINUTE)) for run, by in ((a, "a"), (b, "b"), (closed, "a"))]
    saved = {run.schedule: run for run in await store.runs.save(leased)}
    assert await store.runs.save([change(saved[closed.schedule], runs.Finished())])
    assert await store.runs.list_leased("T1", "a") == [saved[a.schedule]]
    assert await store.runs.list_leased("T2", "a") == []


async def test_transitions_of_many_runs_are_saved_where_fences_hold(store: Store) -> None:
    await store.runs.create_due([due_schedule(await store.schedules.add(NEW, NOW)) for _ in range(5)])
    open_runs = [run for run, _ in await store.runs.list_open("T1", NOW, 10)]
    await store.runs.save([change(open_runs[0], runs.Leased("a", NOW + MINUTE))])
    changes = [change(run, runs.Skipped("The bot was offline.")) for run in open_runs]
    assert await store.runs.save(changes) == [after for _, after in changes[1:]]
    assert [run.schedule for run in await store.runs.list_awaiting(open_runs[0].query_key)] == [open_runs[0].schedule]


async def test_closed_run_is_not_changed_by_a_stale_transition(store: Store) -> None:
    schedule = await store.schedules.add(NEW, NOW)
    await store.runs.create_due([due_schedule(schedule)])
    [(run, _)] = await store.runs.list_open("T1", NOW, 10)
    skipped = change(run, runs.Skipped("The bot was offline."))
    assert await store.runs.save([skipped])
    assert not await store.runs.save([change(run, runs.Leased("a", NOW + MINUTE))])
    assert await store.runs.get(schedule.id, NOW) == skipped[1]


async def test_run_and_schedules_of_a_lost_channel_change_together(store: Store) -> None:
    schedule, other = [await store.schedules.add(NEW, NOW) for _ in range(2)]
    await store.runs.create_due([due_schedule(schedule)])
    [(run, _)] = await store.runs.list_open("T1", NOW, 10)
    lost = change(run, runs.ChannelLost("It is archived.", channel="C1", code="is_archived"))
    assert await store.runs.save_and_pause((replace(run, attempt=7), lost[1]), "C1", "is_archived", NOW) is None
    assert [each.state for each in await store.schedules.list_all()] == [ScheduleState.ACTIVE] * 2
    paused = await store.runs.save_and_pause(lost, "C1", "is_archived", NOW)
    assert paused == await store.schedules.list_all()
    assert [(each.id, each.state) for each in paused] == [(each.id, ScheduleState.PAUSED) for each in (schedule, other)]
    assert await store.runs.get(schedule.id, NOW) == lost[1]


async def test_alert_is_stored_until_it_is_delivered(store: Store) -> None:
    watch = await store.schedules.add(replace(NEW, days=(), local_time=None), NOW)
    alert = runs.create(runs.Alerted(watch, NOW, message={"text": "71"}), NOW)
    assert await store.watch_states.record(watch, {}, NOW, [alert])
    loaded = await store.runs.to_deliver(watch.id, NOW, 9)
    assert loaded
    assert loaded.run.message == {"text": "71"}
    leased = change(loaded[0], runs.Leased("a", NOW + MINUTE))
    assert await store.runs.save([leased])
    assert await store.runs.save([change(leased[1], runs.Finished())])
    assert [row[0] for row in await store.runs._database.fetch_all(select(RUNS.c.said))] == [None]


async def test_stored_answer_serves_all_channels_of_one_workspace(store: Store) -> None:
    for team, channel in (("T1", "C1"), ("T1", "C2"), ("T2", "C1")):
        schedule = await store.schedules.add(replace(NEW, team=team, channel=channel), NOW)
        await store.runs.create_due([due_schedule(schedule)])
    key = QueryKey("T1", NEW.line, "UTC", NOW)
    await store.runs.save_answer(key, {"text": "71"}, NOW, quiet=True)
    assert await store.runs.get_answer(key) == ({"text": "71"}, True)
    assert [answered for _, answered in await store.runs.list_open("T1", NOW, 10)] == [True, True]
    assert [answered for _, answered in await store.runs.list_open("T2", NOW, 10)] == [False]


async def test_prune_deletes_old_runs_and_keeps_open_ones(store: Store) -> None:
    old, new = [await store.schedules.add(NEW, NOW) for _ in range(2)]
    for schedule in (old, new):
        missed = runs.create(runs.Missed(schedule, NOW - WEEK, why="I was away."), NOW)
        due = due_schedule(schedule)
        await store.runs.create_due([replace(due, runs=(missed, *due.runs))])
        await store.runs.save_answer(QueryKey("T1", NEW.line, "UTC", NOW), {}, NOW, quiet=False)
    await store.schedules.change(old.id, NOW, state=ScheduleState.STOPPED, next_at=None)
    await store.runs.prune(NOW + WEEK, NOW - MINUTE)
    assert [run.at for run in await store.runs.history([old.id, new.id], 9)] == [NOW, NOW]
    assert await store.runs.get_answer(QueryKey("T1", NEW.line, "UTC", NOW)) is None
    await store.runs.prune(NOW + WEEK, NOW + WEEK)
    assert [run.schedule for run in await store.runs.history([old.id, new.id], 9)] == [new.id]


async def test_stopped_schedule_is_deleted_with_its_rows_after_retention(store: Store) -> None:
    watch, day = await store.schedules.add(replace(NEW, days=(), local_time=None), NOW), timedelta(days=1)
    alert = runs.create(runs.Alerted(watch, NOW, message={"text": "71"}), NOW)
    await store.watch_states.record(watch, {"risk": WatchState("good", "good 71", None)}, NOW, [alert])
    await store.schedules.change(watch.id, NOW, state=ScheduleState.STOPPED, next_at=None)
    late = NOW + 399 * day  # a running check backs off, or an open modal is submitted: neither has an effect
    await store.schedules.change(watch.id, late, next_at=late)
    await store.prune(late)
    [schedule] = await store.schedules.list_with_stopped("T1", "C1")
    assert (schedule.state, schedule.next_at) == (ScheduleState.STOPPED, None)
    await store.prune(NOW + 401 * day)
    assert not await store.schedules.list_with_stopped("T1", "C1")
    assert not await store.runs.history([watch.id], 9)
    assert not (await store.watch_states.for_watches([watch]))[watch.id]


async def test_requeued_run_is_offered_again_unless_leased(store: Store) -> None:
    await store.runs.create_due([due_schedule(await store.schedules.add(NEW, NOW)) for _ in range(2)])
    read = [run for run, _ in await store.runs.list_open("T1", NOW, 9)]
    [deferred, other] = await store.runs.offer([change(run, runs.Offered(NOW + WEEK)) for run in read])
    assert not await store.runs.offer([change(run, runs.Offered(NOW + WEEK)) for run in read])
    [leased] = await store.runs.save([change(other, runs.Leased("one", NOW + MINUTE))])
    assert runs.transition(leased, runs.Requeued(), NOW) == (leased, ())
    await store.runs.save([change(deferred, runs.Requeued()), change(other, runs.Requeued())])
    [(offered, _)] = await store.runs.list_open("T1", NOW, 9)
    assert (offered.schedule, offered.offered) == (deferred.schedule, 2)
