"""Schedules of earlier versions, whose recurrence was text, keep running when they did."""

import shutil
from datetime import UTC, datetime, time
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.schedules.triggers import EVERY_DAY, WEEKDAYS, Recurrence, Trigger, WatchTrigger, trigger_of
from bot.store.database import Database
from bot.store.database_url import parse_database_url
from bot.store.migrate import MIGRATIONS_DIR
from bot.store.store import open_store
from tests.databases import TemporaryDatabase

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
STORED: dict[str, Trigger] = {
    "monday 9:00 Europe/Berlin": Recurrence((0,), 0, time(9), "Europe/Berlin"),
    "tuesday,thursday,sunday 17:30 UTC": Recurrence((1, 3, 6), 0, time(17, 30), "UTC"),
    "weekday 0:05 Asia/Kolkata": Recurrence(WEEKDAYS, 0, time(0, 5), "Asia/Kolkata"),
    "day 23:59 America/Argentina/Buenos_Aires": Recurrence(
        EVERY_DAY, 0, time(23, 59), "America/Argentina/Buenos_Aires"
    ),
    "first monday 9:00 UTC": Recurrence((0,), 1, time(9), "UTC"),
    "second wednesday 9:00 UTC": Recurrence((2,), 2, time(9), "UTC"),
    "third saturday 9:00 UTC": Recurrence((5,), 3, time(9), "UTC"),
    "fourth day 9:00 UTC": Recurrence(EVERY_DAY, 4, time(9), "UTC"),
    "last weekday 16:00 Etc/GMT-5": Recurrence(WEEKDAYS, -1, time(16), "Etc/GMT-5"),
    "last friday 16:00 Europe/Berlin": Recurrence((4,), -1, time(16), "Europe/Berlin"),
    "watch Europe/Berlin": WatchTrigger("Europe/Berlin"),
}
ADD_SCHEDULE = text(
    "INSERT INTO schedules (id, team, channel, number, owner, cadence, line, state, why, made_at, changed_at)"
    " VALUES (:id, 'T1', 'C1', :number, 'U1', :cadence, 'scores web/production', 'active', '', :at, :at)"
)
ADD_RUN = text(
    "INSERT INTO slots (schedule, at, team, line, zone, by, state, why, offered, attempt, taken_by, posted, ts)"
    " VALUES (:schedule, :at, 'T1', 'scores web/production', 'UTC', '', 'delivered', '', 0, 0, '', 1, '')"
)


@pytest.fixture(name="earlier")
async def a_database_of_an_earlier_version(database: TemporaryDatabase, tmp_path: Path) -> str:
    folder = tmp_path / "earlier"
    shutil.copytree(MIGRATIONS_DIR, folder, ignore=shutil.ignore_patterns("__pycache__", "000[7-9]_*", "001*"))
    async with open_store(database.url, migrations_dir=folder):
        pass
    connection_to = Database(parse_database_url(database.url), 5)
    async with connection_to.transaction() as connection:
        for number, cadence in enumerate(STORED, 1):
            schedule = {"id": f"id-{number}", "number": number, "cadence": cadence, "at": str(NOW)}
            await connection.execute(ADD_SCHEDULE, schedule)
        await connection.execute(ADD_RUN, {"schedule": "id-1", "at": str(NOW)})
    await connection_to.close()
    return database.url


async def test_stored_text_becomes_the_fields_of_a_recurrence(earlier: str) -> None:
    async with open_store(earlier) as store:
        schedules = await store.schedules.list_for_channel("T1", "C1")
    assert [trigger_of(schedule) for schedule in schedules] == list(STORED.values())
    assert [str(trigger_of(schedule)) for schedule in schedules] == list(STORED)
    assert [schedule.line for schedule in schedules if schedule.is_watch] == ["scores web/production"]


async def test_converted_schedules_keep_their_runs_and_constraints(earlier: str) -> None:
    async with open_store(earlier) as store:
        [schedule, *_] = await store.schedules.list_for_channel("T1", "C1")
        assert len(await store.runs.history([schedule.id], 9)) == 1
        assert (await store.schedules.add(schedule, NOW)).number == len(STORED) + 1
        assert await store.schedules.list_watching("T1", "scores web/production", "Europe/Berlin")
        assert not await store.schedules.list_watching("T1", "scores web/production", "UTC")
