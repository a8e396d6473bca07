"""History: snapshots of past weeks, and how a number has changed since: `3 fewer than last week`.

A scheduled answer stores its metrics in a snapshot, so a week can have several snapshots or none. A week without a
snapshot is unknown, never zero."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise, takewhile
from typing import Generic

from bot.errors import Failure
from bot.messages import humanize
from bot.questions.base import ReplyT, SnapshotReader, result_or_failure
from bot.store import Snapshot

# Names of the stored metrics.
DONE_FLAGS, ALL_FLAGS, READY_FLAGS = "done", "flags", "ready"
OVERALL_SCORE, LARGE_CHANGES, DEPLOYMENTS = "overall", "changes", "deployments"

WEEK = timedelta(weeks=1)
STEPS = {"day": timedelta(days=1), "week": WEEK, "month": timedelta(days=365.25 / 12)}  # from one span to the next
MAX_WEEKS_BACK = 12
MAX_WEEKS_SHOWN = 8
MIN_WEEKS_SHOWN = 3  # fewer past weeks aren't shown
MIN_STREAK_WEEKS = 3  # shorter streaks aren't mentioned
SPARKLINE_WEEKS = 4
MIN_SPARKLINE_RANGE = 8  # less doesn't fill the height: a point more or less is no news
BARS = "▁▂▃▄▅▆▇█"
WEEKS_AGO = ("last week", "two weeks ago", "three weeks ago")
BURN_DOWN_WEEKS = (*WEEKS_AGO, "four weeks ago")

_DIRECTION_NAMES = {-1: "fall", 1: "rise"}
_ORDINALS = dict(enumerate(("third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"), MIN_STREAK_WEEKS))


@dataclass(frozen=True)
class WithHistory(Generic[ReplyT]):
    """A reply, with the snapshots of past weeks that it is compared to."""

    reply: ReplyT
    snapshots: tuple[Snapshot, ...] = ()


async def load_snapshots(read_snapshots: SnapshotReader, key: str, today: date) -> tuple[Snapshot, ...]:
    """Load the snapshots of past weeks; none if the store fails, so that the answer still goes out."""
    snapshots = await result_or_failure(read_snapshots(key, today - (MAX_WEEKS_BACK + 1) * WEEK))
    return () if isinstance(snapshots, Failure) else tuple(snapshots)


def key_for(project: str, env: str, app: Sequence[str] | None) -> str:
    """Build the key of a snapshot: project, environment and applications, in any order."""
    return f"{project}/{env}" + (f" app={','.join(sorted(set(app)))}" if app else "")


def weekly_snapshots(snapshots: Sequence[Snapshot], day: date) -> tuple[Snapshot | None, ...]:
    """Return the snapshot nearest to a day, the one nearest to a week earlier, and so on."""
    return tuple(_nearest(snapshots, day - n * WEEK) for n in range(MAX_WEEKS_BACK))


def latest_weeks(snapshots: Sequence[Snapshot]) -> tuple[Snapshot | None, ...]:
    """Return the latest snapshot, the one nearest to a week earlier, and so on."""
    return weekly_snapshots(snapshots, snapshots[0].day) if snapshots else ()


def latest_spans(snapshots: Sequence[Snapshot], span: str) -> tuple[Snapshot | None, ...]:
    """Return the latest snapshot of a span, the one nearest to a day, week or month earlier, and so on.

    Without a span, return the snapshots of runs at irregular intervals."""
    own, step = [snapshot for snapshot in snapshots if snapshot.span == span], STEPS.get(span)
    if step is None or not own:
        return tuple(own)
    return tuple(_nearest(own, own[0].day - n * step, step) for n in range(MAX_WEEKS_BACK))


def _nearest(snapshots: Sequence[Snapshot], day: date, step: timedelta = WEEK) -> Snapshot | None:
    """Return the snapshot nearest to a day, at most half a step away."""
    candidates = [snapshot for snapshot in snapshots if abs(snapshot.day - day) < step / 2]
    return min(candidates, key=lambda snapshot: abs(snapshot.day - day), default=None)


def describe_change(snapshots: Sequence[Snapshot], today: date, metric: str, current: float) -> str:
    """Compare a number with the previous week's: `3 fewer than last week, the first fall in 5 weeks`."""
    weekly = weekly_snapshots(_with_metric(metric, snapshots), today - WEEK)
    previous = next(filter(None, weekly[: len(WEEKS_AGO)]), None)
    if previous is None:
        return ""
    comparison = describe_difference(current, previous.numbers[metric], describe_date(previous.day, today))
    streak = describe_streak([current, *(week.numbers[metric] if week else None for week in weekly)])
    return ", ".join(filter(None, (comparison, streak)))


