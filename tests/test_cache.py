"""Who asks the same shares one answer, and all who ask share what LaunchDarkly is asked at once."""

import asyncio
import gc
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from weakref import WeakSet

import pytest

from bot.errors import NotFound
from bot.launchdarkly import Version
from bot.launchdarkly.cache import MOST, Memory
from tests.conversation import NOW
from tests.misbehaving_server import GOOD, Thing, Visit, asking, reply, rude

PATH = "/api/v2/things"
BETA = Version.BETA
LIFE = 30


@dataclass
class Clock:
    """A clock that is moved by hand."""

    time: datetime = NOW

    def __call__(self) -> datetime:
        return self.time

    def forward(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@dataclass
class Gate:
    """Answers once it is opened."""

    opened: asyncio.Event

    async def __call__(self, visit: Visit) -> None:
        await self.opened.wait()
        await visit.send(GOOD)


async def test_the_same_asked_twice_at_once_is_sent_once() -> None:
    async with rude(lambda _: GOOD) as server, asking(server.url) as launchdarkly:
        answers = await asyncio.gather(*(launchdarkly.get(Thing, PATH, version=BETA) for _ in range(10)))
    assert answers == [Thing(name="one")] * 10
    assert len(server.requests) == 1


async def test_an_answer_serves_for_some_seconds_and_no_longer() -> None:
    clock = Clock()
    sent = []
    async with rude(lambda _: GOOD) as server, asking(server.url, clock, remembered=LIFE) as launchdarkly:
        for wait in (0, LIFE - 1, 2, LIFE - 1, 1):
            clock.forward(wait)
            await launchdarkly.get(Thing, PATH, version=BETA)
            sent.append(len(server.requests))
    assert sent == [1, 1, 2, 2, 3]


async def test_a_request_can_keep_its_answer_longer() -> None:
    clock = Clock()
    sent = []
    async with rude(lambda _: GOOD) as server, asking(server.url, clock, remembered=LIFE) as launchdarkly:
        for wait in (0, LIFE + 1, 14 * 60 - LIFE, 60):
            clock.forward(wait)
            both = (launchdarkly.get(Thing, PATH, version=BETA, lifetime=timedelta(minutes=15)) for _ in range(2))
            await asyncio.gather(*both)
            sent.append(len(server.requests))
    assert sent == [1, 1, 1, 2]


async def test_a_failure_is_shared_by_who_waits_and_not_remembered() -> None:
    async with (
        rude(lambda n: reply(404) if n == 1 else GOOD) as server,
        asking(server.url, remembered=LIFE) as launchdarkly,
    ):
        both = (launchdarkly.get(Thing, PATH, version=BETA) for _ in range(2))
        assert [type(end) for end in await asyncio.gather(*both, return_exceptions=True)] == [NotFound, NotFound]
        assert len(server.requests) == 1
        assert await launchdarkly.get(Thing, PATH, version=BETA) == Thing(name="one")


@pytest.mark.parametrize("impatient", [0, 1])
async def test_one_who_stops_waiting_takes_nothing_from_the_other(impatient: int) -> None:
    gate = Gate(asyncio.Event())
    async with rude(lambda _: gate) as server, asking(server.url) as launchdarkly, asyncio.timeout(10):
        waiting = [asyncio.ensure_future(launchdarkly.get(Thing, PATH, version=BETA)) for _ in range(2)]
        await server.heard.wait()
        waiting[impatient].cancel()
        await asyncio.wait([waiting[impatient]])
        gate.opened.set()
        assert await waiting[1 - impatient] == Thing(name="one")
        assert waiting[impatient].cancelled()
    assert len(server.requests) == 1


async def test_an_answer_that_nobody_waits_for_any_more_is_kept_for_the_next_who_asks() -> None:
    gate = Gate(asyncio.Event())
    async with rude(lambda _: gate) as server, asking(server.url) as launchdarkly, asyncio.timeout(10):
        alone = asyncio.ensure_future(launchdarkly.get(Thing, PATH, version=BETA))
        await server.heard.wait()
        alone.cancel()
        await asyncio.wait([alone])
        late = asyncio.ensure_future(launchdarkly.get(Thing, PATH, version=BETA))
        gate.opened.set()
        assert await late == Thing(name="one")
    assert len(server.requests) == 1


async def test_what_differs_at_all_is_asked_by_itself() -> None:
    class Other(Thing):
        """The same answer, read for another purpose."""

    async with rude(lambda _: GOOD) as server, asking(server.url, remembered=LIFE) as launchdarkly:
        for _ in range(2):
            await launchdarkly.get(Thing, PATH, version=BETA)
            await launchdarkly.get(Thing, PATH, version=Version.CURRENT)
            await launchdarkly.get(Thing, f"{PATH}/a", version=BETA)
            await launchdarkly.get(Thing, PATH, (("env", "a"),), version=BETA)
            await launchdarkly.get(Thing, PATH, (("env", "a"), ("env", "b")), version=BETA)
            await launchdarkly.get(Other, PATH, version=BETA)
    assert len(server.requests) == 6


class Answer:
    """Something whose life can be watched."""


async def test_no_more_is_remembered_than_there_is_room_for() -> None:
    alive: WeakSet[Answer] = WeakSet()
    clock = Clock()
    memory = Memory(LIFE, clock)

    async def ask() -> Answer:
        alive.add(answer := Answer())
        return answer

    for n in range(MOST + 200):
        clock.forward(0.001)
        await memory.once(n, ask)
    gc.collect()
    assert MOST <= len(alive) <= MOST + 1
    newest, before = MOST + 199, set(alive)
    assert await memory.once(newest, ask) in before  # it is the oldest that had to go
    before.clear()
    clock.forward(LIFE)
    await memory.once("another", ask)
    gc.collect()
    assert len(alive) == 1


@pytest.mark.parametrize("in_flight", [1, 4])
async def test_no_more_is_asked_at_once_than_agreed(in_flight: int) -> None:
    crowd: Counter[str] = Counter()
    full = asyncio.Event()

    async def crowded(visit: Visit) -> None:
        crowd["now"] += 1
        crowd["most"] = max(crowd["most"], crowd["now"])
        if crowd["now"] == in_flight:
            full.set()
        await full.wait()
        for _ in range(50):  # turns of the loop, in which one too many would come in
            await asyncio.sleep(0)
        crowd["now"] -= 1
        await visit.send(GOOD)

    async with (
        rude(lambda _: crowded) as server,
        asking(server.url, in_flight=in_flight) as launchdarkly,
        asyncio.timeout(10),
    ):
        await asyncio.gather(*(launchdarkly.get(Thing, f"{PATH}/{n}", version=BETA) for n in range(20)))
    assert len(server.requests) == 20
    assert crowd["most"] == in_flight
