"""Parameter types: how the text of a parameter is read into a value, written back, and explained.

A parameter's type follows from the annotation of its field in `Params`; there is nothing else to declare."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, Literal, Protocol, Union, get_args, get_origin

from bot.lines import timespec


class InvalidValue(ValueError):
    """Text that a parameter type rejects, with the value that was probably meant.

    The problem is a sentence without its period. It may start with a verb, such as `must be yes or no`: the
    parameter's name is its subject then.
    """

    def __init__(self, problem: str, suggestion: str | None = None, shown: str = "") -> None:
        """Take how the suggestion is *shown*, if it alone reads oddly."""
        super().__init__(f"{problem}. Did you mean {shown or suggestion}?" if suggestion else f"{problem}.")
        self.suggestion = suggestion

    def describe(self, name: str) -> str:
        """Return the mistake as sentences about the parameter with this name."""
        return f"{name} {self}" if str(self).startswith("must be ") else str(self)


class ParamType(Protocol):
    """Reads, writes and explains the values of a parameter."""

    @property
    def hint(self) -> str: ...

    def read(self, word: str) -> Any: ...

    def write(self, value: Any) -> str: ...


def closest_match(word: str, known: Sequence[str], cutoff: float = 0.6) -> str | None:
    """Return the known word most similar to this one, if any is similar enough."""
    by_case = {name.lower(): name for name in known}
    close = get_close_matches(word.lower(), by_case, n=1, cutoff=cutoff)
    return by_case[close[0]] if close else None


MIN_TYPO_LETTERS = 4  # shorter words are one letter off too many others


def correct_typo(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that is one letter off, if both words are long enough for that to mean a typo."""
    typed = word.lower()
    if not typed.isalpha():
        return None
    return next(
        (name for name in known if min(map(len, (typed, name))) >= MIN_TYPO_LETTERS and is_one_edit_apart(typed, name)),
        None,
    )


