"""What the bot keeps of what it has answered: its memory after many answers, against that after some."""

import asyncio
from collections.abc import Iterator

from tests.bench.asking import asking
from tests.bench.at_work import AtWork, at_work
from tests.bench.fake_slack import slack_there
from tests.bench.table import Row, at_most

SOME = 1_000
MANY = 20_000
PEOPLE = 12  # at a time


def rows() -> Iterator[Row]:
    """Read once the garbage is gone."""
    with slack_there() as api, at_work(api) as bot:
        some, many = asyncio.run(_memory(bot))
        outcomes = bot.state().outcomes
    assert outcomes == {"answered"}, f"some lines were not answered: {outcomes}"
    what = (f"memory: {MANY:,} answers", "the whole bot")
    yield Row(*what, f"{SOME:,} answers", many / some, "the memory", at_most(1.05))


async def _memory(bot: AtWork) -> tuple[int, int]:
    async with asking(bot.port) as people:
        await people.at_once(SOME, PEOPLE)
        some = bot.state().memory
        await people.at_once(MANY - SOME, PEOPLE)
        return some, bot.state().memory
