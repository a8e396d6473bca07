"""The zones of the world as people write them: `europe/berlin`, `Berlin`, `UTC`.

The names come from the package `tzdata`, so that they are the same on every machine, and are read when the first word
that may be a zone is met. `zoneinfo.available_timezones()` walks the disk, which takes two hundred times as long."""

import re
from functools import cache
from importlib import resources

from bot.lines.param_types import nearest

_LONGEST = 40  # the longest name has 32 letters

# Not IANA's, but what people in America say. They are offered, never taken: whoever says EST or PST names one half of
# the year and means the whole.
_AMERICAN = {
    **dict.fromkeys(("et", "edt"), "America/New_York"),
    **dict.fromkeys(("ct", "cst", "cdt"), "America/Chicago"),
    **dict.fromkeys(("mt", "mdt"), "America/Denver"),
    **dict.fromkeys(("pt", "pst", "pdt"), "America/Los_Angeles"),
}
_OFFSET = re.compile(r"(utc|gmt)[+-][0-9:]+")
_COUNTRIES = ("Brazil", "Canada", "Chile", "Etc", "Mexico", "US")  # below these are regions, not cities


def zone(word: str) -> str | None:
    """The IANA name of a zone, or of a city that names one zone only."""
    plain = _plain(word)
    return _names().get(plain) or _cities().get(plain)


def is_like_a_zone(word: str) -> bool:
    """Whether a word is a zone, or was meant to be one."""
    area, slash, _ = word.partition("/")
    if slash and len(area) <= _LONGEST and nearest(area, _areas(), 0.75):
        return True
    return word.lower() in _AMERICAN or bool(_OFFSET.fullmatch(word.lower())) or zone(word) is not None


def meant(word: str) -> str | None:
    """The zone that a word looks most like. An offset is like none: it says nothing of when the clocks change."""
    plain = _plain(word)
    if plain in _AMERICAN:
        return _AMERICAN[plain]
    if len(plain) > _LONGEST or _OFFSET.fullmatch(word.lower()):
        return None
    known, likeness = (_names(), 0.6) if "/" in word else (_names() | _cities(), 0.75)
    close = nearest(plain, tuple(known), likeness)
    return known[close] if close else None


@cache
def _names() -> dict[str, str]:
    """Every zone by its own name."""
    return {_plain(name): name for name in _read("zones").split() if name != "Factory"}


@cache
def _cities() -> dict[str, str]:
    """Every zone by its city. Of several the one in IANA's table of places counts: Istanbul is in Europe."""
    table = [line.split("\t")[2] for line in _read("zoneinfo/zone.tab").splitlines() if not line.startswith("#")]
    found: dict[str, set[str]] = {}
    for name in _names().values():
        if "/" in name and name.partition("/")[0] not in _COUNTRIES:
            found.setdefault(_plain(name.rpartition("/")[2]), set()).add(name)
    chosen = {city: (names & {*table}) or names for city, names in found.items()}
    return {city: next(iter(names)) for city, names in chosen.items() if len(names) == 1}


@cache
def _areas() -> tuple[str, ...]:
    """What stands before the slash."""
    return tuple({name.partition("/")[0] for name in _names().values() if "/" in name})


def _plain(word: str) -> str:
    """A name without what people vary: capitals, and what stands for a space."""
    return word.lower().replace("-", "_")


def _read(path: str) -> str:
    return resources.files("tzdata").joinpath(path).read_text("utf-8")
