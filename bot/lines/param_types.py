"""The kinds of value a parameter can have: how each is read from a word, written back, and explained.

A kind is found from the type of the Query's field, so that type is all one has to write."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, Literal, Protocol, Union, get_args, get_origin

from bot.lines import timespec


class Mistake(ValueError):
    """A word that cannot be what it should be, and the word that was probably meant."""

    def __init__(self, says: str, meant: str | None = None) -> None:
        super().__init__(f"{says}: did you mean {meant}?" if meant else f"{says}.")
        self.meant = meant


class Kind(Protocol):
    """How a value is read, written and explained."""

    @property
    def allowed(self) -> str: ...

    def read(self, word: str) -> Any: ...

    def write(self, value: Any) -> str: ...


def nearest(word: str, known: Sequence[str], likeness: float = 0.6) -> str | None:
    """The known word that looks most like this one, if any does."""
    by_case = {name.lower(): name for name in known}
    close = get_close_matches(word.lower(), by_case, n=1, cutoff=likeness)
    return by_case[close[0]] if close else None


MIN_MISSPELLED = 4  # letters: shorter words are one letter off too many others


def misspelled(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that is one letter off, if both are long enough for that to mean anything."""
    typed = word.lower()
    if not typed.isalpha():
        return None
    return next(
        (name for name in known if min(map(len, (typed, name))) >= MIN_MISSPELLED and _is_slip(typed, name)), None
    )


def _is_slip(typed: str, name: str) -> bool:
    """Whether one letter was added, left out, mistaken, or swapped with the next."""
    short, long = sorted((typed, name), key=len)
    at = next((n for n, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    swapped = short[at : at + 2] == long[at : at + 2][::-1] and short[at + 2 :] == long[at + 2 :]
    return swapped or long[at + 1 :] in (short[at:], short[at + 1 :])


class _Text:
    """A value that is written as it is."""

    def write(self, value: str) -> str:
        return value


def is_key(word: str) -> bool:
    """Whether this can be a key, and so can be typed again."""
    return bool(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,255}", word))


class _Key(_Text):
    """A key as LaunchDarkly takes it. It may not be `.` or `..`, which would climb about in the address."""

    allowed = "a key"

    def read(self, word: str) -> str:
        if not is_key(word):
            raise Mistake(f"{_quoted(word)} is no key: keys are letters, digits, dots, dashes and underscores")
        return word


class _Cursor(_Text):
    """A place in a list, opaque to everybody but LaunchDarkly."""

    allowed = "a cursor from an earlier answer"

    def read(self, word: str) -> str:
        if not re.fullmatch(r"[\w.~+/=:-]{1,512}", word, re.ASCII):
            raise Mistake(f"{_quoted(word)} is no cursor")
        return word


class _When(_Text):
    """A moment, kept as it was said, so that a saved question stays relative."""

    allowed = timespec.ALLOWED

    def read(self, word: str) -> str:
        tidied = timespec.tidied(word)
        if tidied is None:
            raise Mistake(f"{_quoted(word)} is no time I know; say {timespec.ALLOWED}", nearest(word, timespec.DAYS))
        return tidied


class _Length:
    """A length of time, kept in milliseconds."""

    allowed = "a length such as 6h, 1d or 2w"

    def read(self, word: str) -> int:
        found = re.fullmatch(r"(\d{1,13})(ms|m|h|d|w)?", word.lower())
        milliseconds = int(found[1]) * timespec.MILLISECONDS[found[2] or "ms"] if found else 0
        if not 60_000 <= milliseconds <= timespec.MILLISECONDS["w"] * 53:
            raise Mistake(f"{_quoted(word)} is no length I know; say 6h, 1d or 2w, between a minute and a year")
        return milliseconds

    def write(self, value: int) -> str:
        unit = next(unit for unit in ("w", "d", "h", "m", "ms") if value % timespec.MILLISECONDS[unit] == 0)
        return f"{value // timespec.MILLISECONDS[unit]}{unit}"


class _YesNo:
    """Yes or no."""

    allowed = "yes or no"

    def read(self, word: str) -> bool:
        if word.lower() in ("yes", "true", "y", "on", "1"):
            return True
        if word.lower() in ("no", "false", "n", "off", "0"):
            return False
        raise Mistake(f"{_quoted(word)} is neither yes nor no")

    def write(self, value: bool) -> str:
        return "yes" if value else "no"


@dataclass(frozen=True)
class Whole:
    """A whole number between two others."""

    least: int
    most: int

    @property
    def allowed(self) -> str:
        return f"{self.least} to {self.most}"

    def knows(self, word: str) -> bool:
        """Whether a word is meant to be a number: before a question it may be left out."""
        return word.isdecimal()

    def read(self, word: str) -> int:
        if not re.fullmatch(r"-?\d{1,9}", word, re.ASCII):
            raise Mistake(f"{_quoted(word)} is no number; say {self.allowed}")
        number = int(word)
        if not self.least <= number <= self.most:
            raise Mistake(f"{number} is not within {self.allowed}", str(min(max(number, self.least), self.most)))
        return number

    def write(self, value: int) -> str:
        return str(value)


@dataclass(frozen=True)
class _Choice:
    """One of a few words, in any case."""

    words: tuple[str, ...]

    @property
    def allowed(self) -> str:
        return ", ".join(self.words)

    def read(self, word: str) -> str:
        for known in self.words:
            if known.lower() == word.lower():
                return known
        meant = nearest(word, self.words)
        raise Mistake(f"{_quoted(word)} is not one of {self.allowed}", meant)

    def write(self, value: str) -> str:
        return value


@dataclass(frozen=True)
class Several:
    """Several values of a kind, joined by commas."""

    kind: Kind

    @property
    def allowed(self) -> str:
        return f"{self.kind.allowed}, or several with commas"

    def read(self, word: str) -> tuple[Any, ...]:
        parts = [part for part in word.split(",") if part]
        if not parts:
            raise Mistake(f"{_quoted(word)} holds no value")
        return tuple(dict.fromkeys(self.kind.read(part) for part in parts))

    def write(self, value: tuple[Any, ...]) -> str:
        return ",".join(self.kind.write(part) for part in value)


_KEY = _Key()

Key = Annotated[str, _KEY]
Keys = Annotated[tuple[str, ...], Several(_KEY)]
Cursor = Annotated[str, _Cursor()]
When = Annotated[str, _When()]
Length = Annotated[int, _Length()]
YesNo = Annotated[bool, _YesNo()]


def kind_of(annotation: Any) -> Kind:
    """The kind of value that a field of this type holds."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return next((part for part in arguments[1:] if hasattr(part, "read")), None) or kind_of(arguments[0])
    if origin in (Union, UnionType):
        return kind_of(next(part for part in arguments if part is not type(None)))
    if origin is Literal:
        return _Choice(arguments)
    if origin is tuple:
        return Several(kind_of(arguments[0]))
    raise TypeError(f"no kind of value is known for {annotation}")


def _quoted(word: str) -> str:
    return f"“{word if len(word) <= 60 else word[:59] + '…'}”"
