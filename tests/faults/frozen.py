"""A replica stands still past its lease, while another takes over, and then goes on where it was.

What remains: it had decided to post, had looked at the clock, and was frozen before the request had left it. Then
nothing keeps it from posting a second time."""

import signal

from tests.faults.environment import Theatre, pause, stage
from tests.faults.table import Row

GOES_ON = 4  # seconds


async def past_its_lease(where: Theatre, seed: int) -> Row:
    async with stage(where, "postgresql", seed) as here:
        first, _ = await here.actor(), await here.actor()
        await here.random_moment()
        first.tell(signal.SIGSTOP)
        await here.done()
        first.tell(signal.SIGCONT)
        await pause(GOES_ON)
        return await here.row("frozen past its lease, PostgreSQL", seed, may_be_twice=True)


PLAYS = (past_its_lease,)
