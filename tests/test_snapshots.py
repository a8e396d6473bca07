"""Snapshots in the store: one a day for each project, environment and span, pruned when old."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.store import Snapshot
from bot.store.database import Database
from bot.store.database_url import parse_database_url
from bot.store.migrate import MIGRATIONS_DIR
from bot.store.store import Store, open_store
from tests.databases import TemporaryDatabase

DAY = date(2026, 11, 23)
WEEK = timedelta(weeks=1)
ADD_EARLIER_SNAPSHOT = text(
    "INSERT INTO snapshots (team, place, day, numbers, material)"
    " VALUES ('T1', 'web/production', '2026-11-23', '{\"done\": 12, \"overall\": 64.5}', true)"
)
SNAPSHOT = Snapshot("web/production", DAY, {"done": 12, "overall": 64.5}, material=True)


@pytest.fixture(name="store")
async def a_store(migrated_database: TemporaryDatabase) -> AsyncIterator[Store]:
    async with open_store(migrated_database.url) as store:
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


async def test_each_span_has_its_own_snapshot_of_a_day(store: Store) -> None:
    for span in ("week", "day", "", "day"):
        await store.snapshots.add("T1", replace(SNAPSHOT, span=span))
    listed = await store.snapshots.list_since("T1", "web/production", DAY)
    assert [snapshot.span for snapshot in listed] == ["", "day", "week"]


def _spans_and_later(_: str, names: list[str]) -> list[str]:
    """Return the migrations from the one on that gives snapshots a span."""
    return [name for name in names if name == "__pycache__" or (name[:4].isdigit() and name >= "0011")]


async def test_snapshots_of_an_earlier_version_cover_a_week(database: TemporaryDatabase, tmp_path: Path) -> None:
    folder = tmp_path / "earlier"
    shutil.copytree(MIGRATIONS_DIR, folder, ignore=_spans_and_later)
    async with open_store(database.url, migrations_dir=folder):
        pass
    earlier = Database(parse_database_url(database.url), 5)
    async with earlier.transaction() as connection:
        await connection.execute(ADD_EARLIER_SNAPSHOT)
    await earlier.close()
    async with open_store(database.url) as store:
        await store.snapshots.add("T1", replace(SNAPSHOT, numbers={}))
        await store.snapshots.add("T1", replace(SNAPSHOT, numbers={}, span="day"))
        day, week = await store.snapshots.list_since("T1", "web/production", DAY)
    assert (day.span, week) == ("day", SNAPSHOT)


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
