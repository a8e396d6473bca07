"""The bot's memory after many answers, against that after some."""

import asyncio
from collections.abc import Iterator

from tests.bench.at_work import RunningBot, bot_process
from tests.bench.clients import open_clients
from tests.bench.fake_slack import fake_slack
from tests.bench.table import Row, at_most

SOME_ANSWERS = 1_000
MANY_ANSWERS = 20_000
CLIENTS = 12  # at a time


def rows() -> Iterator[Row]:
    """Measure memory after garbage collection."""
    with fake_slack() as api, bot_process(api) as bot:
        some, many = asyncio.run(_memory(bot))
        outcomes = bot.state().outcomes
    assert outcomes == {"answered"}, f"some lines were not answered: {outcomes}"
    labels = (f"memory: {MANY_ANSWERS:,} answers", "the whole bot")
    yield Row(*labels, f"{SOME_ANSWERS:,} answers", many / some, "the memory", at_most(1.05))


async def _memory(bot: RunningBot) -> tuple[int, int]:
    async with open_clients(bot.port) as clients:
        await clients.at_once(SOME_ANSWERS, CLIENTS)
        some = bot.state().memory
        await clients.at_once(MANY_ANSWERS - SOME_ANSWERS, CLIENTS)
        return some, bot.state().memory
