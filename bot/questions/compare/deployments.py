"""The deployments of all sides on the same days: totals, averages per day, and which side has most."""

from collections.abc import Mapping

from bot.messages import humanize
from bot.questions.base import View
from bot.questions.chart import Lines
from bot.questions.compare.gap import GapView, build_gap_view, count_ahead
from bot.questions.daily_series import CountsByDay, DailySeries, SeriesSet
from bot.questions.day_range import Days


class ComparedDaysView(View):
    most: GapView | None
    lines: Lines | None
    spoken: tuple[str, ...]
    folded: str
    gaps: str
    span: str
    shifted: bool


def build_days_view(days: Days, deploy_counts: Mapping[str, CountsByDay]) -> ComparedDaysView:
    """Build the view from the sides with deployment data."""
    with_data = {name: counts for name, counts in deploy_counts.items() if counts}
    chart = SeriesSet(days, tuple(DailySeries(name, counts) for name, counts in with_data.items()))
    return ComparedDaysView(
        most=build_gap_view(
            "Deployments", {name: sum(counts.values()) for name, counts in with_data.items()}, count_ahead
        ),
        lines=chart.lines,
        spoken=tuple(chart.descriptions),
        folded=chart.point_width,
        gaps="; ".join(
            f"{name} for {gaps}" for name, counts in with_data.items() if (gaps := _gap_names(counts, days))
        ),
        span=days.label,
        shifted=bool(with_data) and not days.aligned_to_hours,
    )


def describe_deploys(counts: CountsByDay, days: Days) -> str:
    """Describe the deployments of one side, with the average over the days with data."""
    if not counts:
        return ""
    total, day_count = sum(counts.values()), len(counts)
    coverage = "" if day_count == len(days.dates) else f" on the {humanize.count(day_count, 'day')} that sent data"
    return f"{humanize.count(total, 'deployment')}, {humanize.number(total / day_count)} per day{coverage}"


def _gap_names(counts: CountsByDay, days: Days) -> str:
    return days.names_of(n for n in range(len(days.dates)) if n not in counts)
