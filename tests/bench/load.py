"""A thousand channels that are due at once, and ask twenty questions; two workers on PostgreSQL deliver.

The stand-ins answer at once, so that what is measured is the bot and its engine. That engine by itself, with as many
empty jobs in a queue of the same pace, is the measure."""

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

from bot.answers import Asker
from bot.app import opened
from bot.settings import Settings
from tests.bench.stub_servers import StandIns, stand_ins
from tests.bench.table import Row, at_least, at_most
from tests.bench.workers import FAST, Program, Table, program, right_now, variables, wait
from tests.conversation import settings
from tests.databases import Postgres, a_server

ROUNDS = 2
CHANNELS, FEW, MANY = 1_000, 100, 10_000
LINES = tuple(f"events web/production since={days}d" for days in range(1, 21))
WORKERS = 2
RUN = ("bot", "run", "--only", "worker")
BARE = "tests.bench.bare_queue"


def rows() -> Iterator[Row]:
    """Requests, pace, and memory."""
    with a_server() as postgres, stand_ins() as there:
        needed = _needed(there)
        runs = [(_delivered(postgres, there, CHANNELS), _bare(postgres)) for _ in range(ROUNDS)]
        few, many = _delivered(postgres, there, FEW), _delivered(postgres, there, MANY)
    what = f"load: {CHANNELS:,} channels due at once"
    asked = max(run.asked for run, _ in runs)
    yield Row(what, f"{asked} requests", f"{len(LINES)} questions, each once", asked / needed, "of them", at_most(1))
    twice = max(run.posted for run, _ in runs) / CHANNELS
    yield Row(what, "messages posted", "channels", twice, "as many", at_most(1))
    faster = median(bare / run.seconds for run, bare in runs)
    pace = median(CHANNELS / run.seconds for run, _ in runs)
    yield Row(what, f"two workers ({pace:.0f} a second)", "a bare queue, empty jobs", faster, "the pace", at_least(0.5))
    more = many.peak / few.peak
    yield Row(f"load: {MANY:,} channels", "peak of a worker", f"with {FEW} channels", more, "the memory", at_most(1.2))


class Run:
    """What one run took."""

    def __init__(self, seconds: float, asked: int, posted: int, peak: int) -> None:
        self.seconds, self.asked, self.posted, self.peak = seconds, asked, posted, peak


def _needed(there: StandIns) -> int:
    """The requests that each of the questions needs by itself."""
    asyncio.run(_ask_each(settings(launchdarkly_api_host=there.url)))
    return there.of_launchdarkly()


async def _ask_each(chosen: Settings) -> None:
    async with opened(chosen, right_now) as answers:
        for line in LINES:
            assert (await answers.answer(line, Asker(ZoneInfo("UTC")))).outcome == "answered"


def _delivered(postgres: Postgres, there: StandIns, channels: int) -> Run:
    """Until every channel has its message."""
    database = postgres.empty()
    with ExitStack() as behind, tempfile.TemporaryDirectory() as folder:
        told = variables(database, there.url) | FAST
        workers = [behind.enter_context(program(RUN, Path(folder), told)) for _ in range(WORKERS)]
        _ready(workers)
        asked, posted, table = there.of_launchdarkly(), there.posted(), Table.of(database)
        began = perf_counter()
        table.order(LINES, channels, right_now())
        wait(lambda: table.delivered(LINES) == channels)
        seconds = perf_counter() - began
        peak = max(worker.peak() for worker in workers)
        table.engine.dispose()
        return Run(seconds, there.of_launchdarkly() - asked, there.posted() - posted, peak)


def _bare(postgres: Postgres) -> float:
    """The seconds that two of the engine alone take for as many empty jobs."""
    database = postgres.empty()
    with ExitStack() as behind, tempfile.TemporaryDirectory() as folder:
        place, told = Path(folder), FAST | {"DATABASE_URL": database}
        jobs = (str(CHANNELS), "0")
        workers = [behind.enter_context(program((BARE, count), place, told | {"ME": uuid4().hex})) for count in jobs]
        _ready(workers)
        began = perf_counter()
        (place / "begin").touch()
        with psycopg.connect(database, autocommit=True) as connection:
            wait(lambda: _ended(connection) == CHANNELS)
        return perf_counter() - began


def _ready(workers: list[Program]) -> None:
    for worker in workers:
        worker.until("answering")


def _ended(connection: "psycopg.Connection[tuple[int]]") -> int:
    row = connection.execute("SELECT count(*) FROM dbos.workflow_status WHERE status = 'SUCCESS'").fetchone()
    return row[0] if row else 0
