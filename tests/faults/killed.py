"""SIGKILL at a random moment: one of two replicas on PostgreSQL; the only process on SQLite, which is started again."""

import signal

from tests.faults.environment import Theatre, stage
from tests.faults.table import Row


async def one_of_two(where: Theatre, seed: int) -> Row:
    async with stage(where, "postgresql", seed) as here:
        first, _ = await here.actor(), await here.actor()
        await here.random_moment()
        await first.end(signal.SIGKILL)
        await here.done()
        return await here.row("one of two killed, PostgreSQL", seed)


async def the_only_one(where: Theatre, seed: int) -> Row:
    async with stage(where, "sqlite", seed) as here:
        only = await here.actor()
        await here.random_moment()
        await only.end(signal.SIGKILL)
        await here.actor()
        await here.done()
        return await here.row("the only one killed, started again, SQLite", seed)


PLAYS = (one_of_two, the_only_one)
