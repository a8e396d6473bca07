"""Completions for the line being typed: how to reach the bot, then a question's name. Slack offers nothing beyond."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

COMMAND, MENTION = "/insights", "@insights"
BEGINNINGS = {COMMAND: "Ask a question or set up a schedule", MENTION: "Ask a question in front of everyone"}


class Completion(NamedTuple):
    """A completion: its label, a hint, and the whole line with it."""

    label: str
    hint: str
    line: str


def completions(questions: Iterable[Mapping[str, Any]], line: str) -> list[Completion]:
    """Return the completions of a line."""
    beginning, space, _ = line.partition(" ")
    offered = [Completion(start, hint, f"{start} ") for start, hint in BEGINNINGS.items()]
    if space and beginning in BEGINNINGS:
        offered = [Completion(one["name"], one["summary"], f"{beginning} {one['name']} ") for one in questions]
    return [each for each in offered if line and each.line.startswith(line) and each.line != line]
