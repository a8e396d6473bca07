"""The bot under load: a thousand channels due at once, nothing due, and an hour of mixed load.

The stub servers respond at once, so that this measures the bot and its engine. The baseline is the engine alone.
"""

import asyncio
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from uuid import uuid4
from zoneinfo import ZoneInfo

import psycopg

from bot.access import Caller
from bot.core import open_answers
from bot.schedules.triggers import WatchTrigger
from bot.settings import Settings
from bot.store.store import open_store
from tests.bench.clients import Clients, open_clients
from tests.bench.comparison import Row, at_least, at_most
from tests.bench.processes import (
    FAST_SETTINGS,
    BotDatabase,
    Program,
    bot_environment,
    free_port,
    pause,
    right_now,
    running_program,
    stub_servers,
    wait_until,
)
from tests.bench.raw_http import StubServer
from tests.conversation import settings
from tests.databases import Postgres, running_postgres

REPEATS = 2
CHANNEL_COUNT, FEW_CHANNELS, MANY_CHANNELS = 1_000, 100, 10_000
LINES = tuple(f"events web/production since={days}d" for days in range(1, 21))
WORKERS = 2
WORKER_COMMAND = ("bot", "run", "--only", "worker")
BARE_QUEUE_MODULE = "tests.bench.bare_queue"
IDLE_SCHEDULES, IDLE_WATCHES = 5_000, 200
SETTLE_SECONDS, WINDOW_SECONDS = 20, 300  # seconds; a watch looks once in that
FAR_FUTURE = timedelta(days=3)
MINUTES_VARIABLE = "BENCH_MINUTES"
ANSWERS_PER_SECOND, PRESS_EVERY = 10, 5
DIGESTS_PER_SECOND, MIXED_WATCHES = 2, 200  # the former a second
WATCH_LINES = ("events mobile/production since=2d", "events mobile/staging since=2d")
WARMUP_SECONDS = 30  # seconds
INTERVALS = 6  # the length of an interval
MIXED_SETTINGS = FAST_SETTINGS | {
    "SCHEDULER_POLL_SECONDS": "1",
    "QUEUE_POLL_SECONDS": "0.5",
    "MAX_CONCURRENT_DELIVERIES": "8",
    "WATCH_POLL_SECONDS": "60",
    "PROGRESS_NOTICE_SECONDS": "60",  # a progress notice would be counted as the answer
}


def load_rows() -> Iterator[Row]:
    """Measure requests, pace, and memory: a thousand channels ask twenty questions, and two workers deliver."""
    with running_postgres() as postgres, stub_servers() as stubs:
        needed = _requests_needed(stubs)
        runs = [
            (_measure_delivery(postgres, stubs, CHANNEL_COUNT), _measure_bare_queue(postgres)) for _ in range(REPEATS)
        ]
        few, many = _measure_delivery(postgres, stubs, FEW_CHANNELS), _measure_delivery(postgres, stubs, MANY_CHANNELS)
    label = f"load: {CHANNEL_COUNT:,} channels due at once"
    requests = max(run.requests for run, _ in runs)
    yield Row(
        label, f"{requests} requests", f"{len(LINES)} questions, each once", requests / needed, "of them", at_most(1)
    )
    posts_per_channel = max(run.posted for run, _ in runs) / CHANNEL_COUNT
    yield Row(label, "messages posted", "channels", posts_per_channel, "as many", at_most(1))
    faster = median(bare / run.seconds for run, bare in runs)
    pace = median(CHANNEL_COUNT / run.seconds for run, _ in runs)
    yield Row(
        label, f"two workers ({pace:.0f} a second)", "a bare queue, empty jobs", faster, "the pace", at_least(0.5)
    )
    more = many.peak / few.peak
    yield Row(
        f"load: {MANY_CHANNELS:,} channels",
        "peak of a worker",
        f"with {FEW_CHANNELS} channels",
        more,
        "the memory",
        at_most(1.2),
    )


class LoadResult:
    """The measurements of one run."""

    def __init__(self, seconds: float, requests: int, posted: int, peak: int) -> None:
        self.seconds, self.requests, self.posted, self.peak = seconds, requests, posted, peak


