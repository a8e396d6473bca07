"""Slack refuses a third of the posts, by limits and by its own faults; or accepts some and never says so."""

from tests.faults.environment import Theatre, stage
from tests.faults.table import Row


async def refuses(where: Theatre, seed: int) -> Row:
    async with stage(where, "sqlite", seed) as here:
        await here.actor(refused=1 / 3)
        await here.done()
        return await here.row("Slack refuses a third", seed)


async def says_nothing(where: Theatre, seed: int) -> Row:
    async with stage(where, "sqlite", seed) as here:
        await here.actor(silent=0.1)
        await here.done()
        return await here.row("Slack accepts, and a tenth times out", seed)


async def both(where: Theatre, seed: int) -> Row:
    async with stage(where, "postgresql", seed) as here:
        await here.actor(refused=1 / 3, silent=0.1), await here.actor(refused=1 / 3, silent=0.1)
        await here.done()
        return await here.row("both, two on PostgreSQL", seed)


PLAYS = (refuses, says_nothing, both)
