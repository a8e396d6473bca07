"""The days of a week: how often was deployed on each, and how many large changes there were on the same day."""

from bot.questions.base import View
from bot.questions.chart import ChartReply, Lines
from bot.questions.daily_series import deployed
from bot.questions.day_range import Days
from bot.questions.deploys_vs_changes import Releasing
from bot.questions.events.pagination import Read


class DaysView(View):
    total: str
    gaps: str
    partly: str
    apart: str
    lines: Lines | None
    spoken: tuple[str, ...]
    shifted: bool


def days(week: Days, reply: ChartReply | None, read: Read | None) -> DaysView:
    """Deployments and changes side by side, as far as each is known at all."""
    found = Releasing(
        week,
        deployed(week, reply) if reply else {},
        read.by_day(week) if read else {},
        unread=bool(read and read.unread > 0),
    )
    return DaysView(
        total=found.deployments,
        gaps=found.gaps,
        partly=found.partly,
        apart=week.named(found.only_changed),
        lines=found.beside.lines,
        spoken=tuple(found.beside.spoken),
        shifted=found.shifted,
    )
