"""What a digest is made of."""

from dataclasses import dataclass

from bot.errors import Failure
from bot.questions.chart import ChartReply
from bot.questions.events.pagination import EventList
from bot.questions.scores import ScoresReply


@dataclass(frozen=True)
class DigestReply:
    """What LaunchDarkly sent of each part, or why that cannot be had."""

    scores: ScoresReply | Failure
    changes: EventList | Failure
    status: ChartReply | Failure
    deploys: ChartReply | Failure
