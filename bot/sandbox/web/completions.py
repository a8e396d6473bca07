"""What a line could go on with: examples, and what can follow what stands before the word begun."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

COMMAND = "/insights"
MOST = 40  # of which nobody reads the last
_BEGUN = re.compile(r"[^ =,]*$")


class Completion(NamedTuple):
    label: str
    hint: str
    line: str


def completions(spoken: Iterable[Mapping[str, Any]], line: str) -> list[Completion]:
    """*spoken* is all that can be asked or ordered."""
    known = list(spoken)
    found = [*_examples(known, line), *_words(known, line)] if line.startswith("/") else []
    return found[:MOST]


def _examples(known: list[Mapping[str, Any]], line: str) -> Iterator[Completion]:
    """Once it is clear what is asked."""
    examples = [f"{COMMAND} {example}" for one in known for example in one["examples"]]
    for example in examples:
        if line.count(" ") > 1 and example.startswith(line) and example != line:
            yield Completion(example.removeprefix(f"{COMMAND} "), "an example", example)


def _words(known: list[Mapping[str, Any]], line: str) -> Iterator[Completion]:
    before = _BEGUN.sub("", line)
    begun = line[len(before) :]
    for word, hint in _following(known, before):
        is_given = word.endswith("=") and f" {word}" in before
        if word.startswith(begun) and word != begun and not is_given:
            yield Completion(word, hint, before + word)


def _following(known: list[Mapping[str, Any]], before: str) -> Iterator[tuple[str, str]]:
    """Words and what they mean, by the line's first two words and the argument whose value is begun."""
    command, name, *_ = [*before.split(" "), "", ""]
    argument, is_value, _ = before.rpartition(" ")[2].partition("=")
    if not before:
        yield f"{COMMAND} ", "ask, or order something"
    elif command == COMMAND and name in ("", "help"):
        yield from ((f"{one['name']} ", one["summary"]) for one in known)
        yield "help ", "what can be asked"
    elif command == COMMAND:
        arguments = [each for one in known if one["name"] == name for each in one["arguments"]]
        for each in arguments:
            if not is_value:
                yield f"{each['name']}=", each["help"]
            elif each["name"] == argument:
                yield from ((value, "") for value in each["values"])
