"""Parse recurrences, watches' triggers and time zones as people write them.

People write `monday 9:00 Europe/Berlin`, `Mon and Thu at 9am` or `last friday of the month`. It is a parameter type
like those in `lines/param_types.py`, but one of several words, so it also tells which words belong to it.
"""

import re
from dataclasses import dataclass, field
from datetime import time
from functools import cache
from importlib import resources

from bot.lines.param_types import InvalidValue, closest_match
from bot.lines.timespec import DAY_NAMES
from bot.schedules.triggers import DAY_GROUPS, EVERY_DAY, ORDINALS, WATCH, WEEKDAYS, Recurrence, Trigger, WatchTrigger

_DAYS_BY_WORD: dict[str, tuple[int, ...]] = {
    **{name: (day,) for day, full in enumerate(DAY_NAMES) for name in (full, f"{full}s", full[:3])},
    "tues": (1,),
    "weds": (2,),
    "thur": (3,),
    "thurs": (3,),
    **dict.fromkeys(("day", "days", "daily", "everyday"), EVERY_DAY),
    **dict.fromkeys(("weekday", "weekdays", "workday", "workdays"), WEEKDAYS),
    **dict.fromkeys(("weekend", "weekends"), (5, 6)),
}
_ORDINAL_WORDS = {name: ordinal for ordinal, name in ORDINALS.items() if ordinal}
_ORDINAL_WORDS |= {"1st": 1, "2nd": 2, "3rd": 3, "4th": 4, "fifth": 5, "5th": 5}
_FILLER_WORDS = {
    "at",
    "on",
    "in",
    "and",
    "to",
    "-",
    "through",
    "of",
    "the",
    "month",
    "every",
    "each",
    "o'clock",
    "oclock",
}
_TOO_OFTEN = ("minute", "minutes", "hour", "hours", "hourly")
_UNSUPPORTED = {  # recurrences that aren't supported, with the nearest supported days
    **dict.fromkeys(("week", "weeks", "weekly", "other", "fortnight", "fortnightly", "biweekly"), "monday"),
    **dict.fromkeys(("months", "monthly"), "first monday"),
    **dict.fromkeys(_TOO_OFTEN, "day"),
}
_TOKEN = re.compile(
    r"""(?ix) [0-9]+\s+(?:minute|hour|day|week|month)s\b      # 2 days
        | [0-9][^\s,;&]*\s+[ap]\.?m\b\.?                      # 9 am
        | [a-z]+\s+(?:-|to|through)\s+[a-z]+\b                # monday to friday
        | [^\s,;&]+"""
)
_RANGE_SEPARATOR = re.compile(r"\s*-\s*|\s+(?:to|through)\s+")
_CORRECTABLE = (
    *DAY_NAMES,
    "daily",
    "weekday",
    "weekend",
    *(name for name in _ORDINAL_WORDS if len(name) > 4),
)  # words that typos are matched against
_MIN_SIMILARITY = 0.75  # of a typo to one of them; `deploys` and `days` are 0.55

# Times of day: `9`, `9:00`, `09.00`, `9h30`, `0900`, `9:30pm`, `noon`.
_NAMED_TIMES = {"noon": time(12), "midday": time(12), "midnight": time(0)}
_TIME = re.compile(r"([0-9]{1,2})(?:h|[:.h]?([0-9]{2}))?(?:([ap])\.?m\.?)?")
_AM_PM = re.compile(r"[ap]\.?m\.?")

# Time zones.
_MAX_ZONE_CHARS = 40  # the longest name has 32 letters

# Not IANA names, but common in America. They are suggested, never accepted: EST and PST name only half of the year, but
# people mean all of it.
_US_ABBREVIATIONS = {
    **dict.fromkeys(("et", "edt"), "America/New_York"),
    **dict.fromkeys(("ct", "cst", "cdt"), "America/Chicago"),
    **dict.fromkeys(("mt", "mdt"), "America/Denver"),
    **dict.fromkeys(("pt", "pst", "pdt"), "America/Los_Angeles"),
}
_UTC_OFFSET = re.compile(r"(utc|gmt)[+-][0-9:]+")
_COUNTRY_AREAS = ("Brazil", "Canada", "Chile", "Etc", "Mexico", "US")  # their names are regions, not cities


class RecurrenceType:
    """The parameter type of a recurrence, which may have several words."""

    hint = "monday 9:00, weekday 17:30, mon,thu 9am or first monday 9:00 Europe/Berlin"

    def recognizes(self, word: str) -> bool:
        """Return whether a word belongs to a recurrence, or was meant to. The first that doesn't names the question."""
        return bool(word) and all(map(_is_recurrence_word, _TOKEN.findall(word)))

    def read(self, word: str) -> Recurrence:
        """Parse a recurrence."""
        parser = _RecurrenceParser()
        for part in _TOKEN.findall(word):
            parser.add_word(part)
        return parser.build()

    def write(self, value: Recurrence) -> str:
        """Return the canonical form."""
        return str(value)


