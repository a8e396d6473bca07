"""The clock is set back an hour at a random moment, for all; and for one of two replicas.

What was not offered by then may wait until it is that late once more, so after a while the clock is set right."""

import asyncio

from tests.faults import constrained_process
from tests.faults.environment import Stage, Theatre, stage
from tests.faults.table import Row

HOUR = 3600
WRONG = 30  # seconds at most


async def back(where: Theatre, seed: int) -> Row:
    async with stage(where, "sqlite", seed) as here:
        here.monday.program = constrained_process.MODULE
        await here.actor()
        await _set_back(here)
        return await here.row("the clock set back an hour, SQLite", seed)


async def back_for_one(where: Theatre, seed: int) -> Row:
    async with stage(where, "postgresql", seed) as here:
        here.monday.program = constrained_process.MODULE
        await here.actor()
        here.monday.program = ("bot", "run")
        await here.actor()
        await _set_back(here)
        return await here.row("the clock of one of two set back an hour", seed)


async def _set_back(here: Stage) -> None:
    await here.random_moment()
    clock = here.monday.place / constrained_process.CLOCK
    await asyncio.to_thread(clock.write_text, str(-HOUR))
    done = await here.done(WRONG)
    here.remarks.append("done while it was wrong" if done else f"{here.accepted} posted while it was wrong")
    await asyncio.to_thread(clock.write_text, "0")
    await here.done()


PLAYS = (back, back_for_one)