def _requests_needed(stubs: StubServer) -> int:
    """Return the requests that each question needs by itself."""
    asyncio.run(_ask_each(settings(launchdarkly_api_host=stubs.url)))
    return stubs.launchdarkly_requests()


async def _ask_each(bot_settings: Settings) -> None:
    async with open_answers(bot_settings, right_now) as answers:
        for line in LINES:
            assert (await answers.answer(line, Caller(ZoneInfo("UTC")))).outcome == "answered"


def _measure_delivery(postgres: Postgres, stubs: StubServer, channels: int) -> LoadResult:
    """Measure until every channel has its message."""
    database = postgres.new_database()
    with ExitStack() as exit_stack, tempfile.TemporaryDirectory() as folder:
        env = bot_environment(database, stubs.url) | FAST_SETTINGS
        workers = [exit_stack.enter_context(running_program(WORKER_COMMAND, Path(folder), env)) for _ in range(WORKERS)]
        _wait_until_ready(workers)
        requests_before, posted_before, table = (
            stubs.launchdarkly_requests(),
            stubs.posted_messages(),
            BotDatabase.connect(database),
        )
        began = perf_counter()
        table.add_schedules(LINES, channels, right_now())
        wait_until(lambda: table.delivered(LINES) == channels)
        seconds = perf_counter() - began
        peak = max(worker.peak() for worker in workers)
        table.engine.dispose()
        return LoadResult(
            seconds, stubs.launchdarkly_requests() - requests_before, stubs.posted_messages() - posted_before, peak
        )


def _measure_bare_queue(postgres: Postgres) -> float:
    """Return the seconds that two bare engines take for as many empty jobs."""
    database = postgres.new_database()
    with ExitStack() as exit_stack, tempfile.TemporaryDirectory() as folder:
        folder_path, env = Path(folder), FAST_SETTINGS | {"DATABASE_URL": database}
        jobs = (str(CHANNEL_COUNT), "0")
        workers = [
            exit_stack.enter_context(
                running_program((BARE_QUEUE_MODULE, count), folder_path, env | {"ME": uuid4().hex})
            )
            for count in jobs
        ]
        _wait_until_ready(workers)
        began = perf_counter()
        (folder_path / "begin").touch()
        with psycopg.connect(database, autocommit=True) as connection:
            wait_until(lambda: _finished_jobs(connection) == CHANNEL_COUNT)
        return perf_counter() - began


def _wait_until_ready(workers: list[Program]) -> None:
    for worker in workers:
        worker.wait_for_log("listening")


def _finished_jobs(connection: "psycopg.Connection[tuple[int]]") -> int:
    row = connection.execute("SELECT count(*) FROM dbos.workflow_status WHERE status = 'SUCCESS'").fetchone()
    return row[0] if row else 0


def idle_rows() -> Iterator[Row]:
    """Measure the bot while nothing is due, and the engine alone, at the same time.

    The tables are there before the bot starts, as at every start but the first: what makes them stays in memory.
    """
    with ExitStack() as exit_stack:
        folder = Path(exit_stack.enter_context(tempfile.TemporaryDirectory()))
        stubs = exit_stack.enter_context(stub_servers())
        database = f"sqlite:///{folder / 'bot.db'}"
        asyncio.run(_create_tables(database))
        engine_env = {"DATABASE_URL": f"sqlite:///{folder / 'bare.db'}", "ME": uuid4().hex}
        ours = exit_stack.enter_context(
            running_program(("bot", "run"), folder, bot_environment(database, stubs.url) | {"PORT": "0"})
        )
        engine = exit_stack.enter_context(running_program((BARE_QUEUE_MODULE,), folder, engine_env))
        ours.wait_for_log("listening")
        engine.wait_for_log("listening")
        table = BotDatabase.connect(database)
        table.add_schedules(LINES, IDLE_SCHEDULES, right_now() + FAR_FUTURE)
        table.add_schedules(LINES, IDLE_WATCHES, right_now(), WatchTrigger("UTC"), first=IDLE_SCHEDULES)
        pause(SETTLE_SECONDS)
        requests_before = stubs.launchdarkly_requests()
        cpu = _cpu_ratio(ours, engine)
        requests = stubs.launchdarkly_requests() - requests_before
        memory = ours.memory() / engine.memory()
    label = f"idle: {IDLE_SCHEDULES:,} schedules, {IDLE_WATCHES} watches"
    names = (f"insights-bot run ({requests} requests in {WINDOW_SECONDS} s)", "the engine, launched, three queues")
    yield Row(label, *names, cpu, "the CPU", at_most(1.5))
    yield Row(label, *names, memory, "the memory", at_most(1.5))


