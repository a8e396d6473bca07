"""The zones of the world as people write them: `europe/berlin`, `Berlin`, `UTC`.

The names come from the package `tzdata`, so that they are the same on every machine, and are read when the first word
that may be a zone is met. `zoneinfo.available_timezones()` walks the disk, which takes two hundred times as long."""

import re
from functools import cache
from importlib import resources

from bot.lines.param_types import closest_match

_MAX_ZONE_CHARS = 40  # the longest name has 32 letters

# Not IANA's, but what people in America say. They are offered, never taken: whoever says EST or PST names one half of
# the year and means the whole.
_US_ABBREVIATIONS = {
    **dict.fromkeys(("et", "edt"), "America/New_York"),
    **dict.fromkeys(("ct", "cst", "cdt"), "America/Chicago"),
    **dict.fromkeys(("mt", "mdt"), "America/Denver"),
    **dict.fromkeys(("pt", "pst", "pdt"), "America/Los_Angeles"),
}
_UTC_OFFSET = re.compile(r"(utc|gmt)[+-][0-9:]+")
_COUNTRY_AREAS = ("Brazil", "Canada", "Chile", "Etc", "Mexico", "US")  # below these are regions, not cities


def find_zone(word: str) -> str | None:
    """The IANA name of a zone, or of a city that names one zone only."""
    plain = _normalize(word)
    return _zones_by_name().get(plain) or _zones_by_city().get(plain)


def looks_like_zone(word: str) -> bool:
    """Whether a word is a zone, or was meant to be one."""
    area, slash, _ = word.partition("/")
    if slash and len(area) <= _MAX_ZONE_CHARS and closest_match(area, _areas(), 0.75):
        return True
    return word.lower() in _US_ABBREVIATIONS or bool(_UTC_OFFSET.fullmatch(word.lower())) or find_zone(word) is not None


def suggest_zone(word: str) -> str | None:
    """The zone that a word looks most like. An offset is like none: it says nothing of when the clocks change."""
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
    """Every zone by its own name."""
    return {_normalize(name): name for name in _read("zones").split() if name != "Factory"}


@cache
def _zones_by_city() -> dict[str, str]:
    """Every zone by its city. Of several the one in IANA's table of places counts: Istanbul is in Europe."""
    table = [line.split("\t")[2] for line in _read("zoneinfo/zone.tab").splitlines() if not line.startswith("#")]
    names_by_city: dict[str, set[str]] = {}
    for name in _zones_by_name().values():
        if "/" in name and name.partition("/")[0] not in _COUNTRY_AREAS:
            names_by_city.setdefault(_normalize(name.rpartition("/")[2]), set()).add(name)
    preferred = {city: (names & {*table}) or names for city, names in names_by_city.items()}
    return {city: next(iter(names)) for city, names in preferred.items() if len(names) == 1}


@cache
def _areas() -> tuple[str, ...]:
    """What stands before the slash."""
    return tuple({name.partition("/")[0] for name in _zones_by_name().values() if "/" in name})


def _normalize(word: str) -> str:
    """A name without what people vary: capitals, and what stands for a space."""
    return word.lower().replace("-", "_")


def _read(path: str) -> str:
    return resources.files("tzdata").joinpath(path).read_text("utf-8")