@dataclass
class _RecurrenceParser:
    """Collects the parts of a recurrence, word by word, and the mistakes."""

    days: set[int] = field(default_factory=set)
    ordinal: int = 0
    local_time: time | None = None
    zone: str = ""
    fallback: str = ""  # the nearest supported days, if the recurrence itself isn't supported
    mistakes: list[str] = field(default_factory=list)

    def add_word(self, word: str) -> None:
        """Parse the next word."""
        plain = word.lower()
        if plain in _ORDINAL_WORDS:
            self._set_ordinal(plain)
        elif days := _parse_days(plain):
            self.days.update(days)
        elif fallback := _nearest_supported(plain):
            too_often = plain.split()[-1] in _TOO_OFTEN
            problem = "is too often: schedules run at most once a day" if too_often else "isn't a supported schedule"
            self.mistakes.append(f"“{word[:60]}” {problem}")
            self.fallback = self.fallback or fallback
        elif looks_like_time(word):
            self._set_time(word)
        elif zone_name := find_zone(word):
            self._set_zone(zone_name)
        elif plain not in _FILLER_WORDS:
            self._correct_typo(word)

    def build(self) -> Recurrence:
        """Return the recurrence; raise InvalidValue if there are mistakes."""
        if not self.days:
            for word in self.fallback.split():
                self.add_word(word)
        if not self.days:
            raise InvalidValue(f"Which days? For example {RecurrenceType.hint}")
        days = tuple(sorted(self.days))
        if self.ordinal and len(days) > 1 and days not in DAY_GROUPS:
            word = ORDINALS[self.ordinal]
            raise InvalidValue(f"“{word}” needs a single day, for example {word} monday")
        recurrence = Recurrence(days, self.ordinal, time(9) if self.local_time is None else self.local_time, self.zone)
        if self.mistakes:
            mistakes = " and ".join(dict.fromkeys(self.mistakes))
            raise InvalidValue(mistakes, str(recurrence), shown=f"every {recurrence}")
        return recurrence

    def _set_ordinal(self, plain: str) -> None:
        if self.ordinal:
            raise InvalidValue("Use only one of first, second, third, fourth and last")
        self.ordinal = _ORDINAL_WORDS[plain]
        if self.ordinal > 4:
            self.mistakes.append("Not every month has a fifth one")
            self.ordinal = -1

    def _set_time(self, word: str) -> None:
        if self.local_time is not None:
            raise InvalidValue("Use only one time of day")
        self.local_time = parse_time(word)

    def _set_zone(self, name: str) -> None:
        if self.zone:
            raise InvalidValue("Use only one time zone")
        self.zone = name

    def _correct_typo(self, word: str) -> None:
        """Record an unknown word as a mistake, and continue with the day or zone it probably means."""
        if day := _correct_day(word):
            self.mistakes.append(f"“{word[:60]}” isn't a day")
            self.add_word(day)
        elif zone_name := suggest_zone(word):
            self.mistakes.append(f"“{word[:60]}” isn't a time zone I know")
            self._set_zone(zone_name)
        elif looks_like_zone(word):
            raise InvalidValue(f"“{word[:60]}” isn't a time zone I know. Use one like Europe/Berlin")
        else:
            raise InvalidValue(f"“{word[:60]}” isn't a day, a time or a time zone. Try {RecurrenceType.hint}")


def _is_recurrence_word(word: str) -> bool:
    plain = word.lower()
    known = plain in _FILLER_WORDS or plain in _ORDINAL_WORDS or plain in _UNSUPPORTED or bool(_parse_days(plain))
    return known or looks_like_time(word) or looks_like_zone(word) or bool(_correct_day(word))


def _correct_day(word: str) -> str | None:
    """Return the day or ordinal that a typo most likely means."""
    if not 4 <= len(word) <= 12:
        return None
    # Typos rarely change the first letter: munday is monday, not sunday.
    same_initial = [name for name in _CORRECTABLE if name[0] == word[0].lower()]
    return closest_match(word, same_initial, _MIN_SIMILARITY) or closest_match(word, _CORRECTABLE, _MIN_SIMILARITY)


def _nearest_supported(plain: str) -> str | None:
    """Return the supported days that are nearest to an unsupported recurrence."""
    *number, unit = plain.split()
    return "day" if number and unit == "days" else _UNSUPPORTED.get(unit)


