"""The words the rules are written in. A rule reads a value and its place, and tells what is wrong with it.

Any value may come, however malformed: a rule looks before it touches. This module knows JSON, and nothing of Slack.
"""

import math
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

ENDLESS = math.inf  # where no limit is published

_HALF_PAIR = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, and where: `pointer` is a JSON pointer into the message."""

    pointer: str
    says: str

    def __str__(self) -> str:
        return f"{self.pointer or '(the message)'}: {self.says}"


Rule = Callable[[object, str], Iterator[Fault]]
Check = Callable[[Any, str], Iterator[Fault]]  # like a rule, of a value whose shape is known to be right
Fields = Mapping[str, Rule]


def below(at: str, key: object) -> str:
    return f"{at}/{str(key).replace('~', '~0').replace('/', '~1')}"


def string(least: int = 1, most: float = ENDLESS) -> Rule:
    def rule(value: object, at: str) -> Iterator[Fault]:
        if not isinstance(value, str):
            yield Fault(at, f"Must be a string, not {_kind(value)}.")
        elif not least <= len(value) <= most:
            yield Fault(at, f"Must have {_span(least, most)} characters, not {len(value)}.")
        elif _HALF_PAIR.search(value):
            yield Fault(at, "Holds half a surrogate pair, which UTF-8 cannot carry.")

    return rule


def matching(pattern: str, what: str, most: float = ENDLESS) -> Rule:
    def check(value: str, at: str) -> Iterator[Fault]:
        if not re.fullmatch(pattern, value):
            yield Fault(at, f"Must be {what}.")

    return also(string(1, most), check)


def word(*allowed: str) -> Rule:
    def rule(value: object, at: str) -> Iterator[Fault]:
        if value not in allowed:
            yield Fault(at, f"Must be one of {', '.join(allowed)}.")

    return rule


def flag(value: object, at: str) -> Iterator[Fault]:
    if not isinstance(value, bool):
        yield Fault(at, f"Must be true or false, not {_kind(value)}.")


def number(value: object, at: str) -> Iterator[Fault]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        yield Fault(at, f"Must be a number, not {_kind(value)}.")
    elif not abs(value) <= sys.float_info.max:  # NaN compares as false; an integer may be larger than any float
        yield Fault(at, "Must be a finite number.")


def whole(least: int, most: float = ENDLESS) -> Rule:
    def rule(value: object, at: str) -> Iterator[Fault]:
        if isinstance(value, bool) or not isinstance(value, int):
            yield Fault(at, f"Must be a whole number, not {_kind(value)}.")
        elif not least <= value <= most:
            yield Fault(at, f"Must be {_span(least, most)}.")

    return rule


def null_or(rule: Rule) -> Rule:
    return lambda value, at: iter(()) if value is None else rule(value, at)


def items(rule: Rule, least: int, most: float = ENDLESS) -> Rule:
    def judge(value: object, at: str) -> Iterator[Fault]:
        if not isinstance(value, list):
            yield Fault(at, f"Must be a list, not {_kind(value)}.")
            return
        if not least <= len(value) <= most:
            yield Fault(at, f"Must have {_span(least, most)} items, not {len(value)}.")
        for index, item in enumerate(value):
            yield from rule(item, below(at, index))

    return judge


def shape(fields: Fields) -> Rule:
    """An object with these keys and no others; a key that is written with a final "?" may be absent."""
    known = {name.removesuffix("?"): rule for name, rule in fields.items()}
    required = [name for name in fields if not name.endswith("?")]

    def judge(value: object, at: str) -> Iterator[Fault]:
        if not isinstance(value, Mapping):
            yield Fault(at, f"Must be an object, not {_kind(value)}.")
            return
        yield from (Fault(below(at, name), "Is required.") for name in required if name not in value)
        for name, inner in value.items():
            yield from known.get(name, _unknown)(inner, below(at, name))

    return judge


def typed(fields: Fields) -> Rule:
    """A shape whose `type` has been read already: an entry of a `tagged` table."""
    return shape({"type": string(), **fields})


def tagged(choices: Mapping[str, Rule]) -> Rule:
    """An object judged by the rule that its `type` names."""

    def judge(value: object, at: str) -> Iterator[Fault]:
        if not isinstance(value, Mapping):
            yield Fault(at, f"Must be an object, not {_kind(value)}.")
            return
        kind = value.get("type")
        if isinstance(kind, str) and kind in choices:
            yield from choices[kind](value, at)
        else:
            yield Fault(below(at, "type"), f"Must be one of {', '.join(choices)}.")

    return judge


def also(rule: Rule, *checks: Check) -> Rule:
    """The checks are made only of what the rule accepts, and so may trust its shape."""

    def judge(value: object, at: str) -> Iterator[Fault]:
        found = list(rule(value, at))
        yield from found
        if not found:
            for check in checks:
                yield from check(value, at)

    return judge


def some_of(names: Iterable[str], least: int, most: int) -> Check:
    """How many of these optional keys an object must have together."""
    names = tuple(names)

    def check(value: Mapping[str, Any], at: str) -> Iterator[Fault]:
        present = sum(name in value for name in names)
        if not least <= present <= most:
            yield Fault(at, f"Must have {_span(least, most)} of {', '.join(names)}, not {present}.")

    return check


def repeats(places: Iterable[tuple[str, str]]) -> Iterator[Fault]:
    """Of values that must differ, given with their places: each that was there before."""
    seen: set[str] = set()
    for at, value in places:
        if value in seen:
            yield Fault(at, f"Repeats {value!r}, which must be unique.")
        seen.add(value)


def _unknown(value: object, at: str) -> Iterator[Fault]:
    yield Fault(at, "Is not a key that Slack knows here.")


def _span(least: int, most: float) -> str:
    if least == most:
        return f"exactly {least}"
    return f"at least {least}" if most == ENDLESS else f"{least} to {most}"


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a string", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number" if isinstance(value, int | float) else type(value).__name__)
