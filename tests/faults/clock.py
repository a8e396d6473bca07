"""The clock is set back an hour at a random time: for all processes, and for one of two replicas.

Runs not yet dispatched may wait until the clock reaches their time again, so the clock is corrected after a while."""

import asyncio

from tests.faults import constrained_process
from tests.faults.environment import FaultEnvironment, Scenario, open_scenario
from tests.faults.table import Row

HOUR = 3600
MAX_WRONG_SECONDS = 30  # seconds at most


async def clock_set_back(env: FaultEnvironment, seed: int) -> Row:
    async with open_scenario(env, "sqlite", seed) as scenario:
        scenario.load.program = constrained_process.MODULE
        await scenario.start_process()
        await _set_back(scenario)
        return await scenario.result_row("the clock set back an hour, SQLite", seed)


async def clock_set_back_on_one(env: FaultEnvironment, seed: int) -> Row:
    async with open_scenario(env, "postgresql", seed) as scenario:
        scenario.load.program = constrained_process.MODULE
        await scenario.start_process()
        scenario.load.program = ("bot", "run")
        await scenario.start_process()
        await _set_back(scenario)
        return await scenario.result_row("the clock of one of two set back an hour", seed)


async def _set_back(scenario: Scenario) -> None:
    await scenario.wait_for_random_moment()
    clock_file = scenario.load.folder / constrained_process.CLOCK_FILE
    await asyncio.to_thread(clock_file.write_text, str(-HOUR))
    closed = await scenario.wait_until_closed(MAX_WRONG_SECONDS)
    scenario.remarks.append("done while it was wrong" if closed else f"{scenario.accepted} posted while it was wrong")
    await asyncio.to_thread(clock_file.write_text, "0")
    await scenario.wait_until_closed()


SCENARIOS = (clock_set_back, clock_set_back_on_one)
