"""When schedules run: on a recurrence or as a watch, when next, and what is due or missed; and which days each covers.

Occurrences are computed in local time: each maps to the first instant at which a local clock shows its time or a later
one. So a non-existent local time maps to the instant of the DST change, and an ambiguous one to its first occurrence.
A later local time never maps to an earlier instant, so occurrences are in the order of their days.

A question with a `span_field` covers a day, a week or a month, stored in its line, else the days since the last run. A
line with a `since` of its own stays as it is.
"""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import islice, takewhile
from typing import Any
from zoneinfo import ZoneInfo

from bot.errors import InvalidLine
from bot.lines.parser import parse
from bot.lines.spec import Params
from bot.lines.timespec import DAY_NAMES
from bot.questions import discover
from bot.questions.base import AnyQuestion
from bot.store import Schedule

WATCH = "watch"
DAY, WEEK, MONTH = "day", "week", "month"  # between two occurrences
MAX_MISSED = 100  # missed occurrences reported at once

_SECOND = timedelta(seconds=1)
_DAY = timedelta(days=1)

EVERY_DAY = tuple(range(7))
WEEKDAYS = tuple(range(5))
DAY_GROUPS = {EVERY_DAY: "day", WEEKDAYS: "weekday"}
ORDINALS = {0: "", 1: "first", 2: "second", 3: "third", 4: "fourth", -1: "last"}


@dataclass(frozen=True, slots=True)
class Recurrence:
    """The days, the local time and the zone of a schedule.

    With several days, the nth is counted over all of them: `first weekday` is the month's first working day.
    """

    days: tuple[int, ...]  # 0 is Monday; sorted, without duplicates
    ordinal: int  # 0: every week; 1 to 4: the first to the fourth of the month; -1: the last
    local_time: time  # hours and minutes
    zone: str  # IANA name; "" if none was given: then the caller's zone applies

    def __str__(self) -> str:
        """Return the canonical form, as a person would type it."""
        days = DAY_GROUPS.get(self.days) or ",".join(DAY_NAMES[day] for day in self.days)
        return " ".join(
            part for part in (ORDINALS[self.ordinal], days, format_time(self.local_time), self.zone) if part
        )

    def describe(self) -> str:
        """Return the recurrence in words."""
        days = self._describe_days()
        if self.ordinal:
            days = f"{ORDINALS[self.ordinal]} {days} of the month"
        return f"every {days} at {format_time(self.local_time)}" + (f" ({self.zone})" if self.zone else "")

    def _describe_days(self) -> str:
        *others, last = (DAY_NAMES[day].capitalize() for day in self.days)
        return DAY_GROUPS.get(self.days) or " and ".join(part for part in (", ".join(others), last) if part)


def format_time(at: time) -> str:
    """Format a time as `9:00` or `17:30`."""
    return f"{at.hour}:{at.minute:02}"


@dataclass(frozen=True, slots=True)
class WatchTrigger:
    """The trigger of a watch, which polls every few minutes and posts when something has changed."""

    zone: str

    def __str__(self) -> str:
        return f"{WATCH} {self.zone}"


Trigger = Recurrence | WatchTrigger


def trigger_of(schedule: Schedule) -> Trigger:
    """Return when a schedule runs."""
    if schedule.local_time is None:
        return WatchTrigger(schedule.zone)
    return Recurrence(schedule.days, schedule.ordinal, schedule.local_time, schedule.zone)


def describe_trigger(trigger: Trigger, line: str) -> str:
    """Return in words when a schedule of this line posts."""
    if isinstance(trigger, Recurrence):
        return trigger.describe()
    questions = discover()
    try:
        parsed = parse(line, questions)
    except InvalidLine:  # saved by an earlier version
        return "when something changes"
    return questions[parsed.spec.name].alerts_when(parsed.params)


def trigger_fields(trigger: Trigger) -> dict[str, Any]:
    """Return the fields of a schedule that say when it runs."""
    return {"days": (), "ordinal": 0, "local_time": None} | asdict(trigger)


def span_of(trigger: Trigger) -> str | None:
    """Return whether a day, a week or a month is between two occurrences; None if it varies."""
    if isinstance(trigger, WatchTrigger):
        return None
    return MONTH if trigger.ordinal else {len(EVERY_DAY): DAY, 1: WEEK}.get(len(trigger.days))


@dataclass(frozen=True, slots=True)
class DueRun:
    """An occurrence that is due."""

    at: datetime  # UTC
    late: bool  # past the catch-up window: it is skipped, and reported as skipped
    missed: tuple[datetime, ...]  # the latest occurrences missed before it, oldest first


def next_run_at(trigger: Trigger, after: datetime) -> datetime:
    """Return when the trigger is next due; a watch is due at once."""
    return after if isinstance(trigger, WatchTrigger) else next_after(trigger, after)


def next_after(recurrence: Recurrence, after: datetime) -> datetime:
    """Return the recurrence's first occurrence after this instant, in UTC. Its zone must be set."""
    today = after.astimezone(ZoneInfo(recurrence.zone)).date()
    return next(at for at in _occurrences(recurrence, today, _DAY) if at > after)


def previous_day(recurrence: Recurrence, at: datetime) -> date:
    """Return the local date of the last occurrence before the day of *at*, whether or not it ran."""
    zone = ZoneInfo(recurrence.zone)
    today = at.astimezone(zone).date()
    days = (earlier.astimezone(zone).date() for earlier in _occurrences(recurrence, today, -_DAY))
    return next(day for day in days if day < today)


