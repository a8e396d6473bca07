"""Times in a sentence: `yesterday`, `last week`, `since monday`, `two days ago`, `this month`."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from bot.lines.timespec import DAY_NAMES

DAYS_PER_UNIT = {"hour": 1 / 24, "day": 1, "week": 7, "fortnight": 14, "month": 30, "quarter": 91, "year": 365}
MAX_DAYS_AGO = 91  # further back, most questions have no answer
NUMBERS = ("a", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
VAGUE_NUMBERS = {"an": 1, "couple of": 2, "couple": 2, "few": 3}

_NUMBER = "|".join((r"\d{1,3}", *NUMBERS[1:], *VAGUE_NUMBERS))
_UNIT = "|".join(DAYS_PER_UNIT)


@dataclass(frozen=True)
class TimeRange:
    """Times as a line has them, and the days that they mean. Without `until`, the range ends now."""

    since: str
    until: str
    first: date
    last: date
    phrase: str = ""  # the words of the sentence

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


def find_time_range(line: str, today: date) -> TimeRange | None:
    """Return the time that a sentence names, the most specific one; after `since`, it ends now."""
    text = " ".join(line.lower().split())
    for pattern, resolve in _PHRASES:
        if (match := pattern.search(text)) and (found := resolve(match, today)):
            is_open = re.search(r"\b(since|from|after)( the)?$", text[: match.start()].rstrip())
            found = replace(found, phrase=match[0])
            return replace(found, until="", last=today) if is_open else found
    return None


def _date(match: re.Match[str], today: date) -> TimeRange | None:
    try:
        day = date.fromisoformat(match[0])
    except ValueError:  # the 31st of February
        return None
    return _days(day, day) if day <= today else None


def _ago(match: re.Match[str], today: date) -> TimeRange:
    """`two weeks ago`, `the last 3 days`, `7d`: from then until now."""
    number = match["number"] or "1"
    amount = int(number) if number.isdecimal() else VAGUE_NUMBERS.get(number) or NUMBERS.index(number)
    unit = {"h": "hour", "d": "day", "w": "week"}.get(match["unit"], match["unit"])
    days = min(amount * DAYS_PER_UNIT[unit], MAX_DAYS_AGO)
    since = f"{amount}h" if days < 2 and unit == "hour" else f"{round(days)}d"
    return TimeRange(since, "", today - timedelta(days=round(days)), today)


def _current(match: re.Match[str], today: date) -> TimeRange:
    start = _start_of(match["unit"], today)
    return TimeRange("monday" if match["unit"] == "week" else start.isoformat(), "", start, today)


def _previous(match: re.Match[str], today: date) -> TimeRange:
    end = _start_of(match["unit"], today) - timedelta(days=1)
    return _days(_start_of(match["unit"], end), end)


def _start_of(unit: str, day: date) -> date:
    if unit == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1, month=day.month if unit == "month" else day.month - (day.month - 1) % 3)


def _weekend(_: re.Match[str], today: date) -> TimeRange:
    saturday = today - timedelta(days=(today.weekday() - 5) % 7)
    return _days(saturday, min(saturday + timedelta(days=1), today))


def _yesterday(_: re.Match[str], today: date) -> TimeRange:
    return TimeRange("yesterday", "today", today - timedelta(days=1), today)


def _today(_: re.Match[str], today: date) -> TimeRange:
    return TimeRange("today", "", today, today)


def _weekday(match: re.Match[str], today: date) -> TimeRange:
    name = match["day"]
    day = today - timedelta(days=(today.weekday() - DAY_NAMES.index(name)) % 7)
    return TimeRange(name, name, day, day)


def _days(first: date, last: date) -> TimeRange:
    return TimeRange(first.isoformat(), last.isoformat(), first, last)


_RESOLVERS: Mapping[str, Callable[[re.Match[str], date], TimeRange | None]] = {
    r"\d{4}-\d\d-\d\d": _date,
    rf"(?P<number>{_NUMBER}) (?P<unit>{_UNIT})s? ago": _ago,
    rf"(?:last|past|previous) (?:(?P<number>{_NUMBER}) )(?P<unit>{_UNIT})s?": _ago,
    r"(?P<number>\d{1,3})(?P<unit>[hdw])": _ago,
    rf"past (?P<number>)(?P<unit>{_UNIT})": _ago,
    r"last (?P<number>)(?P<unit>hour|day|year)": _ago,
    r"(?:last|previous) (?P<unit>week|month|quarter)": _previous,
    r"this (?P<unit>week|month|quarter)": _current,
    r"weekend": _weekend,
    r"yesterday|last night": _yesterday,
    r"today|this morning|this afternoon": _today,
    rf"(?P<day>{'|'.join(DAY_NAMES)})": _weekday,
}
_PHRASES = tuple((re.compile(rf"\b(?:{pattern})\b"), resolve) for pattern, resolve in _RESOLVERS.items())
