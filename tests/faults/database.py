"""PostgreSQL is stopped for three seconds; SQLite is full for five."""

import asyncio

from tests.faults import constrained_process
from tests.faults.environment import FaultEnvironment, open_scenario, pause
from tests.faults.table import Row

STOPPED_SECONDS, FULL_SECONDS = 3, 5  # seconds


async def stopped(env: FaultEnvironment, seed: int) -> Row:
    async with open_scenario(env, "postgresql", seed) as scenario:
        await scenario.start_process(), await scenario.start_process()
        await scenario.wait_for_random_moment()
        with env.postgres.stopped():
            await pause(STOPPED_SECONDS)
        await scenario.wait_until_closed()
        return await scenario.result_row("PostgreSQL stopped for 3 s", seed)


async def full(env: FaultEnvironment, seed: int) -> Row:
    async with open_scenario(env, "sqlite", seed) as scenario:
        scenario.load.program = constrained_process.MODULE
        await scenario.start_process()
        await scenario.wait_for_random_moment()
        pages = scenario.load.folder / constrained_process.PAGES_FILE
        await asyncio.to_thread(pages.write_text, "1")  # no more than now
        await pause(FULL_SECONDS)
        await asyncio.to_thread(pages.write_text, "1000000")
        await scenario.wait_until_closed()
        return await scenario.result_row("SQLite full for 5 s", seed)


SCENARIOS = (stopped, full)
