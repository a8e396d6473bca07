"""What in a message would notify somebody or turn into a link by itself: signs of text that was let in without care.

A message may be well-formed and still do this, so it is asked apart from `slack_rules`. It cannot tell wording from
untrusted text, and so allows neither a mention. It does not read bold, code and quote signs, which Slack cannot escape;
nor plain text, raw cells and rich text runs, which Slack does not parse.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from bot.sandbox.block_kit.schema import Fault, below

_MENTION = re.compile(r"<(?:[@#]|!(?:channel|here|everyone|subteam\^))[^<>]*>")
_LINK = re.compile(r"<https?://[^\s<>|]+\|[^<>|\n]+>")
_DATE = re.compile(r"<!date\^-?[0-9]+\^(?P<tokens>[^<>|^\n]+)(?:\^https?://[^\s<>|^]+)?\|[^<>|\n]+>")
_DATE_TOKEN = re.compile(r"\{(?:date_num|date(?:_short|_long)?(?:_pretty)?|time|time_secs|ago)\}")
_BRACKET = re.compile(r"<[^<>]*>?")
_BARE_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt);)")
_MENTIONING_RUNS = ("user", "usergroup", "channel", "broadcast")


def pings(message: Mapping[str, Any]) -> list[Fault]:
    """Each mention, stray bracket, bare ampersand and text that Slack would search for links. Never raises."""
    return [fault for value, at in _objects(message) for fault in _in_object(value, at)]


def _objects(message: object) -> Iterator[tuple[Mapping[str, Any], str]]:
    """The message and every object in it, in reading order, however deep."""
    waiting: list[tuple[object, str]] = [(message, "")]
    while waiting:
        value, at = waiting.pop()
        if isinstance(value, Mapping):
            yield value, at
            waiting += reversed([(inner, below(at, key)) for key, inner in value.items()])
        elif isinstance(value, list):
            waiting += reversed([(inner, below(at, index)) for index, inner in enumerate(value)])


def _in_object(value: Mapping[str, Any], at: str) -> Iterator[Fault]:
    kind, text = value.get("type"), value.get("text")
    if kind == "mrkdwn" and value.get("verbatim") is not True:
        yield Fault(f"{at}/verbatim", "Must be true, or Slack looks for names and addresses in the text.")
    if kind == "mrkdwn" or not at:
        yield from _in_text(text, f"{at}/text")
    elif kind == "markdown" and isinstance(text, str):  # brackets and ampersands are its own, mentions are not
        yield from (Fault(f"{at}/text", f"{each!r} is a mention.") for each in _MENTION.findall(text))
    elif kind in _MENTIONING_RUNS:
        yield Fault(at, "Is a mention.")


def _in_text(text: object, at: str) -> Iterator[Fault]:
    if not isinstance(text, str):
        return
    for bracket in _BRACKET.findall(text):
        if _MENTION.fullmatch(bracket):
            yield Fault(at, f"{bracket!r} is a mention.")
        elif not _LINK.fullmatch(bracket) and not _is_date(bracket):
            yield Fault(at, f"{bracket!r} is neither a link with a label nor a date, and so an unescaped <.")
    if _BARE_AMPERSAND.search(text):
        yield Fault(at, "Holds an & that is not escaped.")


def _is_date(bracket: str) -> bool:
    date = _DATE.fullmatch(bracket)
    tokens = re.findall(r"\{[^{}]*\}", date["tokens"]) if date else []
    return bool(tokens) and all(map(_DATE_TOKEN.fullmatch, tokens))
