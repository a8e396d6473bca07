"""Requests to LaunchDarkly are queued fairly: no caller blocks the others."""

import asyncio
from collections import Counter
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr

from bot.access import Caller
from bot.core import open_answers
from bot.errors import TryLater
from bot.launchdarkly import ClientLimits, Version
from bot.launchdarkly.client import FairQueue
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
REQUESTS = 3440
IN_FLIGHT, MAX_WAITING = ClientLimits().in_flight, ClientLimits().max_waiting


async def test_many_requests_of_one_caller_do_not_block_others() -> None:
    gate_opened = asyncio.Event()

    async def gate(visit: Connection) -> None:
        await gate_opened.wait()
        await visit.send(GOOD_RESPONSE)

    async with (
        misbehaving_server(lambda _: gate) as server,
        client_for(server.url) as launchdarkly,
        asyncio.timeout(30),
    ):
        greedy, other = launchdarkly.for_caller("U1"), launchdarkly.for_caller("U2")
        pending = [
            asyncio.ensure_future(greedy.get(SampleReply, f"{PATH}/{n}", version=Version.BETA)) for n in range(REQUESTS)
        ]
        await server.request_received.wait()
        one = asyncio.ensure_future(other.get(SampleReply, f"{PATH}/other", version=Version.BETA))
        await asyncio.sleep(0)
        gate_opened.set()
        assert await one == SampleReply(name="one")
        ends = await asyncio.gather(*pending, return_exceptions=True)
    [position] = [number for number, request in enumerate(server.requests) if f"{PATH}/other" in request]
    assert position <= IN_FLIGHT + 1
    assert Counter(map(type, ends)) == {
        SampleReply: IN_FLIGHT + MAX_WAITING,
        TryLater: REQUESTS - IN_FLIGHT - MAX_WAITING,
    }
    assert {str(end) for end in ends if isinstance(end, TryLater)} == {
        f"You have {MAX_WAITING} requests to LaunchDarkly waiting."
    }


async def test_answers_queue_their_requests_under_the_callers_key() -> None:
    gate_opened = asyncio.Event()

    async def gate(visit: Connection) -> None:
        await gate_opened.wait()
        await visit.send(json_response(404, {}))

    async with misbehaving_server(lambda _: gate) as server, asyncio.timeout(30):
        bot_settings = settings(
            launchdarkly_api_host=server.url,
            launchdarkly_access_token=SecretStr(TOKEN),
            answer_timeout_seconds=30.0,  # which nobody reaches here: a hundred wait for each other
        )
        async with open_answers(bot_settings, lambda: NOW) as answers:
            pending = [
                asyncio.ensure_future(answers.answer(f"scores p{n}/test", Caller(ZoneInfo("UTC"), user=caller)))
                for caller, numbers in (("U1", range(100)), ("U2", range(200, 210)))
                for n in numbers
            ]
            await server.request_received.wait()
            gate_opened.set()
            outcomes = [answer.outcome for answer in await asyncio.gather(*pending)]
    assert Counter(outcomes[:100]) == {"not found": IN_FLIGHT + MAX_WAITING, "try later": 100 - IN_FLIGHT - MAX_WAITING}
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
async def test_cancelled_waiter_takes_no_turn(turns: int) -> None:
    """Also when the turn is granted just as the waiter is cancelled."""
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
