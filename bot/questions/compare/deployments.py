"""The deployments of all sides on the same days: how many, how many per day, and who has most."""

from collections.abc import Mapping

from bot.messages import humanize
from bot.questions.base import View
from bot.questions.chart import Lines
from bot.questions.compare.gap import GapView, gap, in_number
from bot.questions.daily_series import Counts, Daily, SideBySide
from bot.questions.day_range import Days


class DaysView(View):
    most: GapView | None
    lines: Lines | None
    spoken: tuple[str, ...]
    folded: str
    gaps: str
    span: str
    shifted: bool


def days(chosen: Days, sent: Mapping[str, Counts]) -> DaysView:
    """Of those sides that were answered, each as far as it is known."""
    known = {name: counts for name, counts in sent.items() if counts}
    beside = SideBySide(chosen, tuple(Daily(name, counts) for name, counts in known.items()))
    return DaysView(
        most=gap("Deployments", {name: sum(counts.values()) for name, counts in known.items()}, in_number),
        lines=beside.lines,
        spoken=tuple(beside.spoken),
        folded=beside.folded,
        gaps="; ".join(f"{name} for {gaps}" for name, counts in known.items() if (gaps := _gaps(counts, chosen))),
        span=chosen.said,
        shifted=bool(known) and not chosen.whole_hours,
    )


def said(counts: Counts, chosen: Days) -> str:
    """The deployments of one side; per day, that is per day of which anything is known."""
    if not counts:
        return ""
    total, many = sum(counts.values()), len(counts)
    known = "" if many == len(chosen.dates) else f" on the {humanize.count(many, 'day')} that sent data"
    return f"{humanize.count(total, 'deployment')}, {humanize.number(total / many)} per day{known}"


def _gaps(counts: Counts, chosen: Days) -> str:
    """The days without data."""
    return chosen.named(n for n in range(len(chosen.dates)) if n not in counts)
