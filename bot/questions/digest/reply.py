"""The reply of a digest."""

from dataclasses import dataclass

from bot.errors import Failure
from bot.questions.chart import ChartReply
from bot.questions.events.pagination import EventList
from bot.questions.scores import ScoresReply


@dataclass(frozen=True)
class DigestReply:
    """The replies to all parts, or their failures."""

    scores: ScoresReply | Failure
    changes: EventList | Failure
    status: ChartReply | Failure
    deploys: ChartReply | Failure
