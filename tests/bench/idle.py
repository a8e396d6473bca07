"""The bot while nothing is due: five thousand schedules and two hundred watches, against the engine alone.

The tables are there before it starts, as at every start but the first: what makes them stays in memory afterwards."""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from bot.schedules.trigger import Watch
from bot.store.store import opened
from tests.bench.load import BARE, LINES
from tests.bench.stub_servers import stand_ins
from tests.bench.table import Row, at_most
from tests.bench.workers import Program, Table, pause, program, right_now, variables

SCHEDULES, WATCHES = 5_000, 200
SETTLING, WINDOW = 20, 300  # seconds; a watch looks once in that
FAR = timedelta(days=3)


def rows() -> Iterator[Row]:
    """Both at the same time, each on a file of its own."""
    with ExitStack() as behind:
        place = Path(behind.enter_context(tempfile.TemporaryDirectory()))
        there = behind.enter_context(stand_ins())
        own = f"sqlite:///{place / 'bot.db'}"
        asyncio.run(_made(own))
        bare = {"DATABASE_URL": f"sqlite:///{place / 'bare.db'}", "ME": uuid4().hex}
        ours = behind.enter_context(program(("bot", "run"), place, variables(own, there.url) | {"PORT": "0"}))
        alone = behind.enter_context(program((BARE,), place, bare))
        ours.until("answering")
        alone.until("answering")
        table = Table.of(own)
        table.order(LINES, SCHEDULES, right_now() + FAR)
        table.order(LINES, WATCHES, right_now(), str(Watch("UTC")), first=SCHEDULES)
        pause(SETTLING)
        asked = there.of_launchdarkly()
        spent = _spent(ours, alone)
        looks = there.of_launchdarkly() - asked
        memory = ours.memory() / alone.memory()
    what = f"idle: {SCHEDULES:,} schedules, {WATCHES} watches"
    names = (f"insights-bot run ({looks} requests in {WINDOW} s)", "the engine, launched, three queues")
    yield Row(what, *names, spent, "the CPU", at_most(1.5))
    yield Row(what, *names, memory, "the memory", at_most(1.5))


async def _made(database: str) -> None:
    async with opened(database):
        pass


def _spent(ours: Program, alone: Program) -> float:
    """How much more the one works than the other, in the same seconds."""
    before = ours.cpu(), alone.cpu()
    pause(WINDOW)
    return (ours.cpu() - before[0]) / (alone.cpu() - before[1])
