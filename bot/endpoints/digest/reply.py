"""What a digest is made of."""

from dataclasses import dataclass

from bot.endpoints._chart import ChartReply
from bot.endpoints.events.pages import Read
from bot.endpoints.scores import ScoresReply
from bot.errors import Failure


@dataclass(frozen=True)
class DigestReply:
    """What LaunchDarkly sent of each part, or why that cannot be had."""

    scores: ScoresReply | Failure
    changes: Read | Failure
    status: ChartReply | Failure
    deploys: ChartReply | Failure
