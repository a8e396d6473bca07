"""SIGKILL at a random time: one of two replicas on PostgreSQL, or the only process on SQLite, which is restarted."""

import signal

from tests.faults.environment import FaultEnvironment, open_scenario
from tests.faults.table import Row


async def one_of_two(env: FaultEnvironment, seed: int) -> Row:
    async with open_scenario(env, "postgresql", seed) as scenario:
        first, _ = await scenario.start_process(), await scenario.start_process()
        await scenario.wait_for_random_moment()
        await first.end(signal.SIGKILL)
        await scenario.wait_until_closed()
        return await scenario.result_row("one of two killed, PostgreSQL", seed)


async def the_only_one(env: FaultEnvironment, seed: int) -> Row:
    async with open_scenario(env, "sqlite", seed) as scenario:
        only = await scenario.start_process()
        await scenario.wait_for_random_moment()
        await only.end(signal.SIGKILL)
        await scenario.start_process()
        await scenario.wait_until_closed()
        return await scenario.result_row("the only one killed, started again, SQLite", seed)


SCENARIOS = (one_of_two, the_only_one)
