"""The scenarios by the name of their part. In each, one thing fails while schedules are due."""

import asyncio
import signal
from collections.abc import Awaitable, Callable

from bot.sandbox.launchdarkly.faults import FaultInjector
from tests.faults import constrained_process
from tests.faults.environment import FaultEnvironment, Row, Scenario, open_scenario, pause

DEFAULT_LEASE = {"JOB_LEASE_SECONDS": "300"}  # so that only heartbeats tell which process is lost
RESUME_SECONDS = 4  # seconds
STOPPED_SECONDS, FULL_SECONDS = 3, 5  # seconds
OUTAGE_SECONDS = 8  # seconds after the run is due
SHORT_TIMEOUTS = {"LAUNCHDARKLY_READ_TIMEOUT_SECONDS": "2", "ANSWER_TIMEOUT_SECONDS": "4"}
HOUR = 3600
MAX_WRONG_SECONDS = 30  # seconds at most
RunScenario = Callable[[FaultEnvironment, int], Awaitable[Row]]


# SIGKILL at a random time: one of two replicas on PostgreSQL, or the only process on SQLite, which is restarted.


async def kill_one_of_two(env: FaultEnvironment, seed: int) -> Row:
    async with open_scenario(env, "postgresql", seed, **DEFAULT_LEASE) as scenario:
        first, _ = await scenario.start_process(), await scenario.start_process()
        await scenario.wait_for_random_moment()
        await first.end(signal.SIGKILL)
        await scenario.wait_until_closed()
        return await scenario.result_row("one of two killed, PostgreSQL", seed)


async def kill_the_only_one(env: FaultEnvironment, seed: int) -> Row:
    async with open_scenario(env, "sqlite", seed) as scenario:
        only = await scenario.start_process()
        await scenario.wait_for_random_moment()
        await only.end(signal.SIGKILL)
        await scenario.start_process()
        await scenario.wait_until_closed()
        return await scenario.result_row("the only one killed, started again, SQLite", seed)


# A replica is frozen until another has taken over, and then resumes.
# One case remains: it had decided to post, had checked the clock, and was frozen before the request was sent. Then
# nothing prevents a second post.


async def freeze_until_replaced(env: FaultEnvironment, seed: int) -> Row:
    async with open_scenario(env, "postgresql", seed, **DEFAULT_LEASE) as scenario:
        first, _ = await scenario.start_process(), await scenario.start_process()
        await scenario.wait_for_random_moment()
        first.send_signal(signal.SIGSTOP)
        await scenario.wait_until_closed()
        first.send_signal(signal.SIGCONT)
        await pause(RESUME_SECONDS)
        return await scenario.result_row("frozen until replaced, PostgreSQL", seed, may_duplicate=True)


# PostgreSQL is stopped for three seconds; SQLite is full for five.


async def stop_postgresql(env: FaultEnvironment, seed: int) -> Row:
    async with open_scenario(env, "postgresql", seed) as scenario:
        await scenario.start_process(), await scenario.start_process()
        await scenario.wait_for_random_moment()
        with env.postgres.stopped():
            await pause(STOPPED_SECONDS)
        await scenario.wait_until_closed()
        return await scenario.result_row("PostgreSQL stopped for 3 s", seed)


async def fill_sqlite(env: FaultEnvironment, seed: int) -> Row:
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


# Slack refuses a third of the posts, with rate limits and server errors; or accepts some and never responds.


async def slack_refuses(env: FaultEnvironment, seed: int) -> Row:
    async with open_scenario(env, "sqlite", seed) as scenario:
        await scenario.start_process(refusal_rate=1 / 3)
        await scenario.wait_until_closed()
        return await scenario.result_row("Slack refuses a third", seed)


async def slack_times_out(env: FaultEnvironment, seed: int) -> Row:
    async with open_scenario(env, "sqlite", seed) as scenario:
        await scenario.start_process(timeout_rate=0.1)
        await scenario.wait_until_closed()
        return await scenario.result_row("Slack accepts, and a tenth times out", seed)


async def slack_refuses_and_times_out(env: FaultEnvironment, seed: int) -> Row:
    async with open_scenario(env, "postgresql", seed) as scenario:
        (
            await scenario.start_process(refusal_rate=1 / 3, timeout_rate=0.1),
            await scenario.start_process(refusal_rate=1 / 3, timeout_rate=0.1),
        )
        await scenario.wait_until_closed()
        return await scenario.result_row("both, two on PostgreSQL", seed)


# LaunchDarkly is down, slow, or sends invalid replies, from before the run until a while after it.


def _down(faults: FaultInjector) -> None:
    faults.status = 503


def _slow(faults: FaultInjector) -> None:
    faults.delay = 10


def _html(faults: FaultInjector) -> None:
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


async def launchdarkly_down(env: FaultEnvironment, seed: int) -> Row:
    return await _run_outage(env, seed, "down", _down)


async def launchdarkly_slow(env: FaultEnvironment, seed: int) -> Row:
    return await _run_outage(env, seed, "slow", _slow)


async def launchdarkly_sends_html(env: FaultEnvironment, seed: int) -> Row:
    return await _run_outage(env, seed, "answers rubbish", _html)


# SIGTERM at a random time under load; another process takes its place, as in a rolling deployment.


async def end_one_of_two(env: FaultEnvironment, seed: int) -> Row:
    async with open_scenario(env, "postgresql", seed) as scenario:
        first, _ = await scenario.start_process(), await scenario.start_process()
        await scenario.wait_for_random_moment()
        scenario.remarks.append(f"ended with {await first.end(signal.SIGTERM)}")
        await scenario.start_process()
        await scenario.wait_until_closed()
        return await scenario.result_row("one of two told to end, PostgreSQL", seed)


async def end_the_only_one(env: FaultEnvironment, seed: int) -> Row:
    async with open_scenario(env, "sqlite", seed) as scenario:
        only = await scenario.start_process()
        await scenario.wait_for_random_moment()
        scenario.remarks.append(f"ended with {await only.end(signal.SIGTERM)}")
        await scenario.start_process()
        await scenario.wait_until_closed()
        return await scenario.result_row("the only one told to end, SQLite", seed)


# The clock is set back an hour at a random time: for all processes, and for one of two replicas.
# Runs not yet dispatched may wait until the clock reaches their time again, so the clock is corrected after a while.


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


SCENARIOS: dict[str, tuple[RunScenario, ...]] = {
    "killed": (kill_one_of_two, kill_the_only_one),
    "frozen": (freeze_until_replaced,),
    "database": (stop_postgresql, fill_sqlite),
    "slack": (slack_refuses, slack_times_out, slack_refuses_and_times_out),
    "launchdarkly": (launchdarkly_down, launchdarkly_slow, launchdarkly_sends_html),
    "ending": (end_one_of_two, end_the_only_one),
    "clock": (clock_set_back, clock_set_back_on_one),
}
