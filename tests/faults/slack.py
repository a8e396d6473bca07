"""Slack refuses a third of the posts, with rate limits and server errors; or accepts some and never responds."""

from tests.faults.environment import FaultEnvironment, open_scenario
from tests.faults.table import Row


async def refuses_posts(env: FaultEnvironment, seed: int) -> Row:
    async with open_scenario(env, "sqlite", seed) as scenario:
        await scenario.start_process(refusal_rate=1 / 3)
        await scenario.wait_until_closed()
        return await scenario.result_row("Slack refuses a third", seed)


async def times_out(env: FaultEnvironment, seed: int) -> Row:
    async with open_scenario(env, "sqlite", seed) as scenario:
        await scenario.start_process(timeout_rate=0.1)
        await scenario.wait_until_closed()
        return await scenario.result_row("Slack accepts, and a tenth times out", seed)


async def both(env: FaultEnvironment, seed: int) -> Row:
    async with open_scenario(env, "postgresql", seed) as scenario:
        (
            await scenario.start_process(refusal_rate=1 / 3, timeout_rate=0.1),
            await scenario.start_process(refusal_rate=1 / 3, timeout_rate=0.1),
        )
        await scenario.wait_until_closed()
        return await scenario.result_row("both, two on PostgreSQL", seed)


SCENARIOS = (refuses_posts, times_out, both)
