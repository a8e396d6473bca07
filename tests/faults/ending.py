"""SIGTERM at a random moment under load; another starts in its place, as when a new version is rolled out."""

import signal

from tests.faults.environment import Theatre, stage
from tests.faults.table import Row


async def one_of_two(where: Theatre, seed: int) -> Row:
    async with stage(where, "postgresql", seed) as here:
        first, _ = await here.actor(), await here.actor()
        await here.random_moment()
        here.remarks.append(f"ended with {await first.end(signal.SIGTERM)}")
        await here.actor()
        await here.done()
        return await here.row("one of two told to end, PostgreSQL", seed)


async def the_only_one(where: Theatre, seed: int) -> Row:
    async with stage(where, "sqlite", seed) as here:
        only = await here.actor()
        await here.random_moment()
        here.remarks.append(f"ended with {await only.end(signal.SIGTERM)}")
        await here.actor()
        await here.done()
        return await here.row("the only one told to end, SQLite", seed)


PLAYS = (one_of_two, the_only_one)
