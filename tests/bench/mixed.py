"""Mixed load at twice the peak that is expected: lines that are typed, buttons, digests, and watches; for an hour, or
for `--minutes`.

At the peak five a second ask, one of them by a button, sixty digests a minute are due, and two hundred channels watch.
"""

import asyncio
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles

from bot.schedules.triggers import WatchTrigger
from tests.bench.clients import Clients, open_clients
from tests.bench.load import LINES
from tests.bench.stub_servers import stub_servers
from tests.bench.table import Row, at_most
from tests.bench.workers import (
    FAST_SETTINGS,
    BotDatabase,
    Program,
    bot_environment,
    free_port,
    right_now,
    running_program,
)

MINUTES_VARIABLE = "BENCH_MINUTES"
ANSWERS_PER_SECOND, PRESS_EVERY = 10, 5
DIGESTS_PER_SECOND, WATCHES = 2, 200  # the former a second
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


@dataclass(frozen=True)
class Interval:
    """The measurements of one interval."""

    p99_ack_seconds: float  # seconds, of 99 of 100
    memory: int
    answered: int


def rows() -> Iterator[Row]:
    """Compare the end with the beginning, after a warm-up."""
    seconds = float(os.environ[MINUTES_VARIABLE]) * 60
    with ExitStack() as exit_stack:
        folder = Path(exit_stack.enter_context(tempfile.TemporaryDirectory()))
        stubs = exit_stack.enter_context(stub_servers())
        database, port = f"sqlite:///{folder / 'bot.db'}", free_port()
        env = bot_environment(database, stubs.url) | MIXED_SETTINGS | {"PORT": str(port)}
        bot = exit_stack.enter_context(running_program(("bot", "run"), folder, env))
        bot.wait_for_log("answering")
        table = BotDatabase.connect(database)
        due = int(seconds + WARMUP_SECONDS) * DIGESTS_PER_SECOND
        table.add_schedules(LINES, due, right_now())
        table.spread(DIGESTS_PER_SECOND)
        table.add_schedules(WATCH_LINES, WATCHES, right_now(), str(WatchTrigger("UTC")), first=due)
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
