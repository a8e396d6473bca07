"""Two processes at the same run: whichever stalls or dies, and wherever, each message is posted once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from random import Random

import httpx
import psycopg
import pytest

from bot.access import AccessRules, Caller
from bot.demo import running_bot, sandbox_settings
from bot.messages.message import Message
from bot.sandbox.launchdarkly.app import launchdarkly
from bot.sandbox.slack import Fault, Slack
from bot.sandbox.slack.faults import Faults
from bot.schedules.context import MAX_RETRY_DELAY, SchedulerContext, serialize_message
from bot.schedules.delivery_job import deliver
from bot.schedules.query_job import answer_query
from bot.schedules.runs import Alerted, GaveUp, Leased, NotPosted, PostBegun, Posted, Retried, create
from bot.schedules.scheduler import LeaseLost, collect_work, defer, record, request_run
from bot.store import QueryKey, Run, RunState, Schedule, ScheduleState
from tests.conversation import NOW, UTC_ZONE, settings
from tests.databases import Postgres, TemporaryDatabase
from tests.scheduler_harness import (
    TIMEOUT_SECONDS,
    Clock,
    SchedulerHarness,
    WatchedClock,
    open_scheduler,
)

LEASE, SECOND = timedelta(minutes=5), timedelta(seconds=1)
POST = "chat.postMessage"
FRIDAY = (4,), 0, time(15), "UTC"
LINE = "scores web/production"
DIGEST = "digest web/production"
WAIT_FOR_BLOCKED_SESSION = """
DO $$ BEGIN
    FOR attempt IN 1..1000 LOOP
        EXIT WHEN EXISTS (SELECT FROM pg_locks WHERE NOT granted);
        PERFORM pg_sleep(0.02);
    END LOOP;
    ASSERT EXISTS (SELECT FROM pg_locks WHERE NOT granted);
END $$
"""


class HeldTransport(httpx.AsyncBaseTransport):
    """Holds LaunchDarkly's reply back until it is released."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner
        self.asked, self.go = asyncio.Event(), asyncio.Event()
        self.go.set()
        self.status = 200

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.set()
        await self.go.wait()
        if self.status != 200:
            return httpx.Response(self.status, json={"message": "No."}, request=request)
        return await self._inner.handle_async_request(request)


@dataclass
class TwoWorkers:
    """Two processes of one bot, in one workspace and with one database."""

    slack: Slack
    clock: Clock
    launchdarkly: HeldTransport
    one: SchedulerContext
    other: SchedulerContext

    async def due(self, line: str = LINE) -> Run:
        """Add an open run."""
        new = Schedule("", self.one.team, "C1", 0, "U1", *FRIDAY, line, ScheduleState.ACTIVE, "", self.clock.now)
        schedule = await self.one.store.schedules.add(new, self.clock.now)
        await collect_work(self.one, self.clock.now)
        return await self.run(schedule.id)

    async def answered(self, line: str = LINE) -> Run:
        """Add an open run with a stored answer."""
        slot = await self.due(line)
        await answer_query(self.one, slot.query_key)
        return slot

    async def run(self, schedule: str) -> Run:
        found = await self.one.store.runs.get(schedule, NOW)
        assert found
        return found

    def posted_keys(self) -> list[str]:
        """Return the keys of the messages in the channel."""
        return [
            str(message.metadata["event_payload"]["key"])[-2:]
            for message in self.slack.channels["C1"].messages
            if message.metadata
        ]


@pytest.fixture(name="two")
async def a_two(migrated_database: TemporaryDatabase) -> AsyncIterator[TwoWorkers]:
    async with two_at_work(migrated_database.url) as found:
        yield found


@asynccontextmanager
async def two_at_work(database: str) -> AsyncIterator[TwoWorkers]:
    clock = Clock(NOW)
    slack = Slack(clock, signing_clock=lambda: datetime.now(UTC))
    held = HeldTransport(httpx.ASGITransport(launchdarkly(clock)))

    async with slack.serving() as api, AsyncExitStack() as behind:
        chosen = sandbox_settings(settings(), api)
        one, other = [
            replace(
                (await behind.enter_async_context(running_bot(slack, chosen, clock, held, database))).scheduler,
                worker=name,
            )
            for name in ("one", "other")
        ]
        yield TwoWorkers(slack, clock, held, one, other)


# ------------------------------------------------------------------------------------------------------ stalled workers


