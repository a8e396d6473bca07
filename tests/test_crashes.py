"""Processes killed, frozen or stopped while they deliver: each message is posted once.

The processes are real, and so are the signals.
"""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from bot.sandbox.launchdarkly.app import TOKEN
from bot.sandbox.slack import Slack
from bot.sandbox.slack.workspace import HOME_TEAM, PARTNER_TEAM, Team
from tests.databases import Postgres
from tests.faults import constrained_process
from tests.load_harness import CHANNEL_COUNT, FAST_SETTINGS, LoadHarness, open_load_harness, right_now
from tests.processes import Process, running_bot, slack_tokens

pytestmark = pytest.mark.xdist_group("busy")
MANY, FEW = 40, 15
SEEDS = (1, 2)
PATIENCE = 60  # seconds
LONG_LEASE = {"JOB_LEASE_SECONDS": "300", "WORKER_TIMEOUT_SECONDS": "3"}


@asynccontextmanager
async def due(
    database: str, folder: Path, seed: int, count: int = FEW, team: Team = HOME_TEAM
) -> AsyncIterator[LoadHarness]:
    """Add schedules due at this time."""
    async with open_load_harness(database, folder, seed, team) as found:
        await found.add_schedules(count, right_now().replace(microsecond=0))
        yield found


def _well(*processes: Process) -> None:
    said = "".join(line for process in processes for line in process.log)
    for wrong in ("Traceback", '"level": "error"', "database is locked"):
        assert wrong not in said, said


async def _all_posted_once(harness: LoadHarness, *processes: Process) -> None:
    for process in processes:
        await process.kill()
    count = await harness.count_deliveries()
    print(count)
    assert (count.lost, count.duplicates) == (0, 0)
    assert count.sent >= len(harness.schedules)
    assert {slot.state for slot in await harness.runs()} == {"delivered"}
    _well(*processes)


@pytest.mark.parametrize("seed", SEEDS)
async def test_sqlite_restart_after_kill_posts_everything_once(seed: int, tmp_path: Path) -> None:
    async with due(f"sqlite:///{tmp_path / 'bot.db'}", tmp_path, seed, MANY) as here:
        first, way = await here.start(reply_limit=here.random.randint(3, 25))
        await here.slack.until(lambda: way.stalled >= 3, PATIENCE)
        await first.kill()
        way.released.set()
        second, _ = await here.start()
        await here.wait_until_closed(second)
        await _all_posted_once(here, first, second)


async def test_second_process_on_sqlite_refuses_to_start(tmp_path: Path) -> None:
    async with due(f"sqlite:///{tmp_path / 'bot.db'}", tmp_path, 12, FEW) as here:
        here.variables |= {"SQLITE_LOCK_TIMEOUT_SECONDS": "0.05"}
        first, way = await here.start(reply_limit=4)
        await here.slack.until(lambda: way.stalled >= 3, PATIENCE)
        second, others = await here.start()
        assert await second.wait() == 1
        assert second.log[-1] == (
            f"Another process is already running the bot on {tmp_path / 'bot.db'}. "
            "Stop that process first, or use PostgreSQL to run several.\n"
        )
        assert others.accepted == 0
        way.released.set()
        await here.wait_until_closed(first)
        await _all_posted_once(here, first, second)


async def test_sqlite_process_starts_once_its_predecessor_is_killed(tmp_path: Path) -> None:
    async with due(f"sqlite:///{tmp_path / 'bot.db'}", tmp_path, 9, MANY) as here:
        here.variables |= {"SQLITE_LOCK_TIMEOUT_SECONDS": "60"}
        first, way = await here.start(reply_limit=5)
        await here.slack.until(lambda: way.stalled >= 3, PATIENCE)
        second, others = await here.start()
        await second.wait_for_log("waiting for another process to end")
        assert others.accepted == 0
        await first.kill()
        way.released.set()
        await here.wait_until_closed(second)
        await _all_posted_once(here, first, second)


@pytest.mark.parametrize("seed", SEEDS)
async def test_postgresql_survivors_take_over_after_a_kill(seed: int, tmp_path: Path, postgres: Postgres) -> None:
    async with due(postgres.new_database(), tmp_path, seed, MANY) as here:
        first, way = await here.start(reply_limit=here.random.randint(3, 10))
        second, others = await here.start("--only", "worker", reply_limit=0)
        await here.slack.until(lambda: way.stalled >= 3, PATIENCE)
        await first.kill()
        way.released.set()
        others.released.set()
        await here.wait_until_closed(second)
        await _all_posted_once(here, first, second)


async def test_process_frozen_past_its_lease_posts_no_duplicates(tmp_path: Path, postgres: Postgres) -> None:
    async with due(postgres.new_database(), tmp_path, 3) as here:
        first, way = await here.start(reply_limit=4)
        await here.slack.until(lambda: way.stalled >= CHANNEL_COUNT, PATIENCE)  # it waits for all channels
        first.running.send_signal(signal.SIGSTOP)
        way.released.set()
        second, _ = await here.start("--only", "worker")
        await here.wait_until_closed(second)
        first.running.send_signal(signal.SIGCONT)
        assert await first.stop() == 0
        await _all_posted_once(here, first, second)