def is_missed(due_at: datetime, now: datetime, catch_up_window: timedelta) -> bool:
    """Decide whether a run is too late to be caught up, so it is skipped and reported."""
    return now > due_at + catch_up_window


def due(recurrence: Recurrence, next_at: datetime, now: datetime, window: timedelta) -> DueRun | None:
    """Return the latest occurrence up to *now*, or None if *next_at*, the first that hasn't run, is in the future."""
    now, next_at = now.astimezone(UTC), next_at.astimezone(UTC)  # Python compares times of one zone by local time
    if now < next_at:
        return None
    # From tomorrow: where midnight occurs twice, tomorrow's first occurrence may be past already.
    tomorrow = now.astimezone(ZoneInfo(recurrence.zone)).date() + _DAY
    elapsed = (at for at in _occurrences(recurrence, tomorrow, -_DAY) if at <= now)
    since_next = list(islice(takewhile(lambda at: at > next_at, elapsed), MAX_MISSED + 1))
    at, *missed = [*since_next, next_at]
    return DueRun(at, is_missed(at, now, window), tuple(reversed(missed[:MAX_MISSED])))


def _occurrences(recurrence: Recurrence, day: date, step: timedelta) -> Iterator[datetime]:
    """Yield the recurrence's occurrences from a day onwards, or backwards; each once, though two days may share one."""
    zone, previous = ZoneInfo(recurrence.zone), None
    while True:
        if _falls_on(recurrence, day):
            at = _to_utc(datetime.combine(day, recurrence.local_time), zone)
            if at != previous:
                yield at
            previous = at
        day += step


def _falls_on(recurrence: Recurrence, day: date) -> bool:
    """Return whether the recurrence includes a day."""
    if day.weekday() not in recurrence.days:
        return False
    if not recurrence.ordinal:
        return True
    first_weekday, length = monthrange(day.year, day.month)
    days_counted = range(day.day, length + 1) if recurrence.ordinal < 0 else range(1, day.day + 1)
    return sum((first_weekday + number - 1) % 7 in recurrence.days for number in days_counted) == abs(
        recurrence.ordinal
    )


def _to_utc(local: datetime, zone: ZoneInfo) -> datetime:
    """Return the first instant at which a local clock shows this time or a later one."""
    at = local.replace(tzinfo=zone).astimezone(UTC)
    if _to_local(at, zone) == local:
        return at
    before = local.replace(tzinfo=zone, fold=1).astimezone(UTC)  # for a non-existent time, fold 1 is before the change
    while (gap := (at - before) // _SECOND) > 1:
        middle = before + gap // 2 * _SECOND
        before, at = (before, middle) if _to_local(middle, zone) >= local else (middle, at)
    return at


def _to_local(at: datetime, zone: ZoneInfo) -> datetime:
    return at.astimezone(zone).replace(tzinfo=None)


@dataclass(frozen=True)
class _SpanLine:
    """The parsed line of a question that covers a span."""

    question: AnyQuestion
    params: Params

    @property
    def _values(self) -> dict[str, Any]:
        return dict(self.params)

    @property
    def span(self) -> Any:
        return self._values[self.question.span_field]

    @property
    def is_fixed(self) -> bool:
        """Whether the line itself says since when."""
        return self._values["since"] is not None

    def with_span(self, span: str | None) -> str:
        return self._with(**{self.question.span_field: span})

    def with_since(self, day: date) -> str:
        return self._with(since=day.isoformat())

    def without_display_fields(self) -> str:
        return self._with(**dict.fromkeys(self.question.display_fields))

    def _with(self, **values: Any) -> str:
        return self.question.line(self._values | values)


def with_span(line: str, trigger: Trigger) -> str:
    """Return a question's line with the span between two runs, unless it says itself what to cover."""
    parsed = _parse_span(line)
    return line if parsed is None or parsed.is_fixed or parsed.span else parsed.with_span(span_of(trigger))


def follow_trigger(line: str, before: Trigger, after: Trigger) -> str:
    """Return the line of a schedule whose trigger changes: if its span was the one between two runs, it still is."""
    parsed = _parse_span(line)
    return with_span(parsed.with_span(None) if parsed and parsed.span == span_of(before) else line, after)


def with_since(schedule: Schedule, at: datetime) -> Schedule:
    """Return a schedule that asks for the days since its previous run, unless a span says what to cover.

    The first Mondays of two months are 28 or 35 days apart, so a monthly run needs the date too.
    """
    trigger, parsed = trigger_of(schedule), _parse_span(schedule.line)
    if isinstance(trigger, WatchTrigger) or parsed is None or parsed.is_fixed:
        return schedule
    if parsed.span is None or parsed.span == span_of(trigger) == MONTH:
        return replace(schedule, line=parsed.with_since(previous_day(trigger, at)))
    return schedule


def subject(line: str, trigger: Trigger) -> str:
    """Return what a schedule reports. Two schedules with the same subject and trigger are duplicates."""
    full_line = with_span(line, trigger)
    parsed = _parse_span(full_line)
    return parsed.without_display_fields() if parsed else full_line


def _parse_span(line: str) -> _SpanLine | None:
    """Parse the line of a question that covers a span; None for any other."""
    question = _questions_with_span().get(line.partition(" ")[0])
    try:
        return _SpanLine(question, parse(line, {question.name: question}).params) if question else None
    except InvalidLine:  # saved by an earlier version
        return None


@cache
def _questions_with_span() -> dict[str, AnyQuestion]:
    return {name: question for name, question in discover().items() if question.span_field}