async def test_stalled_worker_posts_nothing_another_has_delivered(two: TwoWorkers) -> None:
    slot = await two.answered()
    async with _stalled(two, slot) as still:
        two.clock.now += LEASE
        await deliver(two.other, slot.schedule, slot.at)
        assert (await two.run(slot.schedule)).state == "delivered"
    await still
    assert two.posted_keys() == ["#0"]
    assert (await two.run(slot.schedule)).state == "delivered"


async def test_worker_with_a_slow_clock_posts_nothing_another_took(two: TwoWorkers) -> None:
    slot = await two.answered()
    ahead = replace(two.other, now=lambda: two.clock.now + LEASE)
    async with _stalled(two, slot) as still:
        await deliver(ahead, slot.schedule, slot.at)
    await still
    assert two.posted_keys() == ["#0"]


async def test_worker_stalled_past_half_its_lease_releases_the_run(two: TwoWorkers) -> None:
    slot = await two.answered()
    async with _stalled(two, slot) as still:
        two.clock.now += LEASE * 0.6
    await still
    assert two.posted_keys() == []
    again = await two.run(slot.schedule)
    assert (again.state, again.attempt, again.posting) == (RunState.WAITING, 1, None)
    await deliver(two.other, slot.schedule, slot.at)
    assert two.posted_keys() == ["#0"]


@dataclass(frozen=True)
class AnnouncingRules(AccessRules):
    """Rules that announce when they are asked about a channel, which is after the run was leased."""

    asked: asyncio.Event = field(default_factory=asyncio.Event)

    def allows_channel(self, channel: str) -> bool:
        self.asked.set()
        return True


@asynccontextmanager
async def _stalled(two: TwoWorkers, run: Run) -> AsyncIterator["asyncio.Task[None]"]:
    """Let the first worker lease the run, and wait for the channel until the end of the block."""
    rules = AnnouncingRules()
    async with two.one.publisher.throttle("C1"):
        delivery = asyncio.create_task(deliver(replace(two.one, rules=rules), run.schedule, run.at))
        async with asyncio.timeout(TIMEOUT_SECONDS):
            await rules.asked.wait()
        yield delivery


async def test_run_offered_twice_is_delivered_once(two: TwoWorkers) -> None:
    slot = await two.answered()
    async with _stalled(two, slot) as first:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            await deliver(two.one, slot.schedule, slot.at)
            await deliver(two.other, slot.schedule, slot.at)
    await first
    assert two.posted_keys() == ["#0"]


async def test_expired_lease_cannot_change_the_run(two: TwoWorkers) -> None:
    late = await _lease(two, await two.answered())
    posting = (await record(two.one, late, PostBegun(0)))[0]
    two.clock.now += LEASE
    mine, _ = await record(two.other, posting, Leased("other", two.clock.now + LEASE))
    for event in (Posted(0, "1.2", is_last=True), NotPosted(), GaveUp("Late."), Retried(two.clock.now)):
        with pytest.raises(LeaseLost):
            await record(two.one, posting, event)
    assert await two.run(late.schedule) == mine


@pytest.mark.parametrize("dies", [True, False])
async def test_stale_defer_does_not_overwrite_newer_state(two: TwoWorkers, dies: bool) -> None:
    slot, slots, now = await two.answered(), two.one.store.runs, two.clock.now
    [(offered, _)] = await slots.list_open(two.one.team, now, 9)
    taken = await _lease(two, slot)
    if not dies:
        await record(two.one, taken, Retried(now + timedelta(seconds=10), by="one"))
    await defer(two.one, [offered])
    [(again, _)] = await slots.list_open(two.one.team, now + (LEASE if dies else timedelta(seconds=10)), 9)
    assert again.offered > offered.offered


async def test_cancelled_dispatch_is_taken_over_at_once(migrated_database: TemporaryDatabase) -> None:
    clock = WatchedClock(NOW)
    async with open_scheduler(migrated_database.url, engine_clock=clock) as found:
        for _ in range(20):
            schedule = await _wanted(found, LINE)
        await collect_work(found.ctx, NOW)
        await answer_query(found.ctx, QueryKey(schedule.team, LINE, "UTC", NOW))
        lost = asyncio.create_task(found.engine.dispatch(NOW))
        await asyncio.wait_for(clock.reads.get(), TIMEOUT_SECONDS)  # the first deliveries ask for their quota
        lost.cancel()
        await asyncio.wait([lost])
        await found.advance_to(NOW)
        # A dispatch from before the crash may still be running.
        await found.workspace.slack.until(lambda: len(found.posted()) >= 20, 10)
        assert len(found.posted()) == 20


