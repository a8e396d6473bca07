"""Who is ahead, and how far before each of the others."""

from collections.abc import Callable, Mapping

from bot.messages import humanize
from bot.questions.base import View

TWICE = 2  # from here on, a factor says more than a difference


class GapView(View):
    """Those who have most of something, and how far before each other side; where all are level, before nobody."""

    name: str
    ahead: str
    several: bool
    most: str
    before: str


def gap(name: str, known: Mapping[str, float], far: Callable[[float, float], str]) -> GapView | None:
    """Of those sides of which something is known; one alone is no gap. *far* says how far two numbers are apart."""
    if len(known) < 2:
        return None
    most = max(known.values())
    ahead = [side for side, amount in known.items() if amount == most]
    others = sorted((side for side in known if side not in ahead), key=lambda side: known[side], reverse=True)
    before = [f"{far(most, known[side])} {side} ({humanize.number(known[side])})" for side in others]
    return GapView(
        name=name,
        ahead=humanize.joined(ahead),
        several=len(ahead) > 1,
        most=humanize.number(most),
        before=humanize.joined(before),
    )


def in_points(most: float, less: float) -> str:
    """Scores differ by points, and never by a factor."""
    return f"{humanize.points(most - less).removeprefix('+')} before"


def in_number(most: float, less: float) -> str:
    """A factor where that says something, else the difference."""
    if less > 0 and most / less >= TWICE:
        return f"{humanize.number(most / less)} times as many as"
    return f"{humanize.number(most - less)} more than"
