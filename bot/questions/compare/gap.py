"""The gap between sides: which one leads, and by how much."""

from collections.abc import Callable, Mapping

from bot.messages import humanize
from bot.questions.base import View

MIN_FACTOR = 2  # from here on, a factor is clearer than a difference


class GapView(View):
    """The leading sides, and their lead over each other side; no lead if all are equal."""

    name: str
    ahead: str
    several: bool
    most: str
    before: str


def build_gap_view(
    name: str, values: Mapping[str, float], describe_lead: Callable[[float, float], str]
) -> GapView | None:
    """Build the gap between the sides with known values, or None for fewer than two."""
    if len(values) < 2:
        return None
    highest = max(values.values())
    leaders = [side for side, amount in values.items() if amount == highest]
    others = sorted((side for side in values if side not in leaders), key=lambda side: values[side], reverse=True)
    leads = [f"{describe_lead(highest, values[side])} {side} ({humanize.number(values[side])})" for side in others]
    return GapView(
        name=name,
        ahead=humanize.join_with_and(leaders),
        several=len(leaders) > 1,
        most=humanize.number(highest),
        before=humanize.join_with_and(leads),
    )


def points_ahead(highest: float, lower: float) -> str:
    """Describe the lead of a score in points; factors make no sense for scores."""
    return f"{humanize.points(highest - lower).removeprefix('+')} before"


def count_ahead(highest: float, lower: float) -> str:
    """Describe the lead of a count as a factor if that is large enough, else as a difference."""
    if lower > 0 and highest / lower >= MIN_FACTOR:
        return f"{humanize.number(highest / lower)} times as many as"
    return f"{humanize.number(highest - lower)} more than"
