"""What is counted rather than timed: bytes fetched, files passed through, and the size of a year's database.

A question about one environment fetches its bytes, however many environments the project has. The files of the bot that
a line passes through are counted with a profiler, for a line typed in Slack and for a digest's run; the sandbox's don't
count.

The database file is that of a year with a hundred channels, written month by month, and pruned as the bot prunes it. In
each channel: a digest a week, scores each day of work, and a watch with three alerts a day, each for new items. What
the engine keeps of the last fourteen days is not in it: that is some kilobytes for each workflow (what `load` left
behind after its runs tells how much).
"""

import asyncio
import gzip
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from types import FrameType
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from sqlalchemy import insert

import bot
from bot.access import Caller
from bot.core import open_answers
from bot.schedules.context import serialize_message
from bot.schedules.runs import Due, create
from bot.schedules.triggers import WEEKDAYS, Recurrence, Trigger, WatchTrigger, trigger_fields
from bot.store import QueryKey, Schedule, ScheduleState, WatchState
from bot.store.runs import run_row
from bot.store.store import Store, open_store
from bot.store.tables import RUNS, WATCH_STATES
from tests.bench import payloads
from tests.bench.comparison import Row, at_least, at_most
from tests.bench.payloads import bodies
from tests.bench.processes import BotDatabase, CannedTransport
from tests.conversation import NOW, UTC_ZONE, settings
from tests.scheduler_harness import SchedulerHarness, open_scheduler

FLAG_LINE = "flag one-key web/production"
FLAG_PATH = "/api/v2/flags/web/one-key"
NO_EVENTS = b'{"totalCount": 0, "items": []}'  # of the flag: its page counts, not its history
REQUEST_LABEL = "env=production, gzip"
PROJECTS = (1, 20, 100, 500)
TYPED_LINE = "events web/production"
SCHEDULED_LINE = "every friday 15:30 UTC digest web/production"
MAX_FILES_TYPED, MAX_FILES_RUN = 36, 50
MAX_LOOP_TURNS = 100

_FOLDER = Path(bot.__file__).parent
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


# -------------------------------------------------------------------------------------------------------- bytes fetched


@dataclass
class ProjectTransport(httpx.AsyncBaseTransport):
    """A LaunchDarkly with one flag in so many environments, and no events. It supports `env` and compression."""

    environments: int
    fetched: int = 0
    requested_envs: list[list[str]] = field(default_factory=list)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path != FLAG_PATH:
            return httpx.Response(200, content=NO_EVENTS)
        self.requested_envs.append(request.url.params.get_list("env"))
        body = (
            payloads.flag_in_environment(*self.requested_envs[-1])
            if self.requested_envs[-1]
            else payloads.flag(self.environments)
        )
        packed = "gzip" in request.headers.get("Accept-Encoding", "")
        content = gzip.compress(body) if packed else body
        self.fetched += len(content)
        return httpx.Response(200, headers={"Content-Encoding": "gzip"} if packed else {}, content=content)


def size_rows() -> Iterator[Row]:
    """Against the smallest project, and against what the official client asks for: all environments, unpacked."""
    fetched = {environments: asyncio.run(_bytes_fetched(environments)) for environments in PROJECTS}
    smallest, *others = PROJECTS
    for environments in others:
        ratio = fetched[environments] / fetched[smallest]
        yield Row(
            f"size: one environment of {environments}",
            REQUEST_LABEL,
            f"one of {smallest}",
            ratio,
            "the bytes",
            at_most(1.5),
        )
    fewer = len(payloads.flag(100)) / fetched[100]
    yield Row(
        "size: one environment of 100",
        REQUEST_LABEL,
        "launchdarkly_api, all of them",
        fewer,
        "fewer bytes",
        at_least(150),
    )


async def _bytes_fetched(environments: int) -> int:
    """Return the bytes of the flag that one question fetches."""
    project = ProjectTransport(environments)
    async with open_answers(settings(), _now, project) as answers:
        answer = await answers.answer(FLAG_LINE, Caller(ZoneInfo("UTC")))
    assert answer.outcome == "answered", answer.message.text
    assert project.requested_envs == [["production"]], "a flag was asked for without its environment"
    return project.fetched


def _now() -> datetime:
    return NOW


# ----------------------------------------------------------------------------------------------- files on a line's path


class FileRecorder:
    """The files whose functions have run, in the order of their first call."""

    def __init__(self) -> None:
        self.files: dict[str, None] = {}

    def __call__(self, frame: FrameType, event: str, _: Any) -> None:
        path = frame.f_code.co_filename
        if event == "call" and path.startswith(f"{_FOLDER}/") and not path.startswith(f"{_FOLDER}/sandbox/"):
            self.files[path.removeprefix(f"{_FOLDER}/")] = None


@contextmanager
def recorded_files() -> Iterator[dict[str, None]]:
    """Record the files that any thread enters within the block."""
    recorder = FileRecorder()
    threading.setprofile(recorder)
    sys.setprofile(recorder)
    try:
        yield recorder.files
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


def path_rows() -> Iterator[Row]:
    """Count the files, and list them on standard error."""
    typed, run = asyncio.run(_trace())
    for label, files, most in (("a typed line", typed, MAX_FILES_TYPED), ("a digest's run", run, MAX_FILES_RUN)):
        print(f"{label}: {len(files)} files\n  {' '.join(files)}", file=sys.stderr)
        yield Row(f"path: {label}", f"{len(files)} files", f"{most} files", len(files) / most, "the files", at_most(1))


async def _trace() -> tuple[dict[str, None], dict[str, None]]:
    with tempfile.TemporaryDirectory() as folder:
        async with open_scheduler(f"sqlite:///{folder}/bot.db") as scheduler:
            await scheduler.send(SCHEDULED_LINE)
            await _type_line(scheduler)  # what runs only once, such as an import, doesn't count
            with recorded_files() as typed:
                await _type_line(scheduler)
            with recorded_files() as run:
                await _run_digest(scheduler)
    return typed, run


async def _type_line(scheduler: SchedulerHarness) -> None:
    await scheduler.send(TYPED_LINE)
    for _ in range(MAX_LOOP_TURNS):  # until the bot has logged and counted the answer
        await asyncio.sleep(0)


async def _run_digest(scheduler: SchedulerHarness) -> None:
    await scheduler.advance_to(NOW + timedelta(minutes=30))
    assert scheduler.posted(), "the digest was not posted"


# ---------------------------------------------------------------------------------------------------- a year's database


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
            state=ScheduleState.ACTIVE,
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
    return run_row(create(Due(schedule, at), at)) | outcome | {"offered": 3, "closed_at": at}


def _watch_state_row(watch: Schedule, at: datetime) -> dict[str, Any]:
    state = WatchState("updated", "Targeting was updated", at.timestamp() * 1000)
    thing = f"5f0e8c4e-{int(at.timestamp())}-flag-event"
    columns = {"state": state.state, "says": state.says, "happened": state.happened, "seen_at": at}
    return {"schedule": watch.id, "thing": thing, **columns}


async def _store_answers(store: Store, message: dict[str, Any], now: datetime) -> None:
    """Store the answers of that day."""
    for line in LINES:
        await store.runs.save_answer(QueryKey("T1", line, "UTC", now), message, now, quiet=False)
