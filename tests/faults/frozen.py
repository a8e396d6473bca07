"""A replica is frozen past its lease while another takes over, and then resumes.

One case remains: it had decided to post, had checked the clock, and was frozen before the request was sent. Then
nothing prevents a second post."""

import signal

from tests.faults.environment import FaultEnvironment, open_scenario, pause
from tests.faults.table import Row

RESUME_SECONDS = 4  # seconds


async def past_its_lease(env: FaultEnvironment, seed: int) -> Row:
    async with open_scenario(env, "postgresql", seed) as scenario:
        first, _ = await scenario.start_process(), await scenario.start_process()
        await scenario.wait_for_random_moment()
        first.send_signal(signal.SIGSTOP)
        await scenario.wait_until_closed()
        first.send_signal(signal.SIGCONT)
        await pause(RESUME_SECONDS)
        return await scenario.result_row("frozen past its lease, PostgreSQL", seed, may_duplicate=True)


SCENARIOS = (past_its_lease,)
