"""A cadence: on which days, at which time of which zone's wall clock; and how it is read from what people write.

`monday 9:00 Europe/Berlin`, `Mon and Thu at 9am`, `last friday of the month`: it is a kind of value like those in
`lines/param_types.py`, but one of several words, so it also tells which words it knows."""

import re
from dataclasses import dataclass, field
from datetime import time

from bot.lines.param_types import Mistake, nearest
from bot.lines.timespec import DAYS
from bot.schedules.time_of_day import is_like_a_time, read_time, write_time
from bot.schedules.timezones import is_like_a_zone, meant, zone

EVERY_DAY = tuple(range(7))
WEEKDAYS = tuple(range(5))
_TOGETHER = {EVERY_DAY: "day", WEEKDAYS: "weekday"}
_ORDINALS = {0: "", 1: "first", 2: "second", 3: "third", 4: "fourth", -1: "last"}

_NAMED: dict[str, tuple[int, ...]] = {
    **{name: (day,) for day, full in enumerate(DAYS) for name in (full, f"{full}s", full[:3])},
    "tues": (1,),
    "weds": (2,),
    "thur": (3,),
    "thurs": (3,),
    **dict.fromkeys(("day", "days", "daily", "everyday"), EVERY_DAY),
    **dict.fromkeys(("weekday", "weekdays", "workday", "workdays"), WEEKDAYS),
    **dict.fromkeys(("weekend", "weekends"), (5, 6)),
}
_NTH = {name: nth for nth, name in _ORDINALS.items() if nth}
_NTH |= {"1st": 1, "2nd": 2, "3rd": 3, "4th": 4, "fifth": 5, "5th": 5}
_GLUE = {"at", "on", "in", "and", "to", "-", "through", "of", "the", "month", "every", "each", "o'clock", "oclock"}
_OTHER = {  # cadences that are not kept, and the days that come nearest to them
    **dict.fromkeys(("week", "weeks", "weekly", "other", "fortnight", "fortnightly", "biweekly"), "monday"),
    **dict.fromkeys(("months", "monthly"), "first monday"),
    **dict.fromkeys(("minute", "minutes", "hour", "hours", "hourly"), "day"),
}
_PART = re.compile(
    r"""(?ix) [0-9]+\s+(?:minute|hour|day|week|month)s\b      # 2 days
        | [0-9][^\s,;&]*\s+[ap]\.?m\b\.?                      # 9 am
        | [a-z]+\s+(?:-|to|through)\s+[a-z]+\b                # monday to friday
        | [^\s,;&]+"""
)
_FROM_TO = re.compile(r"\s*-\s*|\s+(?:to|through)\s+")
_FULL = (*DAYS, "daily", "weekday", "weekend", *(name for name in _NTH if len(name) > 4))  # what a slip is told by
_SLIP = 0.75  # how like one of them a slip is; `deploys` and `days` are 0.55


@dataclass(frozen=True, slots=True)
class Cadence:
    """On which days, at which time of which zone's wall clock.

    The first of several days is the first that comes: `first weekday` is the month's first day of work.
    """

    days: tuple[int, ...]  # 0 is Monday; sorted, each once
    nth: int  # 0: every week; 1 to 4: the first to the fourth of the month; -1: the last
    at: time  # hours and minutes
    zone: str  # IANA's name, or "" where none was said: then it is that of whoever asks

    def __str__(self) -> str:
        """The one form that all lines of this meaning have."""
        named = _TOGETHER.get(self.days) or ",".join(DAYS[day] for day in self.days)
        return " ".join(part for part in (_ORDINALS[self.nth], named, write_time(self.at), self.zone) if part)

    def says(self) -> str:
        """The cadence as one would say it."""
        month = f"{_ORDINALS[self.nth]} {self._named()} of the month" if self.nth else self._named()
        return f"every {month} at {write_time(self.at)}" + (f" ({self.zone})" if self.zone else "")

    def _named(self) -> str:
        *others, last = (DAYS[day].capitalize() for day in self.days)
        return _TOGETHER.get(self.days) or " and ".join(part for part in (", ".join(others), last) if part)


