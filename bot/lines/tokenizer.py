"""What keyboards and Slack do to a line of text, undone; and the line taken apart into words.

It knows how words are written, and nothing of what they mean."""

import re
from dataclasses import dataclass

from bot.messages.mrkdwn import unescape

# Phones turn "…", '…' and -- into typographic signs, and Slack turns names and addresses into <…|label>.
_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "‚": "'", "\u00a0": " "})
_LONG_DASH = re.compile(r"(?<!\S)[—–](?=\w)")
_LABELLED = re.compile(r"<[@#!]?[^<>|\s]*\|([^<>|]*)>|<((?:https?:|mailto:)[^<>|\s]+)>")

# Possessive, so that no line can make it try all ways to cut a word into pieces.
_WORD = re.compile(r"""(?>[^\s"']+|"[^"]*"|'[^']*'|["'])++""")
_QUOTED = re.compile(r""""([^"]*)"|'([^']*)\'""")
_NAMED = re.compile(r"(?:--?)?([A-Za-z][\w-]*)=(.*)", re.DOTALL)
_OPTION = re.compile(r"--?([A-Za-z][\w-]*)")


@dataclass(frozen=True, slots=True)
class Word:
    """A bare word, or a value with its name; an option at the end of a line has a name and no value."""

    name: str
    value: str | None

    @property
    def text(self) -> str:
        """The word as it can stand in a line."""
        if not self.name:
            return quoted(self.value or "")
        return f"--{self.name}" if self.value is None else f"{self.name}={quoted(self.value)}"


def words(text: str) -> list[Word]:
    """The words of a line; `name=value`, `--name=value` and `--name value` are the same."""
    tokens = _WORD.findall(tidy(text))
    read: list[Word] = []
    while tokens:
        token = tokens.pop(0)
        if named := _NAMED.fullmatch(token):
            read.append(Word(named[1], _unquoted(named[2])))
        elif option := _OPTION.fullmatch(token):
            free = bool(tokens) and not (_NAMED.fullmatch(tokens[0]) or _OPTION.fullmatch(tokens[0]))
            read.append(Word(option[1], _unquoted(tokens.pop(0)) if free else None))
        else:
            read.append(Word("", _unquoted(token)))
    return read


def tidy(text: str) -> str:
    """The line as it was meant."""
    plain = _LABELLED.sub(lambda found: found[1] or found[2] or "", text)
    dashed = _LONG_DASH.sub("--", unescape(plain).translate(_QUOTES))
    return re.sub("[—–]", "-", dashed).strip()


def quoted(value: str) -> str:
    """A value as it can stand in a line."""
    return f'"{value}"' if not value or re.search(r"[\s\"']", value) else value


def _unquoted(word: str) -> str:
    return _QUOTED.sub(lambda found: found[1] if found[1] is not None else found[2], word)