# -------------------------------------------------------------------------------------------------------------- crashes


async def test_crash_after_posting_does_not_post_again(two: TwoWorkers) -> None:
    slot = await two.answered()
    posting = (await record(two.one, await _lease(two, slot), PostBegun(0)))[0]
    ts = await _post(two, slot, 0)
    await record(two.one, posting, Posted(0, ts, is_last=False))
    two.clock.now += LEASE
    await deliver(two.other, slot.schedule, slot.at)
    assert two.posted_keys() == ["#0"]
    assert (await two.run(slot.schedule)).state == "delivered"


@pytest.mark.parametrize("posted_parts", [1, 2])
async def test_crash_within_a_thread_posts_only_missing_parts(two: TwoWorkers, posted_parts: int) -> None:
    slot = await two.answered("digest web/production")
    posting = (await record(two.one, await _lease(two, slot), PostBegun(0)))[0]
    ts = await _post(two, slot, 0)
    posted = (await record(two.one, posting, Posted(0, ts, is_last=False)))[0]
    await record(two.one, posted, PostBegun(1))
    if posted_parts == 2:
        await _post(two, slot, 1, ts)
    two.clock.now += LEASE
    await deliver(two.other, slot.schedule, slot.at)
    answer = await two.one.store.runs.get_answer(slot.query_key)
    assert answer
    assert two.posted_keys() == [f"#{part}" for part in range(1 + len(answer[0]["thread"]))]
    assert len(two.posted_keys()) > 1


async def _lease(two: TwoWorkers, run: Run) -> Run:
    """Lease a run for the first worker."""
    return (await record(two.one, await two.run(run.schedule), Leased("one", two.clock.now + LEASE)))[0]


async def _post(two: TwoWorkers, run: Run, part: int, thread: str = "") -> str:
    """Post as a worker that crashed before recording the post."""
    answer = await two.one.answers.answer(LINE, Caller(UTC_ZONE))
    return await two.one.publisher.post(
        "C1", answer.message, f"{run.schedule}@{int(run.at.timestamp())}#{part}", thread
    )


async def _alert_with_reply(two: TwoWorkers) -> tuple[Run, Run]:
    """Add an open alert, and an open reply to it."""
    watch = Schedule("", two.one.team, "C1", 0, "U1", (), 0, None, "UTC", LINE, ScheduleState.ACTIVE, "", NOW)
    schedule = await two.one.store.schedules.add(watch, NOW)
    texts = {text: serialize_message(Message.from_markup(text)) for text in ("It is off.", "It is on again.")}
    alert = create(Alerted(schedule, NOW, message=texts["It is off."]), NOW)
    reply = create(Alerted(schedule, NOW + SECOND, message=texts["It is on again."], reply_to=NOW), NOW)
    assert await two.one.store.watch_states.record(schedule, {}, NOW, [alert, reply])
    return alert, reply


async def test_reply_waits_until_the_message_it_replies_to_is_posted(two: TwoWorkers) -> None:
    alert, reply = await _alert_with_reply(two)
    await deliver(two.one, reply.schedule, reply.at)
    assert two.posted_keys() == []
    await deliver(two.one, alert.schedule, alert.at)
    two.clock.now += two.one.timing.initial_backoff
    await deliver(two.other, reply.schedule, reply.at)
    await deliver(two.one, reply.schedule, reply.at)
    shown, replied = two.slack.channels["C1"].messages
    assert (shown.thread_ts, replied.thread_ts) == (None, shown.ts)
    assert [message.text.splitlines()[0] for message in (shown, replied)] == ["It is off.", "It is on again."]
    assert "Alerts turned on" not in replied.text


async def test_reply_to_a_message_that_failed_is_posted_in_the_channel(two: TwoWorkers) -> None:
    alert, reply = await _alert_with_reply(two)
    await record(two.one, alert, GaveUp("It is too long."))
    await deliver(two.one, reply.schedule, reply.at)
    [replied] = two.slack.channels["C1"].messages
    assert replied.thread_ts is None
    assert "Alerts turned on" in replied.text