async def _create_tables(database: str) -> None:
    async with open_store(database):
        pass


def _cpu_ratio(ours: Program, engine: Program) -> float:
    """Return the ratio of their CPU times over the same seconds."""
    before = ours.cpu(), engine.cpu()
    pause(WINDOW_SECONDS)
    return (ours.cpu() - before[0]) / (engine.cpu() - before[1])


@dataclass(frozen=True)
class Interval:
    """The measurements of one interval."""

    p99_ack_seconds: float  # seconds, of 99 of 100
    memory: int
    answered: int


def mixed_rows() -> Iterator[Row]:
    """Compare the end of a mixed load with its beginning, after a warm-up.

    It is twice the expected peak: at the peak five a second ask, one of them by a button, sixty digests a minute are
    due, and two hundred channels watch.
    """
    seconds = float(os.environ[MINUTES_VARIABLE]) * 60
    with ExitStack() as exit_stack:
        folder = Path(exit_stack.enter_context(tempfile.TemporaryDirectory()))
        stubs = exit_stack.enter_context(stub_servers())
        database, port = f"sqlite:///{folder / 'bot.db'}", free_port()
        env = bot_environment(database, stubs.url) | MIXED_SETTINGS | {"PORT": str(port)}
        bot = exit_stack.enter_context(running_program(("bot", "run"), folder, env))
        bot.wait_for_log("listening")
        table = BotDatabase.connect(database)
        due = int(seconds + WARMUP_SECONDS) * DIGESTS_PER_SECOND
        table.add_schedules(LINES, due, right_now())
        table.spread(DIGESTS_PER_SECOND)
        table.add_schedules(WATCH_LINES, MIXED_WATCHES, right_now(), WatchTrigger("UTC"), first=due)
        intervals = asyncio.run(_measure_intervals(bot, port, seconds))
        delivered = table.delivered(LINES)
    answered = sum(interval.answered for interval in intervals)
    first, last = intervals[0], intervals[-1]
    label, last_label = f"mixed: {seconds / 60:g} minutes", f"the last of {INTERVALS} stretches"
    yield Row(label, last_label, "the first", last.memory / first.memory, "the memory", at_most(1.05))
    yield Row(label, last_label, "the first", last.p99_ack_seconds / first.p99_ack_seconds, "the p99", at_most(1.5))
    expected = int(seconds / INTERVALS * ANSWERS_PER_SECOND) * INTERVALS
    yield Row(
        label,
        f"{expected - answered} lost",
        f"{expected} answers",
        (expected - answered) / expected,
        "of them",
        at_most(0),
    )
    late = (due - delivered) / due
    yield Row(label, f"{due - delivered} digests not yet there", f"{due} due", late, "of them", at_most(0.02))


async def _measure_intervals(bot: Program, port: int, seconds: float) -> list[Interval]:
    """Whoever gets no answer ends it all: `clients` waits for each."""
    async with open_clients(port) as clients:
        await clients.at_pace(WARMUP_SECONDS * ANSWERS_PER_SECOND, ANSWERS_PER_SECOND, PRESS_EVERY)
        clients.take_ack_seconds()
        return [await _measure_interval(bot, clients, seconds / INTERVALS) for _ in range(INTERVALS)]


async def _measure_interval(bot: Program, clients: Clients, seconds: float) -> Interval:
    """Minute by minute: what is to be asked is signed before, and Slack's signatures are good for five."""
    answered, total = 0, int(seconds * ANSWERS_PER_SECOND)
    while answered < total:
        answered += len(
            await clients.at_pace(min(60 * ANSWERS_PER_SECOND, total - answered), ANSWERS_PER_SECOND, PRESS_EVERY)
        )
    p99_ack_seconds = quantiles(clients.take_ack_seconds(), n=100)[98]
    return Interval(p99_ack_seconds, bot.memory(), answered)
