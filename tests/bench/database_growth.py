"""The file of a year of a hundred channels, written month by month, with what is old deleted as the bot does it.

In each channel: a digest a week, scores each day of work, and a watch that speaks three times a day, each time of
things that it has not told. What the engine keeps of the last fourteen days is not in it: that is some kilobytes for
each workflow (what `load` left behind after its runs tells how much)."""

import asyncio
import os
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from bot.answers import Asker
from bot.app import answering
from bot.schedules.answer_store import packed
from bot.store import Asking, Schedule, Told
from bot.store.runs import slot_row
from bot.store.store import Store, opened
from bot.store.tables import SLOTS, TOLD
from tests.bench.at_work import Canned, bodies
from tests.bench.table import Row, at_most
from tests.bench.workers import Table
from tests.conversation import UTC_ZONE, settings

CHANNELS, DAYS, SPEAKS = 100, 365, (9, 13, 17)
MOST = 100_000_000  # bytes
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
LINES = ("digest web/production", "scores web/production", "events web/production")
CADENCES = ("monday 9:00 UTC", "weekday 9:00 UTC", "watch UTC")
DAY = timedelta(days=1)


def rows() -> Iterator[Row]:
    """The size of the file, as it lies there after its last transaction."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "bot.db"
        slots = asyncio.run(_year(f"sqlite:///{file}"))
        size = sum(path.stat().st_size for path in Path(folder).glob("bot.db*"))
    what, ours = f"year: {CHANNELS} channels, {slots:,} slots", f"{size / 1e6:.0f} MB"
    yield Row(what, ours, f"{MOST // 1_000_000} MB", size / MOST, "the file", at_most(1))


async def _year(url: str) -> int:
    said = await _said()
    async with opened(url) as store:
        schedules = [await _three(store, channel) for channel in range(CHANNELS)]
        table, slots = Table.of(url), 0
        for day in range(DAYS):
            now = FIRST + day * DAY
            slots += await asyncio.to_thread(_a_day, table, schedules, now)
            await _ask(store, said, now)
            await store.slots.forget(now - DAY, now - timedelta(days=400))
            await store.tellings.forget(now - timedelta(days=60))
        table.engine.dispose()
    return slots


async def _said() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        chosen = settings(database_url=f"sqlite:///{folder}/{os.getpid()}.db")
        async with answering(chosen, lambda: FIRST, Canned(bodies())) as (answers, _):
            return packed((await answers.answer(LINES[-1], Asker(UTC_ZONE))).message)


async def _three(store: Store, channel: int) -> list[Schedule]:
    new = [
        Schedule("", "T1", f"C{channel:06d}", 0, "U1", cadence, line, "active", "", FIRST)
        for cadence, line in zip(CADENCES, LINES, strict=True)
    ]
    return [await store.schedules.add(schedule, FIRST) for schedule in new]


def _a_day(table: Table, schedules: list[list[Schedule]], now: datetime) -> int:
    """What was delivered on a day, as it stands in the table, and what watches know since."""
    nine, slots, told = now + timedelta(hours=9), [], []
    for digest, scores, watch in schedules:
        slots += [_delivered(digest, nine)] if now.weekday() == 0 else []
        slots += [_delivered(scores, nine)] if now.weekday() < 5 else []
        for hour in SPEAKS:
            at = now + timedelta(hours=hour)
            slots.append(_delivered(watch, at))
            told.append(_told(watch, at))
    with table.engine.begin() as connection:
        connection.execute(insert(SLOTS), slots)
        connection.execute(insert(TOLD), told)
    return len(slots)


def _delivered(schedule: Schedule, at: datetime) -> dict[str, Any]:
    done = {"state": "delivered", "again_at": None, "taken_by": "alone", "posted": 1, "ts": f"{at.timestamp():.6f}"}
    return slot_row(schedule, "UTC", at, "") | done | {"offered": 3, "closed_at": at}


def _told(watch: Schedule, at: datetime) -> dict[str, Any]:
    told = Told("updated", "Targeting was updated", at.timestamp() * 1000)
    thing = f"5f0e8c4e-{int(at.timestamp())}-flag-event"
    said = {"state": told.state, "says": told.says, "happened": told.happened, "seen_at": at}
    return {"schedule": watch.id, "thing": thing, **said}


async def _ask(store: Store, said: dict[str, Any], now: datetime) -> None:
    """What was answered on that day, for all who wanted it."""
    for line in LINES:
        await store.slots.answer(Asking("T1", line, "UTC", now), said, now, quiet=False)
