"""Validators for JSON. A rule takes a value and its JSON pointer, and yields what is wrong with it.

A rule accepts any value, however malformed, and never raises.
"""

import math
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

UNLIMITED = math.inf  # where no limit is published

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Violation:
    """An error in a message, and its JSON pointer."""

    pointer: str
    message: str

    def __str__(self) -> str:
        return f"{self.pointer or '(the message)'}: {self.message}"


Rule = Callable[[object, str], Iterator[Violation]]
Check = Callable[[Any, str], Iterator[Violation]]  # like a rule, for a value whose structure is already valid
Fields = Mapping[str, Rule]


def child_pointer(at: str, key: object) -> str:
    """Return the JSON pointer of a key or an index, escaped."""
    return f"{at}/{str(key).replace('~', '~0').replace('/', '~1')}"


def string(min_length: int = 1, max_length: float = UNLIMITED) -> Rule:
    """Build the rule for a string of a certain length."""

    def rule(value: object, at: str) -> Iterator[Violation]:
        if not isinstance(value, str):
            yield Violation(at, f"Must be a string, not {_type_name(value)}.")
        elif not min_length <= len(value) <= max_length:
            yield Violation(at, f"Must have {_range_text(min_length, max_length)} characters, not {len(value)}.")
        elif _LONE_SURROGATE.search(value):
            yield Violation(at, "Holds half a surrogate pair, which UTF-8 cannot carry.")

    return rule


def matching(pattern: str, description: str, max_length: float = UNLIMITED) -> Rule:
    """Build the rule for a string that matches a pattern."""

    def check(value: str, at: str) -> Iterator[Violation]:
        if not re.fullmatch(pattern, value):
            yield Violation(at, f"Must be {description}.")

    return with_checks(string(1, max_length), check)


def one_of(*allowed: str) -> Rule:
    """Build the rule for one of a few strings."""

    def rule(value: object, at: str) -> Iterator[Violation]:
        if value not in allowed:
            yield Violation(at, f"Must be one of {', '.join(allowed)}.")

    return rule


def boolean(value: object, at: str) -> Iterator[Violation]:
    """Check that a value is true or false."""
    if not isinstance(value, bool):
        yield Violation(at, f"Must be true or false, not {_type_name(value)}.")


def number(value: object, at: str) -> Iterator[Violation]:
    """Check that a value is a finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        yield Violation(at, f"Must be a number, not {_type_name(value)}.")
    elif not abs(value) <= sys.float_info.max:  # NaN compares as false; an integer may exceed any float
        yield Violation(at, "Must be a finite number.")


def integer(minimum: int, maximum: float = UNLIMITED) -> Rule:
    """Build the rule for a whole number in a range."""

    def rule(value: object, at: str) -> Iterator[Violation]:
        if isinstance(value, bool) or not isinstance(value, int):
            yield Violation(at, f"Must be a whole number, not {_type_name(value)}.")
        elif not minimum <= value <= maximum:
            yield Violation(at, f"Must be {_range_text(minimum, maximum)}.")

    return rule


def nullable(rule: Rule) -> Rule:
    """Let a rule accept null too."""
    return lambda value, at: iter(()) if value is None else rule(value, at)


def items(rule: Rule, min_items: int, max_items: float = UNLIMITED) -> Rule:
    """Build the rule for a list whose items follow a rule."""

    def validate(value: object, at: str) -> Iterator[Violation]:
        if not isinstance(value, list):
            yield Violation(at, f"Must be a list, not {_type_name(value)}.")
            return
        if not min_items <= len(value) <= max_items:
            yield Violation(at, f"Must have {_range_text(min_items, max_items)} items, not {len(value)}.")
        for index, item in enumerate(value):
            yield from rule(item, child_pointer(at, index))

    return validate


def shape(fields: Fields) -> Rule:
    """Build the rule for an object with these keys and no others; a key that ends in "?" is optional."""
    known = {name.removesuffix("?"): rule for name, rule in fields.items()}
    required = [name for name in fields if not name.endswith("?")]

    def validate(value: object, at: str) -> Iterator[Violation]:
        if not isinstance(value, Mapping):
            yield Violation(at, f"Must be an object, not {_type_name(value)}.")
            return
        yield from (Violation(child_pointer(at, name), "Is required.") for name in required if name not in value)
        for name, inner in value.items():
            yield from known.get(name, _unknown)(inner, child_pointer(at, name))

    return validate


def typed(fields: Fields) -> Rule:
    """Build the rule for an object in a `tagged` table, whose `type` has been checked already."""
    return shape({"type": string(), **fields})


def tagged(choices: Mapping[str, Rule]) -> Rule:
    """Build the rule for an object whose `type` selects the rule to apply."""

    def validate(value: object, at: str) -> Iterator[Violation]:
        if not isinstance(value, Mapping):
            yield Violation(at, f"Must be an object, not {_type_name(value)}.")
            return
        kind = value.get("type")
        if isinstance(kind, str) and kind in choices:
            yield from choices[kind](value, at)
        else:
            yield Violation(child_pointer(at, "type"), f"Must be one of {', '.join(choices)}.")

    return validate


def with_checks(rule: Rule, *checks: Check) -> Rule:
    """Add checks to a rule. They run only on a value that the rule accepts, so they can rely on its structure."""

    def validate(value: object, at: str) -> Iterator[Violation]:
        violations = list(rule(value, at))
        yield from violations
        if not violations:
            for check in checks:
                yield from check(value, at)

    return validate


def some_of(names: Iterable[str], minimum: int, maximum: int) -> Check:
    """Build the check for how many of these optional keys an object has."""
    names = tuple(names)

    def check(value: Mapping[str, Any], at: str) -> Iterator[Violation]:
        present = sum(name in value for name in names)
        if not minimum <= present <= maximum:
            yield Violation(at, f"Must have {_range_text(minimum, maximum)} of {', '.join(names)}, not {present}.")

    return check


def unique(items_key: str, key: str) -> Check:
    """Build the check that no two items of a list share a value; items may lack it, and the list may be missing."""

    def check(value: Mapping[str, Any], at: str) -> Iterator[Violation]:
        numbered = enumerate(value.get(items_key, []))
        yield from duplicates((f"{at}/{items_key}/{index}/{key}", item[key]) for index, item in numbered if key in item)

    return check


def duplicates(located_values: Iterable[tuple[str, str]]) -> Iterator[Violation]:
    """Yield a violation for each value that repeats an earlier one; values come with their JSON pointers."""
    seen: set[str] = set()
    for at, value in located_values:
        if value in seen:
            yield Violation(at, f"Repeats {value!r}, which must be unique.")
        seen.add(value)


def _unknown(value: object, at: str) -> Iterator[Violation]:
    yield Violation(at, "Is not a key that Slack knows here.")


def _range_text(minimum: int, maximum: float) -> str:
    if minimum == maximum:
        return f"exactly {minimum}"
    return f"at least {minimum}" if maximum == UNLIMITED else f"{minimum} to {maximum}"


def _type_name(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a string", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number" if isinstance(value, int | float) else type(value).__name__)
