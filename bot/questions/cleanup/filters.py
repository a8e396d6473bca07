"""Filters flags by owner, tag and age. An owner or a tag that no flag has is a mistake, with the nearest one."""

import re
from collections.abc import Callable, Iterator, Sequence

from bot.errors import InvalidLine
from bot.lines.param_types import InvalidValue
from bot.lines.parser import normalize_line
from bot.messages import humanize
from bot.questions.catalog import CatalogItem, Flag
from bot.questions.key_correction import nearest_keys

NAME = re.compile(r"\w[^\"<>@\r\n]{0,99}")
MAX_LISTED_NAMES = 6


class NameType:
    """A name, which may have spaces: a tag, or the key or name of an owner. It is never an email address."""

    def __init__(self, hint: str) -> None:
        self.hint = hint

    def read(self, word: str) -> str:
        if not NAME.fullmatch(word) or normalize_line(word) != word:
            raise InvalidValue(f"must be {self.hint}, not “{humanize.truncate_text(word, 60)}”")
        return word

    def write(self, value: str) -> str:
        return value


def owned_by(name: str, flags: Sequence[Flag]) -> list[Flag]:
    """Return the flags of an owner."""
    return [flag for flag in flags if _matches(name, _owner_names(flag))]


def tagged(name: str, flags: Sequence[Flag]) -> list[Flag]:
    """Return the flags with a tag."""
    return [flag for flag in flags if _matches(name, flag.tags or ())]


def check_owner(name: str, flags: Sequence[Flag], correct: Callable[[str], str]) -> None:
    """Raise InvalidLine if no flag has this owner. `correct` writes the line for another one."""
    if flags and not owned_by(name, flags):
        raise _unknown(name, _owners(flags), f"Nobody named “{name}” owns a flag here.", "Owners are", correct)


def check_tag(name: str, flags: Sequence[Flag], correct: Callable[[str], str]) -> None:
    """Raise InvalidLine if no flag has this tag. `correct` writes the line for another one."""
    if flags and not tagged(name, flags):
        tags = sorted({tag for flag in flags for tag in flag.tags or ()})
        raise _unknown(name, list(map(CatalogItem, tags)), f"No flag here has the tag “{name}”.", "Tags are", correct)


def created_before(at: float, flags: Sequence[Flag]) -> list[Flag]:
    """Return the flags that were created before a time, in epoch milliseconds."""
    return [flag for flag in flags if flag.created is not None and flag.created < at]


def _matches(name: str, names: Sequence[str]) -> bool:
    return _folded(name) in map(_folded, names)


def _folded(name: str) -> str:
    """Return a name as it is typed in a line, where typographic quotes are plain ones, and case doesn't matter."""
    return normalize_line(name).casefold()


def team_key(owner: str, flags: Sequence[Flag]) -> str:
    """Return the key of the team that an owner is; empty for a person."""
    return next((_team_key(flag) for flag in owned_by(owner, flags)), "")


def _owner_names(flag: Flag) -> tuple[str, ...]:
    """Return the names by which a flag's owner is known: a team's key and name, or a person's name."""
    return (_team_key(flag), flag.team) if flag.team else (flag.maintainer,)


def _team_key(flag: Flag) -> str:
    return flag.team_key or (flag.crew and flag.crew.key) or ""


def _owners(flags: Sequence[Flag]) -> list[CatalogItem]:
    """Return the owners in alphabetical order, by what a person would type."""
    names = {_owner_names(flag)[0]: flag.owner for flag in flags if flag.owner}
    return [CatalogItem(key, name) for key, name in sorted(names.items(), key=lambda pair: pair[1].casefold()) if key]


def _unknown(
    name: str, known: Sequence[CatalogItem], summary: str, listing: str, correct: Callable[[str], str]
) -> InvalidLine:
    nearest = nearest_keys(name, [item for item in known if NAME.fullmatch(item.key)])
    hint = f"Did you mean {' or '.join(nearest)}?" if nearest else f"{listing} {_listed(known)}." if known else ""
    corrected = correct(nearest[0]) if nearest else ""
    return InvalidLine((" ".join(filter(None, (summary, hint))),), corrected=corrected, topic="cleanup")


def _listed(known: Sequence[CatalogItem]) -> str:
    return humanize.join_truncated(list(_labels(known)), MAX_LISTED_NAMES)


def _labels(known: Sequence[CatalogItem]) -> Iterator[str]:
    for item in known:
        yield item.key if item.name in (None, item.key) else f"{item.key} ({item.name})"
