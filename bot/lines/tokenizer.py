"""Tokenizer: undoes what keyboards and Slack change in a line, and splits it into tokens.

It handles quotes, dashes and `name=value`, but knows nothing about questions or parameters."""

import re
from dataclasses import dataclass

from bot.messages.mrkdwn import unescape

# Phones turn "…", '…' and -- into typographic signs, and Slack turns names and addresses into <…|label>.
_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "‚": "'", "\u00a0": " "})
_LONG_DASH = re.compile(r"(?<!\S)[—–](?=\w)")
_LABELED_LINK = re.compile(r"<[@#!]?[^<>|\s]*\|([^<>|]*)>|<((?:https?:|mailto:)[^<>|\s]+)>")

# Possessive, so that no line can cause catastrophic backtracking.
_WORD = re.compile(r"""(?>[^\s"']+|"[^"]*"|'[^']*'|["'])++""")
_QUOTED = re.compile(r""""([^"]*)"|'([^']*)\'""")
_NAMED_VALUE = re.compile(r"(?:--?)?([A-Za-z][\w-]*)=(.*)", re.DOTALL)
_OPTION = re.compile(r"--?([A-Za-z][\w-]*)")
_SHARE = "share"  # the option that asks to post the answer in the channel; the only one that never takes a value


@dataclass(frozen=True, slots=True)
class Token:
    """A bare word (no name), a named value, or an option without a value (`--share`)."""

    name: str
    value: str | None


def tokenize(text: str) -> list[Token]:
    """Split a line into tokens; `name=value`, `--name=value` and `--name value` are equivalent."""
    raw_tokens = _WORD.findall(normalize_line(text))
    tokens: list[Token] = []
    while raw_tokens:
        raw = raw_tokens.pop(0)
        if named := _NAMED_VALUE.fullmatch(raw):
            tokens.append(Token(named[1], _unquote(named[2])))
        elif option := _OPTION.fullmatch(raw):
            takes_value = raw_tokens and option[1].lower() != _SHARE and not _is_named(raw_tokens[0])
            tokens.append(Token(option[1], _unquote(raw_tokens.pop(0)) if takes_value else None))
        else:
            tokens.append(Token("", _unquote(raw)))
    return tokens


def _is_named(raw: str) -> bool:
    return bool(_NAMED_VALUE.fullmatch(raw) or _OPTION.fullmatch(raw))


def remove_share_option(tokens: list[Token]) -> tuple[list[Token], bool]:
    """Return the tokens without `--share`, and whether it was among them."""
    remaining = [token for token in tokens if token.value is not None or token.name.lower() != _SHARE]
    return remaining, len(remaining) < len(tokens)


def normalize_line(text: str) -> str:
    """Undo typographic quotes and dashes, non-breaking spaces, Slack's links and its escapes."""
    unlinked = _LABELED_LINK.sub(lambda match: match[1] or match[2] or "", text)
    dashed = _LONG_DASH.sub("--", unescape(unlinked).translate(_QUOTES))
    return re.sub("[—–]", "-", dashed).strip()


def quote_value(value: str) -> str:
    """Quote a value if a line needs it."""
    return f'"{value}"' if not value or re.search(r"[\s\"']", value) else value


def _unquote(word: str) -> str:
    return _QUOTED.sub(lambda match: match[1] if match[1] is not None else match[2], word)
