"""Our own share of an answer: from a command to what arrives at its response_url, at a steady pace.

It is told in acknowledgements, of the app that does nothing else; those are measured in turns with it: one right after
the other, and at the pace of the answers, where that app, too, has to wake up for each. Answers that come one right
after the other, too, tell how much of it is work, and how much is waking up."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from statistics import median, quantiles
from time import perf_counter

from tests.bench.acknowledge import bare, typical
from tests.bench.asking import People, asking
from tests.bench.at_work import AtWork, at_work
from tests.bench.fake_slack import slack_there
from tests.bench.served import served
from tests.bench.table import Row, at_most

ROUNDS = 5
A_SECOND = 50
ANSWERS = 200  # in a round
WARM = 150


def rows() -> Iterator[Row]:
    """The median against acknowledgements, and the slowest of a hundred against the median."""
    with slack_there() as api, at_work(api) as bot, served(bare) as port:
        rounds = asyncio.run(_rounds(bot, port))
        outcomes = bot.state().outcomes
    assert outcomes == {"answered"}, f"some lines were not answered: {outcomes}"
    slower = median(median(taken.answers) / taken.acknowledgement for taken in rounds)
    paced = median(median(taken.answers) / taken.paced_acknowledgement for taken in rounds)
    every = list(chain.from_iterable(taken.answers for taken in rounds))
    work = median(taken.answer / taken.acknowledgement for taken in rounds)
    spread = quantiles(every, n=100)[98] / median(every)
    what = (f"answer: {A_SECOND} a second", "the whole bot")
    yield Row(*what, f"Starlette, acknowledges {A_SECOND} a second", paced, "the median time", at_most(20))
    yield Row(*what, "the same, one after the other", slower, "the median time")
    yield Row(*what, "its own median", spread, "for 99 of 100", at_most(10))
    alone = ("answer: one after the other", "the whole bot", "Starlette, acknowledges only")
    yield Row(*alone, work, "the mean time")


@dataclass(frozen=True)
class Taken:
    """The seconds of one round."""

    acknowledgement: float
    paced_acknowledgement: float
    answers: list[float]  # at a pace
    answer: float  # one of those that come one after the other


async def _rounds(bot: AtWork, port: int) -> list[Taken]:
    """The bot, and at this port the app that acknowledges only, in turns."""
    async with asking(bot.port) as people:
        await people.at_pace(WARM, A_SECOND)
        return [
            Taken(
                typical(port),
                typical(port, 1 / A_SECOND),
                await people.at_pace(ANSWERS, A_SECOND),
                await _one_by_one(people),
            )
            for _ in range(ROUNDS)
        ]


async def _one_by_one(people: People) -> float:
    began = perf_counter()
    await people.at_once(ANSWERS, 1)
    return (perf_counter() - began) / ANSWERS
