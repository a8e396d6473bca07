"""`insights-bot schedules`: list schedules, and move them from one database to another."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, time
from pathlib import Path

import pytest

from bot.store import Schedule, ScheduleState
from bot.store.store import open_store
from tests.command_line import invoke
from tests.databases import TemporaryDatabase

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
ACTIVE = Schedule(
    "", "T1", "C1", 0, "U1", (0,), 0, time(9), "Europe/Berlin", "scores web/production", ScheduleState.ACTIVE, "", NOW
)
PAUSED = replace(
    ACTIVE,
    channel="C2",
    line="digest web/staging span=week",
    state=ScheduleState.PAUSED,
    why="not_in_channel",
    next_at=None,
)
STOPPED = replace(ACTIVE, line="status web/production", state=ScheduleState.STOPPED, next_at=None)


@pytest.fixture(name="url")
def a_url(database: TemporaryDatabase) -> str:
    """Return the URL of a database with some schedules."""
    asyncio.run(add_schedules(database.url))
    return database.url


async def add_schedules(url: str) -> None:
    async with open_store(url) as store:
        for schedule in (ACTIVE, PAUSED, STOPPED):
            await store.schedules.add(schedule, NOW)


def test_each_schedule_is_listed_on_one_line(url: str) -> None:
    listed = invoke("schedules", DATABASE_URL=url)
    assert listed.returncode == 0
    lines = listed.stdout.replace("┃", "│").splitlines()
    rows = [tuple(cell.strip() for cell in line.split("│")[1:-1]) for line in lines if "│" in line]
    assert rows == [
        ("workspace", "channel", "number", "when", "question", "state", "next"),
        ("T1", "C1", "1", "monday 9:00 Europe/Berlin", ACTIVE.line, "active", "Mon 23 Nov 2026, 09:00 CET"),
        ("T1", "C2", "1", "monday 9:00 Europe/Berlin", PAUSED.line, "paused (not_in_channel)", "–"),
    ]


def test_exported_schedules_are_imported_only_once(url: str, tmp_path: Path) -> None:
    exported = invoke("schedules", "--export", DATABASE_URL=url)
    assert exported.returncode == 0
    file = tmp_path / "schedules.yml"
    file.write_text(exported.stdout)
    elsewhere = f"sqlite:///{tmp_path / 'elsewhere.db'}"
    assert invoke("schedules", "--import", str(file), DATABASE_URL=elsewhere).stdout == "2 added, 0 already there.\n"
    assert invoke("schedules", "--export", DATABASE_URL=elsewhere).stdout == exported.stdout
    assert invoke("schedules", "--import", str(file), DATABASE_URL=elsewhere).stdout == "0 added, 2 already there.\n"
    assert invoke("schedules", "--import", str(file), DATABASE_URL=url).stdout == "0 added, 2 already there.\n"


def test_empty_list_says_there_are_no_schedules(tmp_path: Path) -> None:
    listed = invoke("schedules", DATABASE_URL=f"sqlite:///{tmp_path / 'bot.db'}")
    assert listed.stdout.startswith("No schedules yet.")
