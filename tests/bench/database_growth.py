"""A year's database file for a hundred channels, written month by month, and pruned as the bot prunes it.

In each channel: a digest a week, scores each day of work, and a watch with three alerts a day, each
for new items. What the engine keeps of the last fourteen days is not in it: that is some kilobytes for
each workflow (what `load` left behind after its runs tells how much)."""

import asyncio
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from bot.access import Caller
from bot.core import open_answers
from bot.schedules.answer_store import serialize_message
from bot.schedules.recurrence import WEEKDAYS, Recurrence
from bot.schedules.triggers import Trigger, WatchTrigger, trigger_fields
from bot.store import QueryKey, Schedule, WatchState
from bot.store.runs import run_row
from bot.store.store import Store, open_store
from bot.store.tables import RUNS, WATCH_STATES
from tests.bench.payloads import bodies
from tests.bench.running_bot import CannedTransport
from tests.bench.table import Row, at_most
from tests.bench.workers import BotDatabase
from tests.conversation import UTC_ZONE, settings

CHANNELS, DAYS, ALERT_HOURS = 100, 365, (9, 13, 17)
MAX_FILE_BYTES = 100_000_000  # bytes
FIRST_DAY = datetime(2026, 1, 1, tzinfo=UTC)
LINES = ("digest web/production", "scores web/production", "events web/production")
TRIGGERS: tuple[Trigger, ...] = (
    Recurrence((0,), 0, time(9), "UTC"),
    Recurrence(WEEKDAYS, 0, time(9), "UTC"),
    WatchTrigger("UTC"),
)
DAY = timedelta(days=1)


def database_growth_rows() -> Iterator[Row]:
    """Measure the size of the file after its last transaction."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "bot.db"
        run_count = asyncio.run(_write_year(f"sqlite:///{file}"))
        size = sum(path.stat().st_size for path in Path(folder).glob("bot.db*"))
    label, size_label = f"year: {CHANNELS} channels, {run_count:,} slots", f"{size / 1e6:.0f} MB"
    yield Row(label, size_label, f"{MAX_FILE_BYTES // 1_000_000} MB", size / MAX_FILE_BYTES, "the file", at_most(1))


async def _write_year(url: str) -> int:
    message = await _answer_message()
    async with open_store(url) as store:
        schedules = [await _add_schedules(store, channel) for channel in range(CHANNELS)]
        table, run_count = BotDatabase.connect(url), 0
        for day in range(DAYS):
            now = FIRST_DAY + day * DAY
            run_count += await asyncio.to_thread(_write_day, table, schedules, now)
            await _store_answers(store, message, now)
            await store.runs.prune(now - DAY, now - timedelta(days=400))
            await store.watch_states.prune(now - timedelta(days=60))
        table.engine.dispose()
    return run_count


async def _answer_message() -> dict[str, Any]:
    async with open_answers(settings(), lambda: FIRST_DAY, CannedTransport(bodies())) as answers:
        return serialize_message((await answers.answer(LINES[-1], Caller(UTC_ZONE))).message)


async def _add_schedules(store: Store, channel: int) -> list[Schedule]:
    new = [
        Schedule(
            id="",
            team="T1",
            channel=f"C{channel:06d}",
            number=0,
            owner="U1",
            **trigger_fields(trigger),
            line=line,
            state="active",
            why="",
            next_at=FIRST_DAY,
        )
        for trigger, line in zip(TRIGGERS, LINES, strict=True)
    ]
    return [await store.schedules.add(schedule, FIRST_DAY) for schedule in new]


def _write_day(table: BotDatabase, schedules: list[list[Schedule]], now: datetime) -> int:
    """Write a day's runs, and the state of the watches after it."""
    nine, runs, watch_states = now + timedelta(hours=9), [], []
    for digest, scores, watch in schedules:
        runs += [_delivered_row(digest, nine)] if now.weekday() == 0 else []
        runs += [_delivered_row(scores, nine)] if now.weekday() < 5 else []
        for hour in ALERT_HOURS:
            at = now + timedelta(hours=hour)
            runs.append(_delivered_row(watch, at))
            watch_states.append(_watch_state_row(watch, at))
    with table.engine.begin() as connection:
        connection.execute(insert(RUNS), runs)
        connection.execute(insert(WATCH_STATES), watch_states)
    return len(runs)


def _delivered_row(schedule: Schedule, at: datetime) -> dict[str, Any]:
    outcome = {"state": "delivered", "again_at": None, "taken_by": "alone", "posted": 1, "ts": f"{at.timestamp():.6f}"}
    return run_row(schedule, "UTC", at, "") | outcome | {"offered": 3, "closed_at": at}


def _watch_state_row(watch: Schedule, at: datetime) -> dict[str, Any]:
    state = WatchState("updated", "Targeting was updated", at.timestamp() * 1000)
    thing = f"5f0e8c4e-{int(at.timestamp())}-flag-event"
    columns = {"state": state.state, "says": state.says, "happened": state.happened, "seen_at": at}
    return {"schedule": watch.id, "thing": thing, **columns}


async def _store_answers(store: Store, message: dict[str, Any], now: datetime) -> None:
    """Store the answers of that day."""
    for line in LINES:
        await store.runs.save_answer(QueryKey("T1", line, "UTC", now), message, now, quiet=False)
