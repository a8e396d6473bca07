"""Slack's markup, written and parsed: the only module that knows `<url|label>`, `<!date^…>` and `&amp;`.

Untrusted text is escaped here. Slack escapes only three characters and has no escape for `*`, `_`, `~` and the
backtick. At worst these change how a name is styled; they can't create a link or notify anyone.
https://docs.slack.dev/messaging/formatting-message-text
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

ELLIPSIS = "…"

# Control characters, lone surrogates (which UTF-8 can't encode), and the marks that reverse the direction of text.
_CONTROL_CHARS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")


class Mrkdwn(str):
    """Text that is already Slack's markup. Only this module creates it."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Timestamp:
    """A time that Slack shows in each reader's time zone. Other surfaces show `fallback`."""

    unix: int | None
    fallback: str
    tokens: str = "{date_short_pretty} at {time}"

    def __str__(self) -> str:
        return self.fallback


def clean(text: str) -> str:
    """Return the text on one line, without control characters."""
    if text.isprintable() and "  " not in text:  # fast path; the only printable whitespace is the space
        return text.strip()
    return " ".join(_CONTROL_CHARS.sub(" ", text).split())


def escape(value: object) -> Mrkdwn:
    """Convert any value to markup that shows exactly that value."""
    if isinstance(value, Mrkdwn):
        return value
    if isinstance(value, Timestamp):
        return _date_markup(value)
    return Mrkdwn(escape_text(str(value)))


def escape_text(text: str) -> str:
    """Escape text that the caller knows to be neither markup nor a Timestamp."""
    cleaned = clean(text)
    if "&" in cleaned or "<" in cleaned or ">" in cleaned:
        return _escape_entities(cleaned)
    return cleaned  # the common case needs no copy


def link(url: str, label: object) -> Mrkdwn:
    """Format a link. Characters in the label that would end the link early are replaced."""
    address = escape_text(url).replace("|", "%7C").replace(" ", "%20")
    return Mrkdwn(f"<{address}|{escape(label).replace('|', '/').strip() or ELLIPSIS}>")


def code(value: object) -> Mrkdwn:
    """Format a code span. A backtick inside has no escape, so it is replaced."""
    return Mrkdwn(f"`{escape(value).replace('`', 'ˋ') or ' '}`")


def user_mention(user_id: str) -> Mrkdwn:
    """Mention a person by their Slack ID."""
    return Mrkdwn(f"<@{escape_text(user_id)}>")


def channel_mention(channel_id: str) -> Mrkdwn:
    """Mention a channel by its Slack ID."""
    return Mrkdwn(f"<#{escape_text(channel_id)}>")


def preformatted(lines: str) -> Mrkdwn:
    """Format a preformatted block. Backticks inside would end it early, so they are replaced."""
    return Mrkdwn(f"```{_escape_entities(lines.replace('`', 'ˋ'))}```")


def _date_markup(timestamp: Timestamp) -> Mrkdwn:
    fallback = escape_text(timestamp.fallback).replace("|", "/")
    return Mrkdwn(fallback if timestamp.unix is None else f"<!date^{timestamp.unix}^{timestamp.tokens}|{fallback}>")


def _escape_entities(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescape(text: str) -> str:
    """Undo Slack's three escapes, which also arrive in typed text."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def truncate(markup: str, limit: int) -> str:
    """Cut markup to `limit` characters at a line or word, never inside a link or escape, and add an ellipsis."""
    if len(markup) <= limit:
        return markup
    head = markup[: limit - 2]
    end = max(head.rfind("\n"), head.rfind(" "))
    fitting = head[:end] if end >= limit // 2 else head
    return f"{_drop_unclosed(_drop_unclosed(fitting, '<', '>'), '&', ';').rstrip()} {ELLIPSIS}"


def _drop_unclosed(markup: str, opens: str, closes: str) -> str:
    """Drop a trailing link or escape that was cut in half."""
    return markup[: markup.rfind(opens)] if markup.rfind(opens) > markup.rfind(closes) else markup


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of text with its styles and link."""

    text: str
    styles: tuple[str, ...] = ()
    url: str = ""


_SPANS = re.compile(
    r"<!date\^\d+\^[^|>]*\|(?P<date>[^>]*)>"
    r"|<(?P<url>https?://[^|>]*)\|(?P<label>[^>]*)>"
    r"|`(?P<code>[^`\n]+)`"
    r"|(?<![\w*])\*(?P<bold>[^*\n]+)\*(?![\w*])"
    r"|(?<![\w_])_(?P<italic>[^_\n]+)_(?![\w_])"
    r"|(?<![\w~])~(?P<strike>[^~\n]+)~(?![\w~])"
)


def parse_spans(markup: str, styles: tuple[str, ...] = ()) -> Iterator[Span]:
    """Parse markup into spans, for surfaces other than Slack."""
    at = 0
    for match in _SPANS.finditer(markup):
        if match.start() > at:
            yield Span(unescape(markup[at : match.start()]), styles)
        yield from _match_spans(match, styles)
        at = match.end()
    if at < len(markup):
        yield Span(unescape(markup[at:]), styles)


def _match_spans(match: re.Match[str], styles: tuple[str, ...]) -> Iterator[Span]:
    kind = str(match.lastgroup)  # the group that closed last is the branch that matched: in a link, its label
    inner = match[kind]
    if kind == "date":
        yield Span(unescape(inner), styles)
    elif kind == "label":
        yield Span(unescape(inner), (*styles, "link"), unescape(match["url"]))
    elif kind == "code":
        yield Span(unescape(inner), (*styles, "code"))
    else:
        yield from parse_spans(inner, (*styles, kind))
