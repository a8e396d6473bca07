"""What a scheduled question covers: a day, a week or a month, stored in its line, else the days since the last run.

That concerns questions with a `span_field`. A line with a `since` of its own stays as it is.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from typing import Any

from bot.errors import InvalidLine
from bot.lines.parser import parse
from bot.lines.spec import Params
from bot.questions import discover
from bot.questions.base import AnyQuestion
from bot.schedules.triggers import MONTH, Trigger, WatchTrigger, previous_day, span_of, trigger_of
from bot.store import Schedule


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
    parsed = _parse(line)
    return line if parsed is None or parsed.is_fixed or parsed.span else parsed.with_span(span_of(trigger))


def follow_trigger(line: str, before: Trigger, after: Trigger) -> str:
    """Return the line of a schedule whose trigger changes: if its span was the one between two runs, it still is."""
    parsed = _parse(line)
    return with_span(parsed.with_span(None) if parsed and parsed.span == span_of(before) else line, after)


def with_since(schedule: Schedule, at: datetime) -> Schedule:
    """Return a schedule that asks for the days since its previous run, unless a span says what to cover.

    The first Mondays of two months are 28 or 35 days apart, so a monthly run needs the date too.
    """
    trigger, parsed = trigger_of(schedule), _parse(schedule.line)
    if isinstance(trigger, WatchTrigger) or parsed is None or parsed.is_fixed:
        return schedule
    if parsed.span is None or parsed.span == span_of(trigger) == MONTH:
        return replace(schedule, line=parsed.with_since(previous_day(trigger, at)))
    return schedule


def subject(line: str, trigger: Trigger) -> str:
    """Return what a schedule reports. Two schedules with the same subject and trigger are duplicates."""
    full_line = with_span(line, trigger)
    parsed = _parse(full_line)
    return parsed.without_display_fields() if parsed else full_line


def _parse(line: str) -> _SpanLine | None:
    """Parse the line of a question that covers a span; None for any other."""
    question = _questions_with_span().get(line.partition(" ")[0])
    try:
        return _SpanLine(question, parse(line, {question.name: question}).params) if question else None
    except InvalidLine:  # saved by an earlier version
        return None


@cache
def _questions_with_span() -> dict[str, AnyQuestion]:
    return {name: question for name, question in discover().items() if question.span_field}