def describe_burn_down(snapshots: Sequence[Snapshot], today: date, metric: str, current: float) -> str:
    """Compare a number with that of four weeks ago, or else as long ago as is known: `3 fewer than four weeks ago`."""
    weekly = weekly_snapshots(_with_metric(metric, snapshots), today)[1:]
    known = [(week, name) for week, name in zip(weekly, BURN_DOWN_WEEKS, strict=False) if week]
    return describe_difference(current, known[-1][0].numbers[metric], known[-1][1]) if known else ""


def describe_weeks(snapshots: Sequence[Snapshot], today: date, metric: str, current: float | None) -> str:
    """List a number over the weeks, the oldest first: `15 on 30 Oct, 14 on 6 Nov, 15 on 13 Nov, 12 now`."""
    earlier = [snapshot for snapshot in _with_metric(metric, snapshots) if snapshot.day < today]
    weeks = [week for week in latest_weeks(earlier)[:MAX_WEEKS_SHOWN] if week]
    if len(weeks) < MIN_WEEKS_SHOWN:
        return ""
    values = [f"{humanize.number(week.numbers[metric])} on {week.day:%-d %b}" for week in reversed(weeks)]
    return ", ".join([*values, *([] if current is None else [f"{humanize.number(current)} now"])])


def sparkline(snapshots: Sequence[Snapshot], today: date, metric: str, current: float | None) -> str:
    """Draw a number over four weeks, the current one last; empty unless all four are known."""
    weekly = weekly_snapshots(_with_metric(metric, snapshots), today - WEEK)[: SPARKLINE_WEEKS - 1]
    values = [*(week.numbers[metric] if week else None for week in reversed(weekly)), current]
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return ""
    lowest, width = min(known), max(max(known) - min(known), MIN_SPARKLINE_RANGE)
    return "".join(BARS[round((value - lowest) / width * (len(BARS) - 1))] for value in known)


def _with_metric(metric: str, snapshots: Sequence[Snapshot]) -> list[Snapshot]:
    return [snapshot for snapshot in snapshots if metric in snapshot.numbers]


def describe_difference(current: float, previous: float, since: str) -> str:
    """Compare a count with an earlier one."""
    if current == previous:
        return f"same as {since}"
    return f"{humanize.number(abs(current - previous))} {'more' if current > previous else 'fewer'} than {since}"


def describe_date(day: date, today: date) -> str:
    """Describe a past day: in weeks if it is a whole number of them, give or take a day."""
    weeks = round((today - day).days / 7)
    is_whole_weeks = 1 <= weeks <= len(WEEKS_AGO) and abs((today - day).days - 7 * weeks) <= 1
    return WEEKS_AGO[weeks - 1] if is_whole_weeks else f"on {day:%-d %b}"


def describe_streak(values: Sequence[float | None]) -> str:
    """Describe the last change, if it continues or ends a streak.

    The values are a week apart, the current one first. None is unknown, so values before it are ignored."""
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
    """Return -1, 0 or 1 for each change up to the first unknown week, the latest first."""
    known_values = [value for value in takewhile(lambda value: value is not None, values) if value is not None]
    return [(later > earlier) - (later < earlier) for later, earlier in pairwise(known_values)]
