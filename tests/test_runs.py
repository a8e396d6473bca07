"""Schedules and their slots in the store: one number each, begun once, taken by one at a time."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from bot.store import DueSchedule, QueryKey, Schedule, WatchState
from bot.store.store import Store, open_store
from bot.store.tables import RUNS
from tests.databases import TemporaryDatabase

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
WEEK, MINUTE = timedelta(weeks=1), timedelta(minutes=1)
NEW = Schedule("", "T1", "C1", 0, "U1", "monday 9:00 UTC", "scores web/production", "active", "", NOW)


@pytest.fixture(name="store")
async def a_store(database: TemporaryDatabase) -> AsyncIterator[Store]:
    async with open_store(database.url) as found:
        yield found


async def test_each_schedule_of_a_channel_has_a_number_of_its_own(store: Store) -> None:
    added = await asyncio.gather(*(store.schedules.add(NEW, NOW) for _ in range(5)))
    assert sorted(schedule.number for schedule in added) == [1, 2, 3, 4, 5]
    elsewhere = await store.schedules.add(replace(NEW, channel="C2"), NOW)
    assert elsewhere.number == 1


async def test_the_number_of_one_that_is_stopped_is_not_given_again(store: Store) -> None:
    first = await store.schedules.add(NEW, NOW)
    await store.schedules.change(first.id, NOW, state="stopped", next_at=None)
    assert (await store.schedules.add(NEW, NOW)).number == 2
    assert [schedule.number for schedule in await store.schedules.list_for_channel("T1", "C1")] == [2]
    assert [schedule.number for schedule in await store.schedules.list_with_stopped("T1", "C1")] == [1, 2]


async def test_what_is_due_is_begun_by_one_of_many(store: Store) -> None:
    schedule = await store.schedules.add(NEW, NOW)
    begun = [store.runs.create_due([DueSchedule(schedule, "UTC", NOW + WEEK, ((NOW, ""),))]) for _ in range(4)]
    assert sorted(await asyncio.gather(*begun)) == [0, 0, 0, 1]
    assert await store.schedules.due("T1", NOW, 10) == []
    [(slot, answered)] = await store.runs.list_open("T1", NOW, 10)
    assert (slot.schedule, slot.at, answered) == (schedule.id, NOW, False)


async def test_many_that_are_due_are_begun_together_but_for_those_that_somebody_has_begun(store: Store) -> None:
    due = [DueSchedule(await store.schedules.add(NEW, NOW), "UTC", NOW + WEEK, ((NOW, ""),)) for _ in range(3)]
    assert await store.runs.create_due(due[:1]) == 1
    assert sorted(await asyncio.gather(store.runs.create_due(due), store.runs.create_due(due))) == [0, 2]
    assert len(await store.runs.list_open("T1", NOW, 10)) == 3


async def test_a_slot_is_taken_by_one_at_a_time_and_by_another_when_that_one_is_gone(store: Store) -> None:
    schedule = await store.schedules.add(NEW, NOW)
    await store.runs.create_due([DueSchedule(schedule, "UTC", NOW + WEEK, ((NOW, ""),))])
    until = NOW + 5 * MINUTE
    assert await store.runs.lease(schedule.id, NOW, "a", NOW, until)
    assert not await store.runs.lease(schedule.id, NOW, "b", NOW + MINUTE, until)
    assert await store.runs.lease(schedule.id, NOW, "a", NOW + MINUTE, until)
    taken = await store.runs.lease(schedule.id, NOW, "b", until + MINUTE, until + 2 * MINUTE)
    assert taken
    await store.runs.close(taken, "delivered", "", NOW)
    assert not await store.runs.lease(schedule.id, NOW, "b", until + 9 * MINUTE, until + 10 * MINUTE)


async def test_what_was_said_to_one_channel_alone_is_kept_until_it_is_delivered(store: Store) -> None:
    watch = await store.schedules.add(replace(NEW, cadence="watch UTC"), NOW)
    assert await store.watch_states.record(watch, {}, NOW, "UTC", {"text": "71"})
    slot = await store.runs.lease(watch.id, NOW, "a", NOW, NOW + MINUTE)
    assert slot
    assert slot.said == {"text": "71"}
    await store.runs.close(slot, "delivered", "", NOW)
    assert [row[0] for row in await store.runs._database.fetch_all(select(RUNS.c.said))] == [None]


async def test_an_answer_serves_all_who_want_it_and_no_other_workspace(store: Store) -> None:
    for team, channel in (("T1", "C1"), ("T1", "C2"), ("T2", "C1")):
        schedule = await store.schedules.add(replace(NEW, team=team, channel=channel), NOW)
        await store.runs.create_due([DueSchedule(schedule, "UTC", NOW + WEEK, ((NOW, ""),))])
    asking = QueryKey("T1", NEW.line, "UTC", NOW)
    await store.runs.save_answer(asking, {"text": "71"}, NOW, quiet=True)
    assert await store.runs.get_answer(asking) == ({"text": "71"}, True)
    assert [answered for _, answered in await store.runs.list_open("T1", NOW, 10)] == [True, True]
    assert [answered for _, answered in await store.runs.list_open("T2", NOW, 10)] == [False]


async def test_what_is_old_goes_and_what_is_open_stays(store: Store) -> None:
    old, new = [await store.schedules.add(NEW, NOW) for _ in range(2)]
    for schedule in (old, new):
        await store.runs.create_due(
            [DueSchedule(schedule, "UTC", NOW + WEEK, ((NOW - WEEK, "I was away."), (NOW, "")))]
        )
        await store.runs.save_answer(QueryKey("T1", NEW.line, "UTC", NOW), {}, NOW, quiet=False)
    await store.schedules.change(old.id, NOW, state="stopped", next_at=None)
    await store.runs.prune(NOW + WEEK, NOW - MINUTE)
    assert [slot.at for slot in await store.runs.history([old.id, new.id], 9)] == [NOW, NOW]
    assert await store.runs.get_answer(QueryKey("T1", NEW.line, "UTC", NOW)) is None
    await store.runs.prune(NOW + WEEK, NOW + WEEK)
    assert [slot.schedule for slot in await store.runs.history([old.id, new.id], 9)] == [new.id]


async def test_a_stopped_schedule_goes_with_all_its_rows_when_its_time_is_over(store: Store) -> None:
    watch, day = await store.schedules.add(replace(NEW, cadence="watch UTC"), NOW), timedelta(days=1)
    await store.watch_states.record(watch, {"risk": WatchState("good", "good 71", None)}, NOW, "UTC", {"text": "71"})
    await store.schedules.change(watch.id, NOW, state="stopped", next_at=None)
    late = NOW + 399 * day  # a look that was under way backs off, somebody sends a form that was open: of no effect
    await store.schedules.change(watch.id, late, next_at=late)
    await store.prune(late)
    [kept] = await store.schedules.list_with_stopped("T1", "C1")
    assert (kept.state, kept.next_at) == ("stopped", None)
    await store.prune(NOW + 401 * day)
    assert not await store.schedules.list_with_stopped("T1", "C1")
    assert not await store.runs.history([watch.id], 9)
    assert not (await store.watch_states.for_watches([watch]))[watch.id]


async def test_what_is_put_back_is_offered_again_unless_somebody_is_at_it(store: Store) -> None:
    left, taken = [await store.schedules.add(NEW, NOW) for _ in range(2)]
    await store.runs.create_due([DueSchedule(each, "UTC", NOW + WEEK, ((NOW, ""),)) for each in (left, taken)])
    await store.runs.defer([slot for slot, _ in await store.runs.list_open("T1", NOW, 9)], NOW + WEEK)
    await store.runs.lease(taken.id, NOW, "one", NOW, NOW + MINUTE)
    await store.runs.requeue([left.id, taken.id], NOW, NOW)
    [(offered, _)] = await store.runs.list_open("T1", NOW, 9)
    assert (offered.schedule, offered.offered) == (left.id, 2)
