"""Our own share of an answer: from a command to what arrives at its response_url, at a steady pace.

It is told in acknowledgements, of the app that does nothing else; those are measured in turns with it: one right after
the other, and at the pace of the answers, where that app, too, has to wake up for each."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from statistics import median, quantiles

from tests.bench.acknowledge import bare, typical
from tests.bench.asking import asking
from tests.bench.at_work import AtWork, at_work
from tests.bench.served import served
from tests.bench.slack_there import slack_there
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
    spread = quantiles(every, n=100)[98] / median(every)
    what = (f"answer: {A_SECOND} a second", "the whole bot")
    yield Row(*what, "Starlette, acknowledges only", slower, "the median time", at_most(20))
    yield Row(*what, f"the same, {A_SECOND} a second", paced, "the median time")
    yield Row(*what, "its own median", spread, "for 99 of 100", at_most(10))


@dataclass(frozen=True)
class Taken:
    """The seconds of one round."""

    acknowledgement: float
    paced_acknowledgement: float
    answers: list[float]


async def _rounds(bot: AtWork, port: int) -> list[Taken]:
    """The bot, and at this port the app that acknowledges only, in turns."""
    async with asking(bot.port) as people:
        await people.at_pace(WARM, A_SECOND)
        return [
            Taken(typical(port), typical(port, 1 / A_SECOND), await people.at_pace(ANSWERS, A_SECOND))
            for _ in range(ROUNDS)
        ]