class Cadences:
    """A cadence, of as many words as it needs."""

    allowed = "monday 9:00, weekday 17:30, mon,thu 9am or first monday 9:00 Europe/Berlin"

    def knows(self, word: str) -> bool:
        """Whether a word belongs to a cadence, or was meant to: the first that does not is a question's name."""
        return bool(word) and all(map(_belongs, _PART.findall(word)))

    def read(self, word: str) -> Cadence:
        """The cadence that the words say."""
        reading = _Reading()
        for part in _PART.findall(word):
            reading.take(part)
        return reading.finish()

    def write(self, value: Cadence) -> str:
        return str(value)


@dataclass
class _Reading:
    """A cadence while it is read: what was said so far, and what had to be put right."""

    days: set[int] = field(default_factory=set)
    nth: int = 0
    at: time | None = None
    zone: str = ""
    instead: str = ""
    faults: list[str] = field(default_factory=list)

    def take(self, word: str) -> None:
        """One word of the cadence."""
        plain = word.lower()
        if plain in _NTH:
            self._ordinal(plain)
        elif days := _days(plain):
            self.days.update(days)
        elif other := _other(plain):
            self.faults.append(f"“{word[:60]}” is no cadence that I keep")
            self.instead = self.instead or other
        elif is_like_a_time(word):
            self._time(word)
        elif named := zone(word):
            self._zone(named)
        elif plain not in _GLUE:
            self._mend(word)

    def finish(self) -> Cadence:
        """The cadence, if there is nothing to say against it."""
        if not self.days:
            for word in self.instead.split():
                self.take(word)
        if not self.days:
            raise Mistake(f"it is not said on which days; say {Cadences.allowed}")
        days = tuple(sorted(self.days))
        if self.nth and len(days) > 1 and days not in _TOGETHER:
            raise Mistake(f"“{_ORDINALS[self.nth]}” goes with one day; say {_ORDINALS[self.nth]} monday")
        cadence = Cadence(days, self.nth, time(9) if self.at is None else self.at, self.zone)
        if self.faults:
            raise Mistake(" and ".join(dict.fromkeys(self.faults)), str(cadence))
        return cadence

    def _ordinal(self, plain: str) -> None:
        if self.nth:
            raise Mistake("one of first, second, third, fourth and last is enough")
        self.nth = _NTH[plain]
        if self.nth > 4:
            self.faults.append("not every month has a fifth")
            self.nth = -1

    def _time(self, word: str) -> None:
        if self.at is not None:
            raise Mistake("one time of day is enough")
        self.at = read_time(word)

    def _zone(self, name: str) -> None:
        if self.zone:
            raise Mistake("one zone is enough")
        self.zone = name

    def _mend(self, word: str) -> None:
        """What a word that says nothing was meant to say."""
        if day := _slip(word):
            self.faults.append(f"“{word[:60]}” is no day I know")
            self.take(day)
        elif place := meant(word):
            self.faults.append(f"“{word[:60]}” is no zone I know")
            self._zone(place)
        elif is_like_a_zone(word):
            raise Mistake(f"“{word[:60]}” is no zone I know; say one such as Europe/Berlin")
        else:
            raise Mistake(f"“{word[:60]}” is neither a day, nor a time, nor a zone; say {Cadences.allowed}")


def _belongs(word: str) -> bool:
    plain = word.lower()
    known = plain in _GLUE or plain in _NTH or plain in _OTHER or bool(_days(plain))
    return known or is_like_a_time(word) or is_like_a_zone(word) or bool(_slip(word))


def _slip(word: str) -> str | None:
    """The day, or the place of a day in the month, that was mistyped."""
    if not 4 <= len(word) <= 12:
        return None
    alike = [name for name in _FULL if name[0] == word[0].lower()]  # people slip within a word: munday is no sunday
    return nearest(word, alike, _SLIP) or nearest(word, _FULL, _SLIP)


def _other(plain: str) -> str | None:
    """The days that come nearest to a cadence that is not kept."""
    *number, unit = plain.split()
    return "day" if number and unit == "days" else _OTHER.get(unit)


def _days(plain: str) -> tuple[int, ...]:
    """The days that a word means: by their name, or from one to another."""
    if plain in _NAMED:
        return _NAMED[plain]
    ends = [_NAMED.get(name, ()) for name in _FROM_TO.split(plain)]
    if [len(days) for days in ends] != [1, 1]:
        return ()
    [[start], [end]] = ends
    return tuple((start + step) % 7 for step in range((end - start) % 7 + 1))


CADENCE = Cadences()