async def test_killed_process_is_replaced_long_before_its_leases_expire(tmp_path: Path, postgres: Postgres) -> None:
    async with due(postgres.new_database(), tmp_path, 10, MANY) as here:
        here.variables |= LONG_LEASE
        first, way = await here.start(reply_limit=5)
        await here.slack.until(lambda: way.stalled >= 3, PATIENCE)
        await first.kill()
        way.released.set()
        second, _ = await here.start("--only", "worker")
        async with asyncio.timeout(PATIENCE):
            await here.wait_until_closed(second)
        await _all_posted_once(here, first, second)


async def test_frozen_process_is_replaced_and_posts_nothing_when_it_resumes(tmp_path: Path, postgres: Postgres) -> None:
    async with due(postgres.new_database(), tmp_path, 11, MANY) as here:
        here.variables |= LONG_LEASE
        first, way = await here.start(reply_limit=4)
        await here.slack.until(lambda: way.stalled >= CHANNEL_COUNT, PATIENCE)
        first.running.send_signal(signal.SIGSTOP)
        way.released.set()
        second, _ = await here.start("--only", "worker")
        async with asyncio.timeout(PATIENCE):
            await here.wait_until_closed(second)
        accepted = way.accepted
        first.running.send_signal(signal.SIGCONT)
        assert await first.stop() == 0
        assert way.accepted == accepted
        await _all_posted_once(here, first, second)


@pytest.mark.parametrize("waits", [True, False])
async def test_sigterm_drains_deliveries_or_leaves_them_to_the_next_process(waits: bool, tmp_path: Path) -> None:
    async with due(f"sqlite:///{tmp_path / 'bot.db'}", tmp_path, 4, MANY) as here:
        here.variables |= {"SHUTDOWN_GRACE_SECONDS": "10" if waits else "0.1", "JOB_LEASE_SECONDS": "60"}
        first, way = await here.start(reply_limit=5)
        await here.slack.until(lambda: way.stalled >= 3, PATIENCE)
        first.running.send_signal(signal.SIGTERM)
        if waits:
            way.released.set()
        assert await first.wait() == 0
        accepted = way.accepted
        assert bool([slot for slot in await here.runs() if slot.posting is not None]) is not waits
        second, _ = await here.start()
        await here.wait_until_closed(second)
        assert way.accepted == accepted < (await here.count_deliveries()).sent
        await _all_posted_once(here, first, second)


async def test_two_processes_start_at_once_on_an_empty_database(tmp_path: Path, postgres: Postgres) -> None:
    slack, database = Slack(right_now), postgres.new_database()
    variables = {**FAST_SETTINGS, **slack_tokens("http"), "LAUNCHDARKLY_ACCESS_TOKEN": TOKEN, "DATABASE_URL": database}
    async with slack.serving() as api, AsyncExitStack() as behind:
        two = [
            await behind.enter_async_context(running_bot(tmp_path, **variables, SLACK_API_URL=api)) for _ in range(2)
        ]
        await asyncio.gather(*(process.wait_for_log("listening") for process in two))
        assert await asyncio.gather(*(process.stop() for process in two)) == [0, 0]
        _well(*two)


async def test_database_outage_logs_one_readable_line(tmp_path: Path, postgres: Postgres) -> None:
    async with due(postgres.new_database(), tmp_path, 7) as here:
        process, _ = await here.start()
        await here.wait_until_closed(process)
        with postgres.stopped():
            await process.wait_for_log('"from": "dbos"')
            assert "The bot's database is unavailable." in await process.wait_for_log("can't enqueue jobs")
        assert await process.stop() == 0
        assert {line[0] for line in process.log} == {"{"}


async def test_full_disk_is_reported_and_deliveries_resume_later(tmp_path: Path) -> None:
    async with open_load_harness(f"sqlite:///{tmp_path / 'bot.db'}", tmp_path, 8) as here:
        here.program = constrained_process.MODULE
        process, _ = await here.start()
        await process.wait_for_log("listening")
        pages = tmp_path / constrained_process.PAGES_FILE
        pages.write_text("1")  # all of them
        await here.add_schedules(MANY, right_now().replace(microsecond=0))
        assert "The bot's database is full." in await process.wait_for_log("can't enqueue jobs")
        pages.write_text("1000000")
        await here.wait_until_closed(process)
        assert await process.stop() == 0
        count = await here.count_deliveries()
        assert (count.lost, count.duplicates) == (0, 0)
        assert {line[0] for line in process.log} == {"{"}


async def test_workspaces_sharing_a_database_stay_separate(tmp_path: Path, postgres: Postgres) -> None:
    database = postgres.new_database()
    async with (
        due(database, tmp_path, 5) as here,
        due(database, tmp_path, 6, team=PARTNER_TEAM) as there,
    ):
        one, _ = await here.start()
        other, _ = await there.start()
        await asyncio.gather(here.wait_until_closed(one), there.wait_until_closed(other))
        for monday_, process in ((here, one), (there, other)):
            await _all_posted_once(monday_, process)
