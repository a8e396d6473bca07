"""LaunchDarkly is down, slow, or sends invalid replies, from before the run until a while after it."""

from collections.abc import Callable

from bot.sandbox.launchdarkly.faults import FaultInjector
from tests.faults.environment import FaultEnvironment, Scenario, open_scenario, pause
from tests.faults.table import Row

OUTAGE_SECONDS = 8  # seconds after the run is due
SHORT_TIMEOUTS = {"LAUNCHDARKLY_READ_TIMEOUT_SECONDS": "2", "ANSWER_TIMEOUT_SECONDS": "4"}


def _down(faults: FaultInjector) -> None:
    faults.status = 503


def _slow(faults: FaultInjector) -> None:
    faults.delay = 10


def _rubbish(faults: FaultInjector) -> None:
    faults.body, faults.content_type = b"<html>Just a moment", "text/html"


def _clear_faults(faults: FaultInjector) -> None:
    faults.status, faults.delay, faults.body, faults.content_type = None, 0, None, "application/json"


async def _run_outage(
    env: FaultEnvironment, seed: int, fault: str, apply_fault: Callable[[FaultInjector], None]
) -> Row:
    async with open_scenario(env, "sqlite", seed, **SHORT_TIMEOUTS) as scenario:
        apply_fault(scenario.load.launchdarkly_faults)
        await scenario.start_process()
        await _wait_past_due_time(scenario)
        _clear_faults(scenario.load.launchdarkly_faults)
        await scenario.wait_until_closed()
        scenario.remarks.append(f"asked {len(scenario.load.launchdarkly_faults.requests)} times")
        return await scenario.result_row(f"LaunchDarkly {fault} for {OUTAGE_SECONDS} s", seed)


async def _wait_past_due_time(scenario: Scenario) -> None:
    await pause((scenario.due_at - scenario.load.slack.now()).total_seconds() + OUTAGE_SECONDS)


async def down(env: FaultEnvironment, seed: int) -> Row:
    return await _run_outage(env, seed, "down", _down)


async def slow(env: FaultEnvironment, seed: int) -> Row:
    return await _run_outage(env, seed, "slow", _slow)


async def rubbish(env: FaultEnvironment, seed: int) -> Row:
    return await _run_outage(env, seed, "answers rubbish", _rubbish)


SCENARIOS = (down, slow, rubbish)