async def test_crash_after_posting_a_reply_does_not_post_it_again(two: TwoWorkers) -> None:
    alert, reply = await _alert_with_reply(two)
    await deliver(two.one, alert.schedule, alert.at)
    two.slack.faults[POST] = Fault(drop_response=True, times=1)
    await deliver(two.one, reply.schedule, reply.at)
    two.clock.now += LEASE
    await deliver(two.other, reply.schedule, reply.at)
    assert [message.thread_ts is None for message in two.slack.channels["C1"].messages] == [True, False]
    saved = await two.one.store.runs.get(reply.schedule, reply.at)
    assert saved
    assert saved.state is RunState.DELIVERED


async def test_restarted_worker_resumes_its_own_lease_at_once(two: TwoWorkers) -> None:
    slot = await two.answered()
    await _lease(two, slot)
    await deliver(replace(two.other, worker="one"), slot.schedule, slot.at)
    assert two.posted_keys() == ["#0"]


# -------------------------------------------------------------------------------------------------------------- queries


async def test_run_due_while_its_query_is_in_flight_gets_the_answer(two: TwoWorkers) -> None:
    slot = await two.due()
    async with _answering(two, two.one, slot.query_key) as asked:
        later = await two.due()
    assert {wanted.schedule for wanted in await asked} == {slot.schedule, later.schedule}


async def test_run_due_while_its_answer_is_stored_gets_the_answer(postgres: Postgres) -> None:
    database = postgres.new_schema()
    async with two_at_work(database) as two:
        slot = await two.due()
        with psycopg.connect(database) as connection:
            connection.execute("LOCK TABLE asked IN SHARE MODE")  # for reads, not for writes
            asked = asyncio.create_task(answer_query(two.one, slot.query_key))
            await asyncio.to_thread(connection.execute, WAIT_FOR_BLOCKED_SESSION)
            later = await two.due()
        assert {wanted.schedule for wanted in await asked} == {slot.schedule, later.schedule}


async def test_failed_query_does_not_override_another_workers_answer(two: TwoWorkers) -> None:
    slot = await two.due()
    two.launchdarkly.status = 403
    async with _answering(two, two.one, slot.query_key) as asked:
        await two.other.store.runs.save_answer(
            slot.query_key, {"text": "71", "blocks": [], "thread": []}, NOW, quiet=False
        )
    assert [wanted.schedule for wanted in await asked] == [slot.schedule]
    assert (await two.run(slot.schedule)).state is RunState.WAITING


async def test_first_stored_answer_wins(two: TwoWorkers) -> None:
    slot = await two.answered()
    first = await two.one.store.runs.get_answer(slot.query_key)
    await two.other.store.runs.save_answer(slot.query_key, {"text": "another"}, NOW, quiet=True)
    assert await two.one.store.runs.get_answer(slot.query_key) == first


@asynccontextmanager
async def _answering(two: TwoWorkers, ctx: SchedulerContext, key: QueryKey) -> AsyncIterator["asyncio.Task[list[Run]]"]:
    """Keep the query in flight within the block."""
    two.launchdarkly.go.clear()
    asked = asyncio.create_task(answer_query(ctx, key))
    await two.launchdarkly.asked.wait()
    yield asked
    two.launchdarkly.go.set()


# -------------------------------------------------------------------------------------------------------- random faults


MAX_FAULTY_POSTS = 36  # posts


class RandomFaults(Faults):
    """While active, most posts are rate-limited, or fail before or after they are executed."""

    WEATHERS = (
        Fault(status=429, retry_after=30),
        Fault(status=500),
        Fault(drop_response=True),
        Fault(reset=True),
        Fault(),
        Fault(),
    )

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._random = Random(seed)  # noqa: S311
        self.met: list[Fault] = []

    def take(self, target: str) -> Fault | None:
        if target != POST or len(self.met) == MAX_FAULTY_POSTS:
            return super().take(target)
        self.met.append(self._random.choice(self.WEATHERS))
        return self.met[-1]


async def test_each_message_is_posted_once_through_random_faults(migrated_database: TemporaryDatabase) -> None:
    async with open_scheduler(migrated_database.url) as found:
        found.workspace.slack.faults = storm = RandomFaults(1)
        wanted = [await _wanted(found, "digest web/production") for _ in range(12)]
        await found.advance_to(NOW)
        for minutes in (0.5, 0.5, 1, 1, 2, 5, 5, 5, 5, 5, 5, 5, 5, 5):
            await found.advance(minutes=minutes)
        history = await found.ctx.store.runs.history([schedule.id for schedule in wanted], 100)
        answer = await found.ctx.store.runs.get_answer(history[0].query_key)
        assert answer
    assert {slot.state for slot in history} == {"delivered"}
    assert all(weather in storm.met for weather in storm.WEATHERS)
    parts = range(1 + len(answer[0]["thread"]))
    keys = [m.metadata["event_payload"]["key"] for m in found.workspace.slack.channels["C1"].messages if m.metadata]
    assert sorted(keys) == sorted(
        f"{schedule.id}@{int(NOW.timestamp())}#{part}" for schedule in wanted for part in parts
    )


