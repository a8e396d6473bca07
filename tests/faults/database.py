"""PostgreSQL is stopped for three seconds in the middle; SQLite has no more room for five."""

import asyncio

from tests.faults import constrained_process
from tests.faults.environment import Theatre, pause, stage
from tests.faults.table import Row

STOPPED, FULL = 3, 5  # seconds


async def stopped(where: Theatre, seed: int) -> Row:
    async with stage(where, "postgresql", seed) as here:
        await here.actor(), await here.actor()
        await here.random_moment()
        with where.postgres.stopped():
            await pause(STOPPED)
        await here.done()
        return await here.row("PostgreSQL stopped for 3 s", seed)


async def full(where: Theatre, seed: int) -> Row:
    async with stage(where, "sqlite", seed) as here:
        here.monday.program = constrained_process.MODULE
        await here.actor()
        await here.random_moment()
        pages = here.monday.place / constrained_process.PAGES
        await asyncio.to_thread(pages.write_text, "1")  # as many as there are
        await pause(FULL)
        await asyncio.to_thread(pages.write_text, "1000000")
        await here.done()
        return await here.row("SQLite full for 5 s", seed)


PLAYS = (stopped, full)
