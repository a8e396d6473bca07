"""How a number has moved from week to week, in words: `3 fewer than last week`, `the first fall in 5 weeks`."""

from collections.abc import Sequence
from datetime import date
from itertools import pairwise, takewhile

from bot.messages import humanize

LEAST = 3  # of less than so many weeks in a row nothing is claimed
AGO = ("last week", "two weeks ago", "three weeks ago")

_NAMES = {-1: "fall", 1: "rise"}
_ORDINALS = dict(enumerate(("third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"), LEAST))


def compared(now: float, before: float, since: str) -> str:
    """A count beside an earlier one."""
    if now == before:
        return f"as many as {since}"
    return f"{humanize.number(abs(now - before))} {'more' if now > before else 'fewer'} than {since}"


def since(day: date, today: date) -> str:
    """A day some weeks ago: by its weeks, where they are whole or nearly so."""
    weeks = round((today - day).days / 7)
    near = 1 <= weeks <= len(AGO) and abs((today - day).days - 7 * weeks) <= 1
    return AGO[weeks - 1] if near else f"on {day:%-d %b}"


def remarkable(values: Sequence[float | None]) -> str:
    """What there is to say of the last change. The values lie a week apart, the present one first; what is None is not
    known, and nothing is claimed beyond it."""
    changes = _changes(values)
    last = changes[0] if changes else 0
    alike = sum(1 for _ in takewhile(lambda change: change == last, changes))
    others = sum(1 for _ in takewhile(lambda change: change != last, changes[1:]))
    if last and alike >= LEAST:
        return f"the {_ORDINALS.get(alike, f'{alike}th')} {_NAMES[last]} in a row"
    return f"the first {_NAMES[last]} in {others + 1} weeks" if last and others + 1 >= LEAST else ""


def _changes(values: Sequence[float | None]) -> list[int]:
    """Down, level or up, as far as the weeks are known; the last change first."""
    known = [value for value in takewhile(lambda value: value is not None, values) if value is not None]
    return [(later > earlier) - (later < earlier) for later, earlier in pairwise(known)]
