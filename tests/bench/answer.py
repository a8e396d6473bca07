"""The bot's own share of an answer: from a command to the message at its response_url, at a steady pace.

The unit is an acknowledgement of an app that does nothing else. Those are measured in turns with the answers: back to
back, and at the pace of the answers, where that app, too, has to wake up for each. Answers sent back to back show how
much of the time is work, and how much is waking up."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from statistics import median, quantiles
from time import perf_counter

from tests.bench.acknowledge import bare, typical_latency
from tests.bench.clients import Clients, open_clients
from tests.bench.running_bot import RunningBot, bot_process
from tests.bench.servers import fake_slack, served_app
from tests.bench.table import Row, at_most

REPEATS = 5
ANSWERS_PER_SECOND = 50
ANSWERS_PER_REPEAT = 200  # in a round
WARMUP_ANSWERS = 150
SOME_ANSWERS = 1_000
MANY_ANSWERS = 20_000
CLIENTS = 12  # at a time


def answer_rows() -> Iterator[Row]:
    """Compare the median with acknowledgements, and the 99th percentile with the median."""
    with fake_slack() as api, bot_process(api) as bot, served_app(bare) as port:
        repeats = asyncio.run(_repeats(bot, port))
        outcomes = bot.state().outcomes
    assert outcomes == {"answered"}, f"some lines were not answered: {outcomes}"
    slower = median(median(timings.answers) / timings.acknowledgement for timings in repeats)
    paced = median(median(timings.answers) / timings.paced_acknowledgement for timings in repeats)
    all_answers = list(chain.from_iterable(timings.answers for timings in repeats))
    work = median(timings.answer / timings.acknowledgement for timings in repeats)
    spread = quantiles(all_answers, n=100)[98] / median(all_answers)
    labels = (f"answer: {ANSWERS_PER_SECOND} a second", "the whole bot")
    yield Row(*labels, f"Starlette, acknowledges {ANSWERS_PER_SECOND} a second", paced, "the median time", at_most(20))
    yield Row(*labels, "the same, one after the other", slower, "the median time")
    yield Row(*labels, "its own median", spread, "for 99 of 100", at_most(10))
    sequential_labels = ("answer: one after the other", "the whole bot", "Starlette, acknowledges only")
    yield Row(*sequential_labels, work, "the mean time")


@dataclass(frozen=True)
class Timings:
    """The timings of one round, in seconds."""

    acknowledgement: float
    paced_acknowledgement: float
    answers: list[float]  # at a pace
    answer: float  # one of those that come one after the other


async def _repeats(bot: RunningBot, port: int) -> list[Timings]:
    """Measure the bot, and the app at this port that only acknowledges, in turns."""
    async with open_clients(bot.port) as clients:
        await clients.at_pace(WARMUP_ANSWERS, ANSWERS_PER_SECOND)
        return [
            Timings(
                typical_latency(port),
                typical_latency(port, 1 / ANSWERS_PER_SECOND),
                await clients.at_pace(ANSWERS_PER_REPEAT, ANSWERS_PER_SECOND),
                await _one_by_one(clients),
            )
            for _ in range(REPEATS)
        ]


async def _one_by_one(clients: Clients) -> float:
    began = perf_counter()
    await clients.at_once(ANSWERS_PER_REPEAT, 1)
    return (perf_counter() - began) / ANSWERS_PER_REPEAT


def memory_rows() -> Iterator[Row]:
    """Measure memory after garbage collection."""
    with fake_slack() as api, bot_process(api) as bot:
        some, many = asyncio.run(_memory(bot))
        outcomes = bot.state().outcomes
    assert outcomes == {"answered"}, f"some lines were not answered: {outcomes}"
    labels = (f"memory: {MANY_ANSWERS:,} answers", "the whole bot")
    yield Row(*labels, f"{SOME_ANSWERS:,} answers", many / some, "the memory", at_most(1.05))


async def _memory(bot: RunningBot) -> tuple[int, int]:
    async with open_clients(bot.port) as clients:
        await clients.at_once(SOME_ANSWERS, CLIENTS)
        some = bot.state().memory
        await clients.at_once(MANY_ANSWERS - SOME_ANSWERS, CLIENTS)
        return some, bot.state().memory
