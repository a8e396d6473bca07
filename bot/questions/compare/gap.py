"""Who is ahead, and how far before each of the others."""

from collections.abc import Callable, Mapping

from bot.messages import humanize
from bot.questions.base import View

MIN_FACTOR = 2  # from here on, a factor says more than a difference


class GapView(View):
    """Those who have most of something, and how far before each other side; where all are level, before nobody."""

    name: str
    ahead: str
    several: bool
    most: str
    before: str


def build_gap_view(
    name: str, values: Mapping[str, float], describe_lead: Callable[[float, float], str]
) -> GapView | None:
    """Of those sides of which something is known; one alone is no gap. *far* says how far two numbers are apart."""
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
    """Scores differ by points, and never by a factor."""
    return f"{humanize.points(highest - lower).removeprefix('+')} before"


def count_ahead(highest: float, lower: float) -> str:
    """A factor where that says something, else the difference."""
    if lower > 0 and highest / lower >= MIN_FACTOR:
        return f"{humanize.number(highest / lower)} times as many as"
    return f"{humanize.number(highest - lower)} more than"
