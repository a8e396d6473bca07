"""Look up time zones as people write them: `europe/berlin`, `Berlin`, `UTC`.

The names come from the package `tzdata`, so they are the same on every machine, and are loaded on first use.
`zoneinfo.available_timezones()` walks the disk, which takes two hundred times as long.
"""

import re
from functools import cache
from importlib import resources

from bot.lines.param_types import closest_match

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
