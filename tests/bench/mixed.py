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

from bot.schedules.trigger import Watch
from tests.bench.asking import People, asking
from tests.bench.load import LINES
from tests.bench.stub_servers import stand_ins
from tests.bench.table import Row, at_most
from tests.bench.workers import FAST, Program, Table, free_port, program, right_now, variables

MINUTES = "BENCH_MINUTES"
A_SECOND, ONE_PRESSED_OF = 10, 5
DIGESTS, WATCHES = 2, 200  # the former a second
WATCHED = ("events mobile/production since=2d", "events mobile/staging since=2d")
WARM = 30  # seconds
STRETCHES = 6  # in which the time is told apart
PACE = FAST | {"LOOK_SECONDS": "1", "QUEUE_SECONDS": "0.5", "DELIVERIES_AT_ONCE": "8", "WATCH_SECONDS": "60"}
PACE |= {"WORD_SECONDS": "60"}  # that an answer is on its way would be taken for it


@dataclass(frozen=True)
class Stretch:
    """A part of the time."""

    acknowledged: float  # seconds, of 99 of 100
    memory: int
    answered: int


def rows() -> Iterator[Row]:
    """The end against the beginning, after it is warm."""
    seconds = float(os.environ[MINUTES]) * 60
    with ExitStack() as behind:
        place = Path(behind.enter_context(tempfile.TemporaryDirectory()))
        there = behind.enter_context(stand_ins())
        database, port = f"sqlite:///{place / 'bot.db'}", free_port()
        told = variables(database, there.url) | PACE | {"PORT": str(port)}
        bot = behind.enter_context(program(("bot", "run"), place, told))
        bot.until("answering")
        table = Table.of(database)
        due = int(seconds + WARM) * DIGESTS
        table.order(LINES, due, right_now())
        table.spread(DIGESTS)
        table.order(WATCHED, WATCHES, right_now(), str(Watch("UTC")), first=due)
        stretches = asyncio.run(_stretches(bot, port, seconds))
        delivered = table.delivered(LINES)
    asked = sum(stretch.answered for stretch in stretches)
    first, last = stretches[0], stretches[-1]
    what, ours = f"mixed: {seconds / 60:g} minutes", f"the last of {STRETCHES} stretches"
    yield Row(what, ours, "the first", last.memory / first.memory, "the memory", at_most(1.05))
    yield Row(what, ours, "the first", last.acknowledged / first.acknowledged, "the p99", at_most(1.5))
    wanted = int(seconds / STRETCHES * A_SECOND) * STRETCHES
    yield Row(what, f"{wanted - asked} lost", f"{wanted} answers", (wanted - asked) / wanted, "of them", at_most(0))
    late = (due - delivered) / due
    yield Row(what, f"{due - delivered} digests not yet there", f"{due} due", late, "of them", at_most(0.02))


async def _stretches(bot: Program, port: int, seconds: float) -> list[Stretch]:
    """Whoever gets no answer ends it all: `asking` waits for each."""
    async with asking(port) as people:
        await people.at_pace(WARM * A_SECOND, A_SECOND, ONE_PRESSED_OF)
        people.acknowledged()
        return [await _stretch(bot, people, seconds / STRETCHES) for _ in range(STRETCHES)]


async def _stretch(bot: Program, people: People, seconds: float) -> Stretch:
    """Minute by minute: what is to be asked is signed before, and Slack's signatures are good for five."""
    answered, left = 0, int(seconds * A_SECOND)
    while answered < left:
        answered += len(await people.at_pace(min(60 * A_SECOND, left - answered), A_SECOND, ONE_PRESSED_OF))
    acknowledged = quantiles(people.acknowledged(), n=100)[98]
    return Stretch(acknowledged, bot.memory(), answered)