async def test_delivery_succeeds_after_a_ten_minute_launchdarkly_outage(migrated_database: TemporaryDatabase) -> None:
    async with open_scheduler(migrated_database.url, answer_timeout_seconds=0.15) as found:  # no second attempt fits in
        await _wanted(found, LINE)
        found.workspace.faults.status = 503
        await found.advance_to(NOW)
        for _ in range(10):
            await found.advance(minutes=1)
        assert found.posted() == []
        found.workspace.faults.status = None
        for _ in range(5):
            await found.advance(minutes=1)
        assert len(found.posted()) == 1
        [slot] = await found.ctx.store.runs.history([schedule.id for schedule in await _all(found)], 10)
    assert slot.state == "delivered"
    assert slot.attempt >= 4


async def test_last_retry_that_starts_late_is_not_skipped(migrated_database: TemporaryDatabase) -> None:
    async with open_scheduler(migrated_database.url, answer_timeout_seconds=0.15) as found:
        schedule, window = await _wanted(found, LINE), found.ctx.timing.catch_up_window
        found.workspace.faults.status, retry_at = 503, NOW
        while retry_at + MAX_RETRY_DELAY <= NOW + window:
            await found.advance_to(retry_at)
            run = await found.ctx.store.runs.get(schedule.id, NOW)
            assert run
            assert run.offer_at
            retry_at = run.offer_at
        found.workspace.faults.status = None
        await found.advance_to(NOW + window + timedelta(seconds=5))
        assert len(found.posted()) == 1


async def test_partial_answer_is_retried_until_complete(migrated_database: TemporaryDatabase) -> None:
    async with open_scheduler(migrated_database.url, answer_timeout_seconds=0.15) as found:
        await _wanted(found, DIGEST)
        found.workspace.faults.status, found.workspace.faults.path_contains = 503, "insights/scores"
        await found.advance_to(NOW)
        await found.advance(minutes=5)
        assert found.posted() == []
        found.workspace.faults.status = None
        await found.advance(minutes=5)
        [message, *_] = found.posted()
    assert "couldn't be loaded" not in message.text


async def test_partial_answer_is_delivered_after_the_retry_window(migrated_database: TemporaryDatabase) -> None:
    async with open_scheduler(migrated_database.url, answer_timeout_seconds=0.15) as found:
        await _wanted(found, DIGEST)
        found.workspace.faults.status, found.workspace.faults.path_contains = 503, "insights/scores"
        await found.advance_to(NOW)
        for _ in range(4):
            await found.advance(minutes=5)
        [message, *_] = found.posted()
    assert "Scores couldn't be loaded." in message.text
    assert found.clock.now - NOW <= timedelta(minutes=20)


async def test_on_demand_run_does_not_wait_for_a_complete_answer(migrated_database: TemporaryDatabase) -> None:
    async with open_scheduler(migrated_database.url, answer_timeout_seconds=0.15) as found:
        later = replace(await _wanted(found, DIGEST), next_at=NOW + timedelta(days=7))
        await found.ctx.store.schedules.change(later.id, NOW, next_at=later.next_at)
        found.workspace.faults.status, found.workspace.faults.path_contains = 503, "insights/scores"
        await request_run(found.ctx, later, NOW, by="U1")
        await found.advance_to(NOW)
        [message, *_] = found.posted()
    assert "Scores couldn't be loaded." in message.text


async def _all(scheduler: SchedulerHarness) -> list[Schedule]:
    return await scheduler.ctx.store.schedules.list_all()


async def _wanted(scheduler: SchedulerHarness, line: str) -> Schedule:
    """Add a schedule that is due now."""
    new = Schedule("", scheduler.ctx.team, "C1", 0, "U1", *FRIDAY, line, ScheduleState.ACTIVE, "", NOW)
    return await scheduler.ctx.store.schedules.add(new, NOW)