def _parse_days(plain: str) -> tuple[int, ...]:
    """Return the days that a name or a range means."""
    if plain in _DAYS_BY_WORD:
        return _DAYS_BY_WORD[plain]
    ends = [_DAYS_BY_WORD.get(name, ()) for name in _RANGE_SEPARATOR.split(plain)]
    if [len(days) for days in ends] != [1, 1]:
        return ()
    [[start], [end]] = ends
    return tuple((start + step) % 7 for step in range((end - start) % 7 + 1))


def looks_like_time(word: str) -> bool:
    """Return whether a word is a time, a part of one, or an attempt at one."""
    plain = word.lower()
    return plain in _NAMED_TIMES or bool(re.match(r"[0-9]", plain) or _AM_PM.fullmatch(plain))


def parse_time(word: str) -> time:
    """Parse a time of day."""
    plain = "".join(word.lower().split())
    if plain in _NAMED_TIMES:
        return _NAMED_TIMES[plain]
    match = _TIME.fullmatch(plain)
    hour, minute, am_pm = (int(match[1]), int(match[2] or 0), match[3]) if match else (-1, 0, None)
    min_hour, max_hour = (1, 12) if am_pm else (0, 23)
    if not min_hour <= hour <= max_hour or minute > 59:
        raise InvalidValue(f"“{word[:60]}” isn't a time of day. Use 0:00 to 23:59, or 12am to 11:59pm")
    return time(hour % 12 + 12 * (am_pm == "p") if am_pm else hour, minute)


RECURRENCE = RecurrenceType()


def read_trigger(text: str) -> Trigger:
    """Parse a recurrence with its zone, or `watch` and a zone: the form in which schedules are exported."""
    word, _, typed_zone = text.partition(" ")
    if word.lower() != WATCH:
        recurrence = RECURRENCE.read(text)
        if not recurrence.zone:
            raise _missing_zone(text)
        return recurrence
    typed_zone = typed_zone.strip()
    if not typed_zone:
        raise _missing_zone(text)
    zone_name = find_zone(typed_zone)
    if zone_name is None:
        raise InvalidValue(f"“{typed_zone}” isn't a time zone I know", suggest_zone(typed_zone))
    return WatchTrigger(zone_name)


def _missing_zone(text: str) -> InvalidValue:
    return InvalidValue(f"“{text}” needs a time zone, for example Europe/Berlin")


def find_zone(word: str) -> str | None:
    """Return the IANA name of a zone, given its name or a city that belongs to one zone only."""
    plain = _normalize(word)
    return _zones_by_name().get(plain) or _zones_by_city().get(plain)


def looks_like_zone(word: str) -> bool:
    """Return whether a word is a zone, or an attempt at one."""
    area, slash, _ = word.partition("/")
    if slash and len(area) <= _MAX_ZONE_CHARS and closest_match(area, _areas(), 0.75):
        return True
    return word.lower() in _US_ABBREVIATIONS or bool(_UTC_OFFSET.fullmatch(word.lower())) or find_zone(word) is not None


def suggest_zone(word: str) -> str | None:
    """Return the zone that a word is most similar to. An offset has none: it doesn't tell when DST begins and ends."""
    plain = _normalize(word)
    if plain in _US_ABBREVIATIONS:
        return _US_ABBREVIATIONS[plain]
    if len(plain) > _MAX_ZONE_CHARS or _UTC_OFFSET.fullmatch(word.lower()):
        return None
    candidates, min_similarity = (_zones_by_name(), 0.6) if "/" in word else (_zones_by_name() | _zones_by_city(), 0.75)
    match = closest_match(plain, tuple(candidates), min_similarity)
    return candidates[match] if match else None


@cache
def _zones_by_name() -> dict[str, str]:
    """Return every zone by its normalized name."""
    return {_normalize(name): name for name in _read("zones").split() if name != "Factory"}


@cache
def _zones_by_city() -> dict[str, str]:
    """Return every zone by its city.

    If a city has several zones, the one in IANA's zone.tab wins: Istanbul is in Europe.
    """
    table = [line.split("\t")[2] for line in _read("zoneinfo/zone.tab").splitlines() if not line.startswith("#")]
    names_by_city: dict[str, set[str]] = {}
    for name in _zones_by_name().values():
        if "/" in name and name.partition("/")[0] not in _COUNTRY_AREAS:
            names_by_city.setdefault(_normalize(name.rpartition("/")[2]), set()).add(name)
    preferred = {city: (names & {*table}) or names for city, names in names_by_city.items()}
    return {city: next(iter(names)) for city, names in preferred.items() if len(names) == 1}


@cache
def _areas() -> tuple[str, ...]:
    """Return the names before the slash."""
    return tuple({name.partition("/")[0] for name in _zones_by_name().values() if "/" in name})


def _normalize(word: str) -> str:
    """Ignore case, and treat hyphens as underscores."""
    return word.lower().replace("-", "_")


def _read(path: str) -> str:
    return resources.files("tzdata").joinpath(path).read_text("utf-8")
