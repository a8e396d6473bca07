"""How a number has moved from week to week, in words: `3 fewer than last week`, `the first fall in 5 weeks`."""

from collections.abc import Sequence
from datetime import date
from itertools import pairwise, takewhile

from bot.messages import humanize

MIN_STREAK_WEEKS = 3  # of less than so many weeks in a row nothing is claimed
WEEKS_AGO = ("last week", "two weeks ago", "three weeks ago")

_DIRECTION_NAMES = {-1: "fall", 1: "rise"}
_ORDINALS = dict(enumerate(("third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"), MIN_STREAK_WEEKS))


def describe_difference(current: float, previous: float, since: str) -> str:
    """A count beside an earlier one."""
    if current == previous:
        return f"as many as {since}"
    return f"{humanize.number(abs(current - previous))} {'more' if current > previous else 'fewer'} than {since}"


def describe_date(day: date, today: date) -> str:
    """A day some weeks ago: by its weeks, where they are whole or nearly so."""
    weeks = round((today - day).days / 7)
    is_whole_weeks = 1 <= weeks <= len(WEEKS_AGO) and abs((today - day).days - 7 * weeks) <= 1
    return WEEKS_AGO[weeks - 1] if is_whole_weeks else f"on {day:%-d %b}"


def describe_streak(values: Sequence[float | None]) -> str:
    """What there is to say of the last change. The values lie a week apart, the present one first; what is None is not
    known, and nothing is claimed beyond it."""
    directions = _directions(values)
    last = directions[0] if directions else 0
    same = sum(1 for _ in takewhile(lambda direction: direction == last, directions))
    different = sum(1 for _ in takewhile(lambda direction: direction != last, directions[1:]))
    if last and same >= MIN_STREAK_WEEKS:
        return f"the {_ORDINALS.get(same, f'{same}th')} {_DIRECTION_NAMES[last]} in a row"
    return (
        f"the first {_DIRECTION_NAMES[last]} in {different + 1} weeks"
        if last and different + 1 >= MIN_STREAK_WEEKS
        else ""
    )


def _directions(values: Sequence[float | None]) -> list[int]:
    """Down, level or up, as far as the weeks are known; the last change first."""
    known_values = [value for value in takewhile(lambda value: value is not None, values) if value is not None]
    return [(later > earlier) - (later < earlier) for later, earlier in pairwise(known_values)]
