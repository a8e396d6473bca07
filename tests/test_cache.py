"""Identical requests share one reply, and all requests share one limit of concurrency."""

import asyncio
import gc
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from weakref import WeakSet

import pytest

from bot.cache import MAX_CACHED_REPLIES, FetchCache
from bot.errors import NotFound
from bot.launchdarkly import Version
from tests.conversation import NOW
from tests.misbehaving_server import (
    GOOD_RESPONSE,
    Connection,
    SampleReply,
    client_for,
    http_response,
    misbehaving_server,
)

PATH = "/api/v2/things"
BETA = Version.BETA
LIFE = 30


@dataclass
class Clock:
    """A clock that a test moves."""

    time: datetime = NOW

    def __call__(self) -> datetime:
        return self.time

    def forward(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@dataclass
class Gate:
    """Replies once it is opened."""

    opened: asyncio.Event

    async def __call__(self, visit: Connection) -> None:
        await self.opened.wait()
        await visit.send(GOOD_RESPONSE)


async def test_identical_concurrent_requests_are_sent_once() -> None:
    async with misbehaving_server(lambda _: GOOD_RESPONSE) as server, client_for(server.url) as launchdarkly:
        answers = await asyncio.gather(*(launchdarkly.get(SampleReply, PATH, version=BETA) for _ in range(10)))
    assert answers == [SampleReply(name="one")] * 10
    assert len(server.requests) == 1


async def test_answer_expires_after_its_lifetime() -> None:
    clock = Clock()
    sent = []
    async with (
        misbehaving_server(lambda _: GOOD_RESPONSE) as server,
        client_for(server.url, clock, cache_seconds=LIFE) as launchdarkly,
    ):
        for wait in (0, LIFE - 1, 2, LIFE - 1, 1):
            clock.forward(wait)
            await launchdarkly.get(SampleReply, PATH, version=BETA)
            sent.append(len(server.requests))
    assert sent == [1, 1, 2, 2, 3]


async def test_request_can_set_a_longer_lifetime() -> None:
    clock = Clock()
    sent = []
    async with (
        misbehaving_server(lambda _: GOOD_RESPONSE) as server,
        client_for(server.url, clock, cache_seconds=LIFE) as launchdarkly,
    ):
        for wait in (0, LIFE + 1, 14 * 60 - LIFE, 60):
            clock.forward(wait)
            both = (launchdarkly.get(SampleReply, PATH, version=BETA, lifetime=timedelta(minutes=15)) for _ in range(2))
            await asyncio.gather(*both)
            sent.append(len(server.requests))
    assert sent == [1, 1, 1, 2]


async def test_failure_is_shared_by_waiters_but_not_cached() -> None:
    async with (
        misbehaving_server(lambda n: http_response(404) if n == 1 else GOOD_RESPONSE) as server,
        client_for(server.url, cache_seconds=LIFE) as launchdarkly,
    ):
        both = (launchdarkly.get(SampleReply, PATH, version=BETA) for _ in range(2))
        assert [type(end) for end in await asyncio.gather(*both, return_exceptions=True)] == [NotFound, NotFound]
        assert len(server.requests) == 1
        assert await launchdarkly.get(SampleReply, PATH, version=BETA) == SampleReply(name="one")


@pytest.mark.parametrize("impatient", [0, 1])
async def test_cancelled_waiter_does_not_affect_the_other(impatient: int) -> None:
    gate = Gate(asyncio.Event())
    async with (
        misbehaving_server(lambda _: gate) as server,
        client_for(server.url) as launchdarkly,
        asyncio.timeout(10),
    ):
        waiting = [asyncio.ensure_future(launchdarkly.get(SampleReply, PATH, version=BETA)) for _ in range(2)]
        await server.request_received.wait()
        waiting[impatient].cancel()
        await asyncio.wait([waiting[impatient]])
        gate.opened.set()
        assert await waiting[1 - impatient] == SampleReply(name="one")
        assert waiting[impatient].cancelled()
    assert len(server.requests) == 1


async def test_abandoned_request_serves_the_next_caller() -> None:
    gate = Gate(asyncio.Event())
    async with (
        misbehaving_server(lambda _: gate) as server,
        client_for(server.url) as launchdarkly,
        asyncio.timeout(10),
    ):
        alone = asyncio.ensure_future(launchdarkly.get(SampleReply, PATH, version=BETA))
        await server.request_received.wait()
        alone.cancel()
        await asyncio.wait([alone])
        late = asyncio.ensure_future(launchdarkly.get(SampleReply, PATH, version=BETA))
        gate.opened.set()
        assert await late == SampleReply(name="one")
    assert len(server.requests) == 1


async def test_different_requests_are_not_shared() -> None:
    class Other(SampleReply):
        """The same reply, decoded as another type."""

    async with (
        misbehaving_server(lambda _: GOOD_RESPONSE) as server,
        client_for(server.url, cache_seconds=LIFE) as launchdarkly,
    ):
        for _ in range(2):
            await launchdarkly.get(SampleReply, PATH, version=BETA)
            await launchdarkly.get(SampleReply, PATH, version=Version.CURRENT)
            await launchdarkly.get(SampleReply, f"{PATH}/a", version=BETA)
            await launchdarkly.get(SampleReply, PATH, (("env", "a"),), version=BETA)
            await launchdarkly.get(SampleReply, PATH, (("env", "a"), ("env", "b")), version=BETA)
            await launchdarkly.get(Other, PATH, version=BETA)
    assert len(server.requests) == 6


class Answer:
    """An object whose lifetime can be observed."""


async def test_cache_size_is_capped() -> None:
    alive: WeakSet[Answer] = WeakSet()
    clock = Clock()
    memory = FetchCache(timedelta(seconds=LIFE), clock)

    async def ask() -> Answer:
        alive.add(answer := Answer())
        return answer

    for n in range(MAX_CACHED_REPLIES + 200):
        clock.forward(0.001)
        await memory.get_or_fetch(n, ask)
    gc.collect()
    assert MAX_CACHED_REPLIES <= len(alive) <= MAX_CACHED_REPLIES + 1
    newest, before = MAX_CACHED_REPLIES + 199, set(alive)
    assert await memory.get_or_fetch(newest, ask) in before  # the oldest was evicted
    before.clear()
    clock.forward(LIFE)
    await memory.get_or_fetch("another", ask)
    gc.collect()
    assert len(alive) == 1


@pytest.mark.parametrize("in_flight", [1, 4])
async def test_concurrent_requests_are_limited(in_flight: int) -> None:
    crowd: Counter[str] = Counter()
    full = asyncio.Event()

    async def crowded(visit: Connection) -> None:
        crowd["now"] += 1
        crowd["most"] = max(crowd["most"], crowd["now"])
        if crowd["now"] == in_flight:
            full.set()
        await full.wait()
        for _ in range(50):  # turns of the event loop, for a request too many to start
            await asyncio.sleep(0)
        crowd["now"] -= 1
        await visit.send(GOOD_RESPONSE)

    async with (
        misbehaving_server(lambda _: crowded) as server,
        client_for(server.url, in_flight=in_flight) as launchdarkly,
        asyncio.timeout(10),
    ):
        await asyncio.gather(*(launchdarkly.get(SampleReply, f"{PATH}/{n}", version=BETA) for n in range(20)))
    assert len(server.requests) == 20
    assert crowd["most"] == in_flight
