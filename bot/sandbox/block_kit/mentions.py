"""Find text in a message that would notify someone or become a link: signs of unescaped untrusted text.

A valid message may still do this, so the check is separate from `violations`. It can't tell wording from untrusted
text, so it allows mentions in neither. It ignores bold, code and quote characters, which Slack can't escape, and plain
text, raw cells and rich text runs, which Slack doesn't parse.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from bot.sandbox.block_kit.schema import Violation, child_pointer

_MENTION = re.compile(r"<(?:[@#]|!(?:channel|here|everyone|subteam\^))[^<>]*>")
_LINK = re.compile(r"<https?://[^\s<>|]+\|[^<>|\n]+>")
_DATE = re.compile(r"<!date\^-?[0-9]+\^(?P<tokens>[^<>|^\n]+)(?:\^https?://[^\s<>|^]+)?\|[^<>|\n]+>")
_DATE_TOKEN = re.compile(r"\{(?:date_num|date(?:_short|_long)?(?:_pretty)?|time|time_secs|ago)\}")
_BRACKET = re.compile(r"<[^<>]*>?")
_BARE_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt);)")
_MENTIONING_RUNS = ("user", "usergroup", "channel", "broadcast")


def unsafe_markup(message: Mapping[str, Any]) -> list[Violation]:
    """Return each mention, stray bracket, bare ampersand and text that Slack would search for links. Never raises."""
    return [violation for value, at in _objects(message) for violation in _check_object(value, at)]


def _objects(message: object) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Yield the message and every object in it with its JSON pointer, in reading order, at any depth."""
    stack: list[tuple[object, str]] = [(message, "")]
    while stack:
        value, at = stack.pop()
        if isinstance(value, Mapping):
            yield value, at
            stack += reversed([(inner, child_pointer(at, key)) for key, inner in value.items()])
        elif isinstance(value, list):
            stack += reversed([(inner, child_pointer(at, index)) for index, inner in enumerate(value)])


def _check_object(value: Mapping[str, Any], at: str) -> Iterator[Violation]:
    kind, text = value.get("type"), value.get("text")
    if kind == "mrkdwn" and value.get("verbatim") is not True:
        yield Violation(f"{at}/verbatim", "Must be true, or Slack looks for names and addresses in the text.")
    if kind == "mrkdwn" or not at:
        yield from _check_text(text, f"{at}/text")
    elif kind == "markdown" and isinstance(text, str):  # Markdown may contain brackets and ampersands
        yield from (Violation(f"{at}/text", f"{each!r} is a mention.") for each in _MENTION.findall(text))
    elif kind in _MENTIONING_RUNS:
        yield Violation(at, "Is a mention.")


def _check_text(text: object, at: str) -> Iterator[Violation]:
    if not isinstance(text, str):
        return
    for bracket in _BRACKET.findall(text):
        if _MENTION.fullmatch(bracket):
            yield Violation(at, f"{bracket!r} is a mention.")
        elif not _LINK.fullmatch(bracket) and not _is_date(bracket):
            yield Violation(at, f"{bracket!r} is neither a link with a label nor a date, and so an unescaped <.")
    if _BARE_AMPERSAND.search(text):
        yield Violation(at, "Holds an & that is not escaped.")


def _is_date(bracket: str) -> bool:
    date = _DATE.fullmatch(bracket)
    tokens = re.findall(r"\{[^{}]*\}", date["tokens"]) if date else []
    return bool(tokens) and all(map(_DATE_TOKEN.fullmatch, tokens))
