"""Snapshots in the store: one for a day of a place, whoever keeps it, until it is old."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.store import Snapshot
from bot.store.store import Store, open_store
from tests.databases import TemporaryDatabase

DAY = date(2026, 11, 23)
WEEK = timedelta(weeks=1)
KEPT = Snapshot("web/production", DAY, {"done": 12, "overall": 64.5}, material=True)


@pytest.fixture(name="store")
async def a_store(database: TemporaryDatabase) -> AsyncIterator[Store]:
    async with open_store(database.url) as found:
        yield found


async def test_a_snapshot_survives_as_it_was_kept(database: TemporaryDatabase) -> None:
    async with open_store(database.url) as store:
        await store.snapshots.add("T1", KEPT)
    async with open_store(database.url) as store:
        assert await store.snapshots.list_since("T1", "web/production", DAY) == [KEPT]


async def test_what_was_said_first_on_a_day_stands_however_many_say_it(store: Store) -> None:
    await store.snapshots.add("T1", KEPT)
    await asyncio.gather(*(store.snapshots.add("T1", replace(KEPT, numbers={"done": n})) for n in range(5)))
    assert await store.snapshots.list_since("T1", "web/production", DAY - WEEK) == [KEPT]


async def test_snapshots_are_of_one_place_of_one_workspace_the_latest_first(store: Store) -> None:
    weeks = [replace(KEPT, day=DAY - n * WEEK) for n in (1, 0, 2)]
    for kept in (*weeks, replace(KEPT, place="web/production app=ios")):
        await store.snapshots.add("T1", kept)
    found = await store.snapshots.list_since("T1", "web/production", DAY - WEEK)
    assert [kept.day for kept in found] == [DAY, DAY - WEEK]
    assert await store.snapshots.list_since("T2", "web/production", DAY - WEEK) == []


async def test_snapshots_are_kept_for_two_years(store: Store) -> None:
    two_years = timedelta(days=731)
    for ago in (two_years, two_years + timedelta(days=1), WEEK):
        await store.snapshots.add("T1", replace(KEPT, day=DAY - ago))
    await store.prune(datetime(DAY.year, DAY.month, DAY.day, 9, tzinfo=UTC))
    assert [kept.day for kept in await store.snapshots.list_since("T1", "web/production", date.min)] == [
        DAY - WEEK,
        DAY - two_years,
    ]
