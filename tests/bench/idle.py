"""The bot while nothing is due: five thousand schedules and two hundred watches, against the engine alone.

The tables are there before it starts, as at every start but the first: what makes them stays in memory afterwards."""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from bot.schedules.triggers import WatchTrigger
from bot.store.store import open_store
from tests.bench.load import BARE_QUEUE_MODULE, LINES
from tests.bench.stub_servers import stub_servers
from tests.bench.table import Row, at_most
from tests.bench.workers import BotDatabase, Program, bot_environment, pause, right_now, running_program

SCHEDULES, WATCHES = 5_000, 200
SETTLE_SECONDS, WINDOW_SECONDS = 20, 300  # seconds; a watch looks once in that
FAR_FUTURE = timedelta(days=3)


def rows() -> Iterator[Row]:
    """Measure both at the same time, each with its own file."""
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
        ours.wait_for_log("answering")
        engine.wait_for_log("answering")
        table = BotDatabase.connect(database)
        table.add_schedules(LINES, SCHEDULES, right_now() + FAR_FUTURE)
        table.add_schedules(LINES, WATCHES, right_now(), str(WatchTrigger("UTC")), first=SCHEDULES)
        pause(SETTLE_SECONDS)
        requests_before = stubs.launchdarkly_requests()
        cpu = _cpu_ratio(ours, engine)
        requests = stubs.launchdarkly_requests() - requests_before
        memory = ours.memory() / engine.memory()
    label = f"idle: {SCHEDULES:,} schedules, {WATCHES} watches"
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
