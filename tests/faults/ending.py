"""SIGTERM at a random time under load; another process takes its place, as in a rolling deployment."""

import signal

from tests.faults.environment import FaultEnvironment, open_scenario
from tests.faults.table import Row


async def one_of_two(env: FaultEnvironment, seed: int) -> Row:
    async with open_scenario(env, "postgresql", seed) as scenario:
        first, _ = await scenario.start_process(), await scenario.start_process()
        await scenario.wait_for_random_moment()
        scenario.remarks.append(f"ended with {await first.end(signal.SIGTERM)}")
        await scenario.start_process()
        await scenario.wait_until_closed()
        return await scenario.result_row("one of two told to end, PostgreSQL", seed)


async def the_only_one(env: FaultEnvironment, seed: int) -> Row:
    async with open_scenario(env, "sqlite", seed) as scenario:
        only = await scenario.start_process()
        await scenario.wait_for_random_moment()
        scenario.remarks.append(f"ended with {await only.end(signal.SIGTERM)}")
        await scenario.start_process()
        await scenario.wait_until_closed()
        return await scenario.result_row("the only one told to end, SQLite", seed)


SCENARIOS = (one_of_two, the_only_one)
