"""Completions for the line being typed: examples, and words that can follow what is typed."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

COMMAND, MENTION = "/insights", "@insights"
MAX_COMPLETIONS = 40
_PARTIAL_WORD = re.compile(r"[^ =,]*$")


class Completion(NamedTuple):
    """A completion: its label, a hint, and the whole line with it."""

    label: str
    hint: str
    line: str


def completions(specs: Iterable[Mapping[str, Any]], line: str) -> list[Completion]:
    """Return the completions of a line. `specs` describes all questions and commands."""
    known_specs = list(specs)
    is_for_bot = line.startswith((COMMAND[0], MENTION[0]))
    suggestions = [*_examples(known_specs, line), *_next_words(known_specs, line)] if is_for_bot else []
    return suggestions[:MAX_COMPLETIONS]


def _examples(specs: list[Mapping[str, Any]], line: str) -> Iterator[Completion]:
    """Yield the examples that extend a line, once it names its question or command."""
    start, _, begun = line.partition(" ")
    for example in (example for spec in specs for example in spec["examples"]):
        if " " in begun and example.startswith(begun) and example != begun:
            yield Completion(example, "an example", f"{start} {example}")


def _next_words(specs: list[Mapping[str, Any]], line: str) -> Iterator[Completion]:
    before = _PARTIAL_WORD.sub("", line)
    partial = line[len(before) :]
    for word, hint in _candidates(specs, before):
        is_used = word.endswith("=") and f" {word}" in before
        if word.startswith(partial) and word != partial and not is_used:
            yield Completion(word, hint, before + word)


def _candidates(specs: list[Mapping[str, Any]], before: str) -> Iterator[tuple[str, str]]:
    """Yield words with hints, depending on the line's first two words and the argument whose value is being typed."""
    command, name, *_ = [*before.split(" "), "", ""]
    argument, is_value, _ = before.rpartition(" ")[2].partition("=")
    if not before:
        yield f"{COMMAND} ", "Ask a question or set up a schedule"
        yield f"{MENTION} ", "Ask a question in front of everyone"
    elif command in (COMMAND, MENTION) and name in ("", "help"):
        yield from ((f"{spec['name']} ", spec["summary"]) for spec in specs)
        yield "help ", "all commands"
    elif command in (COMMAND, MENTION):
        arguments = [each for spec in specs if spec["name"] == name for each in spec["arguments"]]
        for each in arguments:
            if not is_value:
                yield f"{each['name']}=", each["help"]
            elif each["name"] == argument:
                yield from ((value, "") for value in each["values"])
