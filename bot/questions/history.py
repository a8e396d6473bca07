"""The past weeks of a place: what was counted then, a snapshot for each week of which there is one.

An answer keeps its numbers when it is delivered by the clock, so there may be several of one week, or none. A week
without a number is not known; it is never zero."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date, timedelta

from bot.errors import Failure
from bot.messages import humanize
from bot.questions import trend
from bot.questions.base import Ask
from bot.questions.composition import part
from bot.store import Snapshot

Past = Callable[[str, date], Awaitable[Sequence[Snapshot]]]  # a place, and since when ─► the latest first

# The numbers that are kept, by name.
DONE, FLAGS, OVERALL, CHANGES, DEPLOYMENTS = "done", "flags", "overall", "changes", "deployments"

WEEK = timedelta(weeks=1)
FAR = 12  # weeks are looked back
SHOWN = 8  # of them are shown
LEAST = 3  # past weeks make a line
NEAR = timedelta(days=3)  # around a week ago


async def nothing(_: str, __: date) -> Sequence[Snapshot]:
    """The past where there is no store."""
    return ()


async def recalled(past: Past, place: str, today: date) -> tuple[Snapshot, ...]:
    """The past weeks of a place. Where they cannot be had, an answer goes without them."""
    found = await part(past(place, today - (FAR + 1) * WEEK))
    return () if isinstance(found, Failure) else tuple(found)


def place(project: str, env: str, app: Sequence[str] | None) -> str:
    """What a snapshot is of; the order of applications does not matter."""
    return f"{project}/{env}" + (f" app={','.join(sorted(set(app)))}" if app else "")


def weeks(past: Sequence[Snapshot], day: date) -> tuple[Snapshot | None, ...]:
    """The snapshot nearest to that day, to a week before it, and so on."""
    return tuple(_nearest(past, day - n * WEEK) for n in range(FAR))


def latest(past: Sequence[Snapshot]) -> tuple[Snapshot | None, ...]:
    """The latest snapshot, the one nearest to a week before it, and so on."""
    return weeks(past, past[0].day) if past else ()


def _nearest(past: Sequence[Snapshot], day: date) -> Snapshot | None:
    near = [kept for kept in past if abs(kept.day - day) <= NEAR]
    return min(near, key=lambda kept: abs(kept.day - day), default=None)


def moved(ask: Ask, name: str, now: float) -> str:
    """How a number stands beside that of the week before: `3 fewer than last week, the first fall in 5 weeks`."""
    found = weeks(_with(name, ask.past), ask.today - WEEK)
    before = next(filter(None, found[: len(trend.AGO)]), None)
    if before is None:
        return ""
    said = trend.compared(now, before.numbers[name], trend.since(before.day, ask.today))
    remarkable = trend.remarkable([now, *(week.numbers[name] if week else None for week in found)])
    return ", ".join(filter(None, (said, remarkable)))


def line(ask: Ask, name: str, now: float | None) -> str:
    """A number over the weeks, the oldest first: `15 on 30 Oct, 14 on 6 Nov, 15 on 13 Nov, 12 now`."""
    before = [kept for kept in _with(name, ask.past) if kept.day < ask.today]
    known = [week for week in latest(before)[:SHOWN] if week]
    if len(known) < LEAST:
        return ""
    said = [f"{humanize.number(week.numbers[name])} on {week.day:%-d %b}" for week in reversed(known)]
    return ", ".join([*said, *([] if now is None else [f"{humanize.number(now)} now"])])


def _with(name: str, past: Sequence[Snapshot]) -> list[Snapshot]:
    return [kept for kept in past if name in kept.numbers]