def is_one_edit_apart(typed: str, name: str) -> bool:
    """Return whether one letter was added, omitted, replaced, or swapped with the next."""
    short, long = sorted((typed, name), key=len)
    first_difference = next((n for n, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    swapped = (
        short[first_difference : first_difference + 2] == long[first_difference : first_difference + 2][::-1]
        and short[first_difference + 2 :] == long[first_difference + 2 :]
    )
    return swapped or long[first_difference + 1 :] in (short[first_difference:], short[first_difference + 1 :])


class _TextType:
    """Base for values that are text and are written unchanged."""

    def write(self, value: str) -> str:
        return value


def is_key(word: str) -> bool:
    """Return whether this is a valid key, so that a line can contain it."""
    return bool(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,255}", word))


class _KeyType(_TextType):
    """A LaunchDarkly key. It must not be `.` or `..`, which would change the path of the request."""

    hint = "a key"

    def read(self, word: str) -> str:
        if not is_key(word):
            raise InvalidValue(
                f"{_quoted(word)} isn't a key: keys have only letters, digits, dots, dashes and underscores"
            )
        return word


class _ProjectEnvType(_TextType):
    """A project and an environment, as `web/production`."""

    hint = "project/environment"

    def read(self, word: str) -> str:
        project, separator, env = word.partition("/")
        if not (separator and is_key(project) and is_key(env)):
            raise InvalidValue(f"{_quoted(word)} isn't a project and environment, such as web/production")
        return word


class _CursorType(_TextType):
    """A pagination cursor, which only LaunchDarkly can interpret."""

    hint = "a cursor from an earlier answer"

    def read(self, word: str) -> str:
        if not re.fullmatch(r"[\w.~+/=:-]{1,512}", word, re.ASCII):
            raise InvalidValue(f"{_quoted(word)} isn't a cursor")
        return word


class _TimeType(_TextType):
    """A time, stored as typed so that a saved question stays relative."""

    hint = timespec.TIME_HINT

    def read(self, word: str) -> str:
        normalized = timespec.normalize_time(word)
        if normalized is None:
            suggestion = closest_match(word, timespec.DAY_WORDS)
            hint = "" if suggestion else f". Try {timespec.TIME_HINT}"
            raise InvalidValue(f"I don't recognize the time {_quoted(word)}{hint}", suggestion)
        return normalized


class _DurationType:
    """A duration, stored in milliseconds."""

    hint = "a duration such as 6h, 1d or 2w"

    def read(self, word: str) -> int:
        match = re.fullmatch(r"(\d{1,13})(ms|m|h|d|w)?", word.lower())
        milliseconds = int(match[1]) * timespec.MILLISECONDS_PER_UNIT[match[2] or "ms"] if match else 0
        if not 60_000 <= milliseconds <= timespec.MILLISECONDS_PER_UNIT["w"] * 53:
            raise InvalidValue(f"must be a duration between a minute and a year, such as 6h or 2w, not {_quoted(word)}")
        return milliseconds

    def write(self, value: int) -> str:
        unit = next(unit for unit in ("w", "d", "h", "m", "ms") if value % timespec.MILLISECONDS_PER_UNIT[unit] == 0)
        return f"{value // timespec.MILLISECONDS_PER_UNIT[unit]}{unit}"


class _BooleanType:
    hint = "yes or no"

    def read(self, word: str) -> bool:
        if word.lower() in ("yes", "true", "y", "on", "1"):
            return True
        if word.lower() in ("no", "false", "n", "off", "0"):
            return False
        raise InvalidValue(f"must be yes or no, not {_quoted(word)}")

    def write(self, value: bool) -> str:
        return "yes" if value else "no"


@dataclass(frozen=True)
class IntRange:
    """A whole number within a range."""

    minimum: int
    maximum: int

    @property
    def hint(self) -> str:
        return f"{self.minimum} to {self.maximum}"

    def recognizes(self, word: str) -> bool:
        """Return whether a word is meant as this number, which is optional before a saved question."""
        return word.isdecimal()

    def read(self, word: str) -> int:
        if not re.fullmatch(r"-?\d{1,9}", word, re.ASCII):
            raise InvalidValue(f"must be a number from {self.hint}, not {_quoted(word)}")
        number = int(word)
        if not self.minimum <= number <= self.maximum:
            raise InvalidValue(f"must be {self.hint}, not {number}", str(min(max(number, self.minimum), self.maximum)))
        return number

    def write(self, value: int) -> str:
        return str(value)


@dataclass(frozen=True)
class _ChoiceType:
    """One of several fixed words, matched case-insensitively."""

    words: tuple[str, ...]

    @property
    def hint(self) -> str:
        return ", ".join(self.words)

    @property
    def _alternatives(self) -> str:
        *others, last = self.words
        return " or ".join(filter(None, (", ".join(others), last)))

    def read(self, word: str) -> str:
        for choice in self.words:
            if choice.lower() == word.lower():
                return choice
        suggestion = closest_match(word, self.words)
        raise InvalidValue(f"must be {self._alternatives}, not {_quoted(word)}", suggestion)

    def write(self, value: str) -> str:
        return value


@dataclass(frozen=True)
class ListOf:
    """Several values of one type, separated by commas."""

    item_type: ParamType

    @property
    def hint(self) -> str:
        return f"{self.item_type.hint}, or several, separated by commas"

    def read(self, word: str) -> tuple[Any, ...]:
        items = [item for item in word.split(",") if item]
        if not items:
            raise InvalidValue(f"must be one or more values, separated by commas, not {_quoted(word)}")
        return tuple(dict.fromkeys(self.item_type.read(item) for item in items))

    def write(self, value: tuple[Any, ...]) -> str:
        return ",".join(self.item_type.write(item) for item in value)


_KEY_TYPE = _KeyType()

Key = Annotated[str, _KEY_TYPE]
Keys = Annotated[tuple[str, ...], ListOf(_KEY_TYPE)]
ProjectEnvs = Annotated[tuple[str, ...], ListOf(_ProjectEnvType())]
Cursor = Annotated[str, _CursorType()]
TimeSpec = Annotated[str, _TimeType()]
Duration = Annotated[int, _DurationType()]
Boolean = Annotated[bool, _BooleanType()]


def param_type_for(annotation: Any) -> ParamType:
    """Return the parameter type for a field with this annotation."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return next((candidate for candidate in arguments[1:] if hasattr(candidate, "read")), None) or param_type_for(
            arguments[0]
        )
    if origin in (Union, UnionType):
        return param_type_for(next(candidate for candidate in arguments if candidate is not type(None)))
    if origin is Literal:
        return _ChoiceType(arguments)
    if origin is tuple:
        return ListOf(param_type_for(arguments[0]))
    raise TypeError(f"no parameter type for {annotation}")


def _quoted(word: str) -> str:
    return f"“{word if len(word) <= 60 else word[:59] + '…'}”"
