"""A thousand channels due at once, with twenty questions; two workers on PostgreSQL deliver.

The stub servers respond at once, so that this measures the bot and its engine. The baseline is the engine alone, with
as many empty jobs in a queue of the same pace."""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from time import perf_counter
from uuid import uuid4
from zoneinfo import ZoneInfo

import psycopg

from bot.answers import Caller
from bot.app import open_answers
from bot.settings import Settings
from tests.bench.stub_servers import StubServers, stub_servers
from tests.bench.table import Row, at_least, at_most
from tests.bench.workers import (
    FAST_SETTINGS,
    BotDatabase,
    Program,
    bot_environment,
    right_now,
    running_program,
    wait_until,
)
from tests.conversation import settings
from tests.databases import Postgres, running_postgres

REPEATS = 2
CHANNEL_COUNT, FEW_CHANNELS, MANY_CHANNELS = 1_000, 100, 10_000
LINES = tuple(f"events web/production since={days}d" for days in range(1, 21))
WORKERS = 2
WORKER_COMMAND = ("bot", "run", "--only", "worker")
BARE_QUEUE_MODULE = "tests.bench.bare_queue"


def rows() -> Iterator[Row]:
    """Measure requests, pace, and memory."""
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


def _requests_needed(stubs: StubServers) -> int:
    """Return the requests that each question needs by itself."""
    asyncio.run(_ask_each(settings(launchdarkly_api_host=stubs.url)))
    return stubs.launchdarkly_requests()


async def _ask_each(bot_settings: Settings) -> None:
    async with open_answers(bot_settings, right_now) as answers:
        for line in LINES:
            assert (await answers.answer(line, Caller(ZoneInfo("UTC")))).outcome == "answered"


def _measure_delivery(postgres: Postgres, stubs: StubServers, channels: int) -> LoadResult:
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
        worker.wait_for_log("answering")


def _finished_jobs(connection: "psycopg.Connection[tuple[int]]") -> int:
    row = connection.execute("SELECT count(*) FROM dbos.workflow_status WHERE status = 'SUCCESS'").fetchone()
    return row[0] if row else 0
