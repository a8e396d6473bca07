"""The days that a digest covers, and those before, which it is compared with: whole days in the reader's zone."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal

from bot.errors import InvalidLine
from bot.lines.timespec import format_exact, is_exact, resolve_time
from bot.questions.base import QuestionContext
from bot.questions.time_range import Days

Span = Literal["day", "week", "month"]
DAYS_PER_SPAN: dict[Span, int] = {"day": 1, "week": 7}
TITLES: dict[Span, str] = {"day": "Daily", "week": "Weekly", "month": "Monthly"}
MAX_DAYS = 45  # of a digest; the days before are requested too


@dataclass(frozen=True)
class CoveredDays:
    """The days of a digest, as many days before them, and the span that they are, if any."""

    days: Days
    previous: Days
    span: Span | None

    @property
    def title(self) -> str:
        return f"{TITLES[self.span] if self.span else f'{len(self.days.dates)}-day'} digest"

    @property
    def before(self) -> str:
        """The previous days in words: `the week before`."""
        return f"the {self.span or f'{len(self.previous.dates)} days'} before"


def covered_days(
    span: Span | None, since: str | None, until: str | None, ctx: QuestionContext, *, corrected: str
) -> CoveredDays:
    """Return the days from `since`, or a span, up to yesterday or `until`.

    Days that can't be covered raise InvalidLine with the line `corrected`."""
    end = _end(until, ctx)
    start = since or format_exact(_step_back(end, span or "week"))
    days = Days.between(start, format_exact(end), ctx, corrected=corrected)
    if len(days.dates) > MAX_DAYS:
        raise InvalidLine((f"A digest covers at most {MAX_DAYS} days.",), corrected=corrected)
    first = days.full_window.start
    previous_start = first - timedelta(days=len(days.dates)) if since else _step_back(first, span or "week")
    previous = Days.between(format_exact(previous_start), format_exact(first), ctx, corrected=corrected)
    by_length = {count: name for name, count in DAYS_PER_SPAN.items()}
    return CoveredDays(days, previous, span or by_length.get(len(days.dates)))


def _end(until: str | None, ctx: QuestionContext) -> datetime:
    """Return the end of the last day, which may lie in the future, or an exact time as it is."""
    last = resolve_time(until or "yesterday", ctx.now, ctx.zone)
    return last if until and is_exact(until) else datetime.combine(last.date() + timedelta(days=1), time(), ctx.zone)


def _step_back(end: datetime, span: Span) -> datetime:
    """Return the start of the span that ends then, at the same local time."""
    if span != "month":
        return end - timedelta(days=DAYS_PER_SPAN[span])
    year, month = (end.year, end.month - 1) if end.month > 1 else (end.year - 1, 12)
    return end.replace(year=year, month=month, day=min(end.day, monthrange(year, month)[1]))
