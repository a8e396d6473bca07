"""Two processes at the same slot, whichever stands still, or dies, wherever: what is due is posted, and never twice."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random

import httpx
import psycopg
import pytest
from dbos import DBOS

from bot.answers import Asker
from bot.demo import at_home, working
from bot.sandbox.launchdarkly.app import launchdarkly
from bot.sandbox.slack import Slack, Weather
from bot.sandbox.slack.faults import Sky
from bot.schedules.context import Rounds
from bot.schedules.delivery_job import deliver
from bot.schedules.query_job import ask
from bot.schedules.scheduler import hold_back, offers
from bot.store import Asking, Schedule, Slot
from tests.conversation import NOW, UTC_ZONE, settings
from tests.databases import Database, Postgres
from tests.scheduler_harness import TIMES, Clock, Desk, desk

LEASE = timedelta(minutes=5)
POST = "chat.postMessage"
LINE = "scores web/production"
DIGEST = "digest web/production"


class Held(httpx.AsyncBaseTransport):
    """LaunchDarkly thinks about an answer until it is let go."""

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
class Two:
    """Two processes of one bot, in one workspace and on one database."""

    slack: Slack
    clock: Clock
    launchdarkly: Held
    one: Rounds
    other: Rounds

    async def due(self, line: str = LINE) -> Slot:
        """A slot that is open."""
        new = Schedule("", self.one.team, "C1", 0, "U1", "friday 15:00 UTC", line, "active", "", self.clock.now)
        schedule = await self.one.store.schedules.add(new, self.clock.now)
        await offers(self.one, self.clock.now)
        return await self.slot(schedule.id)

    async def answered(self, line: str = LINE) -> Slot:
        """A slot that is open, and whose answer is there."""
        slot = await self.due(line)
        await ask(self.one, slot.asking)
        return slot

    async def slot(self, schedule: str) -> Slot:
        found = await self.one.store.slots.get(schedule, NOW)
        assert found
        return found

    def said(self) -> list[str]:
        """The keys of what stands in the channel."""
        return [
            str(message.metadata["event_payload"]["key"])[-2:]
            for message in self.slack.channels["C1"].messages
            if message.metadata
        ]


@pytest.fixture(name="two")
async def a_two(database: Database) -> AsyncIterator[Two]:
    async with two_at_work(database.url) as found:
        yield found


@asynccontextmanager
async def two_at_work(database: str) -> AsyncIterator[Two]:
    clock, found = Clock(NOW), []
    slack = Slack(clock, signs_at=lambda: datetime.now(UTC))
    held = Held(httpx.ASGITransport(launchdarkly(clock)))

    @asynccontextmanager
    async def by_the_clock(rounds: Rounds) -> AsyncIterator[Callable[[], None]]:
        found.append(rounds)
        yield lambda: None

    async with slack.served() as api, AsyncExitStack() as behind:
        chosen = at_home(settings(**TIMES), api)
        for _ in range(2):
            await behind.enter_async_context(working(slack, chosen, clock, held, database, by_the_clock))
        one, other = (replace(rounds, me=name) for rounds, name in zip(found, ("one", "other"), strict=True))
        yield Two(slack, clock, held, one, other)


# ------------------------------------------------------------------------------------------------ who stands still


async def test_who_stood_still_until_another_has_delivered_posts_nothing(two: Two) -> None:
    slot = await two.answered()
    async with two.one.post.turn("C1"):
        still = asyncio.create_task(deliver(two.one, slot.schedule, slot.at))
        await _taken(two, slot)
        two.clock.now += LEASE
        await deliver(two.other, slot.schedule, slot.at)
        assert (await two.slot(slot.schedule)).state == "delivered"
    await still
    assert two.said() == ["#0"]
    assert (await two.slot(slot.schedule)).state == "delivered"


async def test_whose_clock_is_behind_posts_nothing_of_what_another_has_taken(two: Two) -> None:
    slot = await two.answered()
    ahead = replace(two.other, now=lambda: two.clock.now + LEASE)
    async with two.one.post.turn("C1"):
        still = asyncio.create_task(deliver(two.one, slot.schedule, slot.at))
        await _taken(two, slot)
        await deliver(ahead, slot.schedule, slot.at)
    await still
    assert two.said() == ["#0"]


async def test_who_stood_still_past_half_its_lease_posts_nothing_and_tries_again(two: Two) -> None:
    slot = await two.answered()
    async with two.one.post.turn("C1"):
        still = asyncio.create_task(deliver(two.one, slot.schedule, slot.at))
        await _taken(two, slot)
        two.clock.now += LEASE * 0.6
    await still
    assert two.said() == []
    again = await two.slot(slot.schedule)
    assert (again.state, again.attempt, again.posting) == ("open", 1, None)
    await deliver(two.other, slot.schedule, slot.at)
    assert two.said() == ["#0"]


async def _taken(two: Two, slot: Slot) -> None:
    """Until the one has the slot."""
    async with asyncio.timeout(5):
        while not (await two.slot(slot.schedule)).taken_by:
            pass


async def test_who_was_offered_the_same_twice_delivers_it_once(two: Two) -> None:
    slot = await two.answered()
    async with two.one.post.turn("C1"):
        first = asyncio.create_task(deliver(two.one, slot.schedule, slot.at))
        await _taken(two, slot)
        async with asyncio.timeout(5):
            await deliver(two.one, slot.schedule, slot.at)
            await deliver(two.other, slot.schedule, slot.at)
    await first
    assert two.said() == ["#0"]


async def test_whose_lease_is_over_changes_nothing_any_more(two: Two) -> None:
    slot, slots = await two.answered(), two.one.store.slots
    now = two.clock.now
    late = await slots.take(slot.schedule, slot.at, "one", now, now + LEASE)
    mine = await slots.take(slot.schedule, slot.at, "other", now + LEASE, now + 2 * LEASE)
    assert late
    assert mine
    assert not await slots.mark(late, 0, now)
    assert not await slots.keep(late, 0, "1.2")
    assert not await slots.close(late, "failed", "", now)
    await slots.again([late], now)
    assert await two.slot(slot.schedule) == mine


@pytest.mark.parametrize("dies", [True, False])
async def test_who_was_slow_to_hold_back_what_it_offered_does_not_undo_what_was_done_since(
    two: Two, dies: bool
) -> None:
    slot, slots, now = await two.answered(), two.one.store.slots, two.clock.now
    [(offered, _)] = await slots.open(two.one.team, now, 9)
    taken = await slots.take(slot.schedule, slot.at, "other", now, now + LEASE)
    assert taken
    if not dies:
        await slots.again([taken], now + timedelta(seconds=10))
    await hold_back(two.one, [offered])
    [(again, _)] = await slots.open(two.one.team, now + (LEASE if dies else timedelta(seconds=10)), 9)
    assert again.offered > offered.offered


async def test_who_is_lost_while_it_offers_is_followed_by_another_at_once(database: Database) -> None:
    async with desk(database.url) as found:
        for _ in range(20):
            schedule = await _wanted(found, LINE)
        await offers(found.rounds, NOW)
        await ask(found.rounds, Asking(schedule.team, LINE, "UTC", NOW))
        lost = asyncio.create_task(found.engine.dispatch(NOW))
        async with asyncio.timeout(5):
            while not await DBOS.list_workflows_async(workflow_id_prefix="deliver:", limit=1):
                pass
        lost.cancel()
        await asyncio.wait([lost])
        await found.come(NOW)
        # What was offered before it was lost may still be under way.
        await found.office.slack.until(lambda: len(found.posted()) >= 20, 10)
        assert len(found.posted()) == 20


# ---------------------------------------------------------------------------------------------------------- who dies


async def test_who_dies_with_all_posted_leaves_nothing_to_post(two: Two) -> None:
    slot = await two.answered()
    dead = await two.one.store.slots.take(slot.schedule, slot.at, "one", two.clock.now, two.clock.now + LEASE)
    assert dead
    ts = await _post(two, slot, 0)
    await two.one.store.slots.keep(dead, 0, ts)
    two.clock.now += LEASE
    await deliver(two.other, slot.schedule, slot.at)
    assert two.said() == ["#0"]
    assert (await two.slot(slot.schedule)).state == "delivered"


@pytest.mark.parametrize("parts", [1, 2])
async def test_who_dies_below_a_message_leaves_each_part_to_be_found(two: Two, parts: int) -> None:
    slot = await two.answered("digest web/production")
    dead = await two.one.store.slots.take(slot.schedule, slot.at, "one", two.clock.now, two.clock.now + LEASE)
    assert dead
    ts = await _post(two, slot, 0)
    await two.one.store.slots.keep(dead, 0, ts)
    await two.one.store.slots.mark(dead, 1, two.clock.now)
    if parts == 2:
        await _post(two, slot, 1, ts)
    two.clock.now += LEASE
    await deliver(two.other, slot.schedule, slot.at)
    answer = await two.one.store.slots.answered(slot.asking)
    assert answer
    assert two.said() == [f"#{part}" for part in range(1 + len(answer[0]["thread"]))]
    assert len(two.said()) > 1


async def _post(two: Two, slot: Slot, part: int, thread: str = "") -> str:
    """What somebody has posted who did not live to write it down."""
    answer = await two.one.answers.answer(LINE, Asker(UTC_ZONE))
    return await two.one.post.post("C1", answer.message, f"{slot.schedule}@{int(slot.at.timestamp())}#{part}", thread)


async def test_who_is_started_again_goes_on_at_once(two: Two) -> None:
    slot = await two.answered()
    await two.one.store.slots.take(slot.schedule, slot.at, "one", two.clock.now, two.clock.now + LEASE)
    await deliver(replace(two.other, me="one"), slot.schedule, slot.at)
    assert two.said() == ["#0"]


# --------------------------------------------------------------------------------------------------------- who asks


async def test_what_is_due_while_its_question_is_asked_gets_the_answer(two: Two) -> None:
    slot = await two.due()
    async with _asking(two, two.one, slot.asking) as asked:
        later = await two.due()
    assert {wanted.schedule for wanted in await asked} == {slot.schedule, later.schedule}


async def test_what_is_due_while_its_answer_is_written_down_gets_the_answer(postgres: Postgres) -> None:
    database = postgres.database()
    async with two_at_work(database) as two:
        slot = await two.due()
        with psycopg.connect(database) as connection:
            connection.execute("LOCK TABLE asked IN SHARE MODE")  # to be read, and not to be written
            asked = asyncio.create_task(ask(two.one, slot.asking))
            await asyncio.to_thread(_until_somebody_waits_for, connection)
            later = await two.due()
        assert {wanted.schedule for wanted in await asked} == {slot.schedule, later.schedule}


async def test_who_fails_to_ask_what_another_was_answered_fails_nobody(two: Two) -> None:
    slot = await two.due()
    two.launchdarkly.status = 403
    async with _asking(two, two.one, slot.asking) as asked:
        await two.other.store.slots.answer(slot.asking, {"text": "71", "blocks": [], "thread": []}, NOW, quiet=False)
    assert [wanted.schedule for wanted in await asked] == [slot.schedule]
    assert (await two.slot(slot.schedule)).state == "open"


async def test_what_was_answered_first_stands(two: Two) -> None:
    slot = await two.answered()
    first = await two.one.store.slots.answered(slot.asking)
    await two.other.store.slots.answer(slot.asking, {"text": "another"}, NOW, quiet=True)
    assert await two.one.store.slots.answered(slot.asking) == first


def _until_somebody_waits_for(connection: psycopg.Connection) -> None:
    while not connection.execute("SELECT pid FROM pg_locks WHERE NOT granted").fetchone():
        pass


@asynccontextmanager
async def _asking(two: Two, rounds: Rounds, asking: Asking) -> AsyncIterator["asyncio.Task[list[Slot]]"]:
    """The question is on its way while the block lasts."""
    two.launchdarkly.go.clear()
    asked = asyncio.create_task(ask(rounds, asking))
    await two.launchdarkly.asked.wait()
    yield asked
    two.launchdarkly.go.set()


# ---------------------------------------------------------------------------------------------------------- bad days


LASTS = 36  # posts


class Storm(Sky):
    """While it lasts, most posts are limited, or something breaks before or after they are done."""

    WEATHERS = (
        Weather(status=429, retry_after=30),
        Weather(status=500),
        Weather(lost=True),
        Weather(reset=True),
        Weather(),
        Weather(),
    )

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._random = Random(seed)  # noqa: S311
        self.met: list[Weather] = []

    def over(self, place: str) -> Weather | None:
        if place != POST or len(self.met) == LASTS:
            return super().over(place)
        self.met.append(self._random.choice(self.WEATHERS))
        return self.met[-1]


async def test_through_a_storm_each_message_is_posted_once(database: Database) -> None:
    async with desk(database.url) as found:
        found.office.slack.weather = storm = Storm(1)
        wanted = [await _wanted(found, "digest web/production") for _ in range(12)]
        await found.come(NOW)
        for minutes in (0.5, 0.5, 1, 1, 2, 5, 5, 5, 5, 5, 5, 5, 5, 5):
            await found.wait(minutes=minutes)
        history = await found.rounds.store.slots.history([schedule.id for schedule in wanted], 100)
        answer = await found.rounds.store.slots.answered(history[0].asking)
        assert answer
    assert {slot.state for slot in history} == {"delivered"}
    assert all(weather in storm.met for weather in storm.WEATHERS)
    parts = range(1 + len(answer[0]["thread"]))
    keys = [m.metadata["event_payload"]["key"] for m in found.office.slack.channels["C1"].messages if m.metadata]
    assert sorted(keys) == sorted(
        f"{schedule.id}@{int(NOW.timestamp())}#{part}" for schedule in wanted for part in parts
    )


async def test_what_launchdarkly_cannot_answer_for_ten_minutes_is_delivered_then(database: Database) -> None:
    async with desk(database.url, answer_seconds=0.15) as found:  # no second attempt fits into that
        await _wanted(found, LINE)
        found.office.weather.status = 503
        await found.come(NOW)
        for _ in range(10):
            await found.wait(minutes=1)
        assert found.posted() == []
        found.office.weather.status = None
        for _ in range(5):
            await found.wait(minutes=1)
        assert len(found.posted()) == 1
        [slot] = await found.rounds.store.slots.history([schedule.id for schedule in await _all(found)], 10)
    assert slot.state == "delivered"
    assert slot.attempt >= 4


async def test_what_is_partial_waits_for_a_while_to_become_whole(database: Database) -> None:
    async with desk(database.url, answer_seconds=0.15) as found:
        await _wanted(found, DIGEST)
        found.office.weather.status, found.office.weather.only = 503, "insights/scores"
        await found.come(NOW)
        await found.wait(minutes=5)
        assert found.posted() == []
        found.office.weather.status = None
        await found.wait(minutes=5)
        [message, *_] = found.posted()
    assert "cannot be had" not in message.text


async def test_what_stays_partial_is_delivered_with_what_there_is(database: Database) -> None:
    async with desk(database.url, answer_seconds=0.15) as found:
        await _wanted(found, DIGEST)
        found.office.weather.status, found.office.weather.only = 503, "insights/scores"
        await found.come(NOW)
        for _ in range(4):
            await found.wait(minutes=5)
        [message, *_] = found.posted()
    assert "Scores cannot be had." in message.text
    assert found.clock.now - NOW <= timedelta(minutes=20)


async def test_what_somebody_wants_at_once_is_not_waited_for(database: Database) -> None:
    async with desk(database.url, answer_seconds=0.15) as found:
        later = replace(await _wanted(found, DIGEST), next_at=NOW + timedelta(days=7))
        await found.rounds.store.schedules.change(later.id, NOW, next_at=later.next_at)
        found.office.weather.status, found.office.weather.only = 503, "insights/scores"
        await found.rounds.store.slots.ask_for(later, "UTC", NOW, by="U1")
        await found.come(NOW)
        [message, *_] = found.posted()
    assert "Scores cannot be had." in message.text


async def _all(found: Desk) -> list[Schedule]:
    return await found.rounds.store.schedules.everywhere()


async def _wanted(found: Desk, line: str) -> Schedule:
    """A schedule that is due now."""
    new = Schedule("", found.rounds.team, "C1", 0, "U1", "friday 15:00 UTC", line, "active", "", NOW)
    return await found.rounds.store.schedules.add(new, NOW)
