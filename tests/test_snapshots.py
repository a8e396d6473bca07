"""Snapshots in the store: one a day for each project and environment, pruned when old."""

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
SNAPSHOT = Snapshot("web/production", DAY, {"done": 12, "overall": 64.5}, material=True)


@pytest.fixture(name="store")
async def a_store(database: TemporaryDatabase) -> AsyncIterator[Store]:
    async with open_store(database.url) as store:
        yield store


async def test_snapshot_survives_a_restart(database: TemporaryDatabase) -> None:
    async with open_store(database.url) as store:
        await store.snapshots.add("T1", SNAPSHOT)
    async with open_store(database.url) as store:
        assert await store.snapshots.list_since("T1", "web/production", DAY) == [SNAPSHOT]


async def test_first_snapshot_of_a_day_wins(store: Store) -> None:
    await store.snapshots.add("T1", SNAPSHOT)
    await asyncio.gather(*(store.snapshots.add("T1", replace(SNAPSHOT, numbers={"done": n})) for n in range(5)))
    assert await store.snapshots.list_since("T1", "web/production", DAY - WEEK) == [SNAPSHOT]


async def test_snapshots_are_listed_by_project_and_team_latest_first(store: Store) -> None:
    weeks = [replace(SNAPSHOT, day=DAY - n * WEEK) for n in (1, 0, 2)]
    for snapshot in (*weeks, replace(SNAPSHOT, place="web/production app=ios")):
        await store.snapshots.add("T1", snapshot)
    listed = await store.snapshots.list_since("T1", "web/production", DAY - WEEK)
    assert [snapshot.day for snapshot in listed] == [DAY, DAY - WEEK]
    assert await store.snapshots.list_since("T2", "web/production", DAY - WEEK) == []


async def test_snapshots_are_kept_for_two_years(store: Store) -> None:
    two_years = timedelta(days=731)
    for ago in (two_years, two_years + timedelta(days=1), WEEK):
        await store.snapshots.add("T1", replace(SNAPSHOT, day=DAY - ago))
    await store.prune(datetime(DAY.year, DAY.month, DAY.day, 9, tzinfo=UTC))
    assert [snapshot.day for snapshot in await store.snapshots.list_since("T1", "web/production", date.min)] == [
        DAY - WEEK,
        DAY - two_years,
    ]
