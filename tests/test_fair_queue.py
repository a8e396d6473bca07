"""Callers take turns with LaunchDarkly: none locks out the others, however much they ask at once."""

import asyncio
from collections import Counter
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr

from bot.answers import Caller
from bot.app import open_answers
from bot.errors import TryLater
from bot.launchdarkly import ClientLimits, Version
from bot.launchdarkly.fair_queue import FairQueue
from tests.conversation import NOW, settings
from tests.misbehaving_server import (
    GOOD_RESPONSE,
    TOKEN,
    Connection,
    SampleReply,
    client_for,
    json_response,
    misbehaving_server,
)

PATH = "/api/v2/things"
MANY = 3440
AT_ONCE, WAITING = ClientLimits().in_flight, ClientLimits().max_waiting


async def test_one_who_asks_for_much_does_not_lock_out_the_others() -> None:
    opened_ = asyncio.Event()

    async def gate(visit: Connection) -> None:
        await opened_.wait()
        await visit.send(GOOD_RESPONSE)

    async with (
        misbehaving_server(lambda _: gate) as server,
        client_for(server.url) as launchdarkly,
        asyncio.timeout(30),
    ):
        greedy, other = launchdarkly.for_caller("U1"), launchdarkly.for_caller("U2")
        many = [
            asyncio.ensure_future(greedy.get(SampleReply, f"{PATH}/{n}", version=Version.BETA)) for n in range(MANY)
        ]
        await server.request_received.wait()
        one = asyncio.ensure_future(other.get(SampleReply, f"{PATH}/other", version=Version.BETA))
        await asyncio.sleep(0)
        opened_.set()
        assert await one == SampleReply(name="one")
        ends = await asyncio.gather(*many, return_exceptions=True)
    [place] = [number for number, request in enumerate(server.requests) if f"{PATH}/other" in request]
    assert place <= AT_ONCE + 1
    assert Counter(map(type, ends)) == {SampleReply: AT_ONCE + WAITING, TryLater: MANY - AT_ONCE - WAITING}
    assert {str(end) for end in ends if isinstance(end, TryLater)} == {
        f"You have {WAITING} requests to LaunchDarkly waiting."
    }


async def test_answers_are_asked_for_in_the_line_of_whoever_asks() -> None:
    opened_ = asyncio.Event()

    async def gate(visit: Connection) -> None:
        await opened_.wait()
        await visit.send(json_response(404, {}))

    async with misbehaving_server(lambda _: gate) as server, asyncio.timeout(30):
        chosen = settings(launchdarkly_api_host=server.url, launchdarkly_access_token=SecretStr(TOKEN))
        async with open_answers(chosen, lambda: NOW) as answers:
            asked = [
                asyncio.ensure_future(answers.answer(f"scores p{n}/test", Caller(ZoneInfo("UTC"), queue_key=caller)))
                for caller, numbers in (("U1", range(100)), ("U2", range(200, 210)))
                for n in numbers
            ]
            await server.request_received.wait()
            opened_.set()
            outcomes = [answer.outcome for answer in await asyncio.gather(*asked)]
    assert Counter(outcomes[:100]) == {"not found": AT_ONCE + WAITING, "try later": 100 - AT_ONCE - WAITING}
    assert outcomes[100:] == ["not found"] * 10


async def test_callers_take_turns() -> None:
    queue, served = FairQueue(1, 10), list[str]()

    async def ask(caller: str) -> None:
        async with queue.acquire(caller):
            served.append(caller)
            await asyncio.sleep(0)

    await asyncio.gather(*(ask(caller) for caller in ("first", "A", "A", "A", "B", "B", "C")))
    assert served == ["first", "A", "B", "C", "A", "B", "A"]


@pytest.mark.parametrize("turns", range(6))
async def test_one_who_stops_waiting_takes_no_turn(turns: int) -> None:
    """Also where the turn is given at the very moment at which they stop."""
    queue, ends = FairQueue(1, 1), asyncio.Event()

    async def ask(caller: str) -> None:
        async with queue.acquire(caller):
            await ends.wait()

    first, second, third = (asyncio.ensure_future(ask(caller)) for caller in "ABC")
    await asyncio.sleep(0)
    with pytest.raises(TryLater):
        queue.check("B")
    ends.set()
    for _ in range(turns):
        await asyncio.sleep(0)
    second.cancel()
    async with asyncio.timeout(10):
        await asyncio.gather(first, third)
        await asyncio.wait([second])
        queue.check("B")
        async with queue.acquire("B"):
            pass
