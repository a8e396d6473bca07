"""Processes that are killed, frozen or told to end while they deliver: each message is posted, and none of them twice.

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
from bot.sandbox.slack.workspace import AWAY, HOME, Team
from tests.databases import Postgres
from tests.faults import constrained_process
from tests.load_harness import CHANNELS, SHORT, Monday, monday, right_now
from tests.processes import Process, started, tokens

MANY, FEW = 40, 15
SEEDS = (1, 2)
PATIENCE = 60  # seconds


@asynccontextmanager
async def due(database: str, place: Path, seed: int, many: int = FEW, team: Team = HOME) -> AsyncIterator[Monday]:
    """So many that are due at this moment."""
    async with monday(database, place, seed, team) as found:
        await found.order(many, right_now().replace(microsecond=0))
        yield found


def _well(*processes: Process) -> None:
    said = "".join(line for process in processes for line in process.log)
    for wrong in ("Traceback", '"level": "error"', "database is locked"):
        assert wrong not in said, said


async def _all_posted_once(here: Monday, *processes: Process) -> None:
    for process in processes:
        await process.kill()
    count = await here.count()
    print(count)
    assert (count.lost, count.twice) == (0, 0)
    assert count.sent >= len(here.schedules)
    assert {slot.state for slot in await here.slots()} == {"delivered"}
    _well(*processes)


@pytest.mark.parametrize("seed", SEEDS)
async def test_on_sqlite_the_process_that_is_killed_is_started_again(seed: int, tmp_path: Path) -> None:
    async with due(f"sqlite:///{tmp_path / 'bot.db'}", tmp_path, seed, MANY) as here:
        first, way = await here.process(heard=here.random.randint(3, 25))
        await here.slack.until(lambda: way.stuck >= 3, PATIENCE)
        await first.kill()
        way.free.set()
        second, _ = await here.process()
        await here.done(second)
        await _all_posted_once(here, first, second)


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_second_process_on_sqlite_refuses_to_start(seed: int, tmp_path: Path) -> None:
    async with due(f"sqlite:///{tmp_path / 'bot.db'}", tmp_path, seed, MANY) as here:
        here.variables |= {"LOCK_WAIT_SECONDS": "0.05"}
        first, way = await here.process(heard=here.random.randint(3, 25))
        await here.slack.until(lambda: way.stuck >= 3, PATIENCE)
        second, others = await here.process()
        assert await second.ended() == 1
        assert second.log[-1] == (
            f"Another process is already running the bot on {tmp_path / 'bot.db'}. "
            "Stop that process first, or use PostgreSQL to run several.\n"
        )
        assert others.accepted == 0
        way.free.set()
        await here.done(first)
        await _all_posted_once(here, first, second)


async def test_a_process_on_sqlite_starts_once_the_one_before_is_killed(tmp_path: Path) -> None:
    async with due(f"sqlite:///{tmp_path / 'bot.db'}", tmp_path, 9, MANY) as here:
        here.variables |= {"LOCK_WAIT_SECONDS": "60"}
        first, way = await here.process(heard=5)
        await here.slack.until(lambda: way.stuck >= 3, PATIENCE)
        second, others = await here.process()
        await second.listening()  # and waits for the lock
        assert others.accepted == 0
        await first.kill()
        way.free.set()
        await here.done(second)
        await _all_posted_once(here, first, second)


@pytest.mark.parametrize("seed", SEEDS)
async def test_on_postgresql_others_go_on_where_one_was_killed(seed: int, tmp_path: Path, postgres: Postgres) -> None:
    async with due(postgres.empty(), tmp_path, seed, MANY) as here:
        first, way = await here.process(heard=here.random.randint(3, 10))
        second, others = await here.process("--only", "worker", heard=0)
        await here.slack.until(lambda: way.stuck >= 3, PATIENCE)
        await first.kill()
        way.free.set()
        others.free.set()
        await here.done(second)
        await _all_posted_once(here, first, second)


async def test_who_is_frozen_past_its_lease_posts_nothing_that_another_has_posted(
    tmp_path: Path, postgres: Postgres
) -> None:
    async with due(postgres.empty(), tmp_path, 3) as here:
        first, way = await here.process(heard=4)
        await here.slack.until(lambda: way.stuck >= CHANNELS, PATIENCE)  # it waits for all channels
        first.running.send_signal(signal.SIGSTOP)
        way.free.set()
        second, _ = await here.process("--only", "worker")
        await here.done(second)
        first.running.send_signal(signal.SIGCONT)
        assert await first.stop() == 0
        await _all_posted_once(here, first, second)


@pytest.mark.parametrize("waits", [True, False])
async def test_who_is_told_to_end_finishes_what_it_has_begun_or_leaves_it_to_the_next(
    waits: bool, tmp_path: Path
) -> None:
    async with due(f"sqlite:///{tmp_path / 'bot.db'}", tmp_path, 4, MANY) as here:
        here.variables |= {"DRAIN_SECONDS": "10" if waits else "0.1", "LEASE_SECONDS": "60"}
        first, way = await here.process(heard=5)
        await here.slack.until(lambda: way.stuck >= 3, PATIENCE)
        first.running.send_signal(signal.SIGTERM)
        if waits:
            way.free.set()
        assert await first.ended() == 0
        accepted = way.accepted
        assert bool([slot for slot in await here.slots() if slot.posting is not None]) is not waits
        second, _ = await here.process()
        await here.done(second)
        assert way.accepted == accepted < (await here.count()).sent
        await _all_posted_once(here, first, second)


async def test_two_may_start_at_once_on_an_empty_database(tmp_path: Path, postgres: Postgres) -> None:
    slack, database = Slack(right_now), postgres.empty()
    variables = {**SHORT, **tokens("http"), "LAUNCHDARKLY_ACCESS_TOKEN": TOKEN, "DATABASE_URL": database}
    async with slack.served() as api, AsyncExitStack() as behind:
        two = [await behind.enter_async_context(started(tmp_path, **variables, SLACK_API_URL=api)) for _ in range(2)]
        await asyncio.gather(*(process.line("answering") for process in two))
        assert await asyncio.gather(*(process.stop() for process in two)) == [0, 0]
        _well(*two)


async def test_while_the_database_is_away_all_that_is_logged_is_a_line_with_a_sentence(
    tmp_path: Path, postgres: Postgres
) -> None:
    async with due(postgres.empty(), tmp_path, 7) as here:
        process, _ = await here.process()
        await here.done(process)
        with postgres.stopped():
            await process.line('"from": "dbos"')
            assert "The bot's own memory cannot be reached just now." in await process.line("nothing can be offered")
        assert await process.stop() == 0
        assert {line[0] for line in process.log} == {"{"}


async def test_a_full_disk_is_said_and_all_is_posted_once_there_is_room(tmp_path: Path) -> None:
    async with monday(f"sqlite:///{tmp_path / 'bot.db'}", tmp_path, 8) as here:
        here.program = constrained_process.MODULE
        process, _ = await here.process()
        await process.line("answering")
        pages = tmp_path / constrained_process.PAGES
        pages.write_text("1")  # as many as there are
        await here.order(MANY, right_now().replace(microsecond=0))
        assert "The bot's own memory is full." in await process.line("nothing can be offered")
        pages.write_text("1000000")
        await here.done(process)
        assert await process.stop() == 0
        count = await here.count()
        assert (count.lost, count.twice) == (0, 0)
        assert {line[0] for line in process.log} == {"{"}


async def test_workspaces_of_one_database_do_their_own_work(tmp_path: Path, postgres: Postgres) -> None:
    database = postgres.empty()
    async with (
        due(database, tmp_path, 5) as here,
        due(database, tmp_path, 6, team=AWAY) as there,
    ):
        one, _ = await here.process()
        other, _ = await there.process()
        await asyncio.gather(here.done(one), there.done(other))
        for monday_, process in ((here, one), (there, other)):
            await _all_posted_once(monday_, process)
