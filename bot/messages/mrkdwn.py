"""Slack's markup, both ways: the one room that knows `<url|label>`, `<!date^…>` and `&amp;`.

Text from anywhere is made harmless here. Slack has an escape for three characters only, and none for `*`, `_`, `~` and
the backtick, so those can at worst change how a name is drawn; they can link to nothing and notify nobody.
https://docs.slack.dev/messaging/formatting-message-text
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

ELLIPSIS = "…"

# Control characters, half surrogate pairs (no UTF-8 for them), and the marks that turn a whole line around.
_CONTROL_CHARS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")


class Mrkdwn(str):
    """Text that is Slack's markup already. Only the functions of this room make it."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Timestamp:
    """A moment. Slack draws it in the zone of whoever reads; everything else reads what is *said*."""

    unix: int | None
    fallback: str
    tokens: str = "{date_short_pretty} at {time}"

    def __str__(self) -> str:
        return self.fallback


def clean(text: str) -> str:
    """The same text on one line, without the characters that nobody can see."""
    if text.isprintable() and "  " not in text:  # nearly always; of white space, only a space can be printed
        return text.strip()
    return " ".join(_CONTROL_CHARS.sub(" ", text).split())


def escape(value: object) -> Mrkdwn:
    """Any value as markup that shows just that value."""
    if isinstance(value, Mrkdwn):
        return value
    if isinstance(value, Timestamp):
        return _date_markup(value)
    return Mrkdwn(escape_text(str(value)))


def escape_text(text: str) -> str:
    """Text as markup that shows just that text, for whoever knows that it is neither markup nor a moment."""
    cleaned = clean(text)
    return (
        _escape_entities(cleaned) if "&" in cleaned or "<" in cleaned or ">" in cleaned else cleaned
    )  # it seldom has to be copied


def link(url: str, label: object) -> Mrkdwn:
    """A link; a label that would end it early loses the sign that does so."""
    address = escape_text(url).replace("|", "%7C").replace(" ", "%20")
    return Mrkdwn(f"<{address}|{escape(label).replace('|', '/').strip() or ELLIPSIS}>")


def code(value: object) -> Mrkdwn:
    """A span of code; a backtick inside would end it, and has no escape."""
    return Mrkdwn(f"`{escape(value).replace('`', 'ˋ') or ' '}`")


def user_mention(user_id: str) -> Mrkdwn:
    """A person of the workspace, by Slack's id."""
    return Mrkdwn(f"<@{escape_text(user_id)}>")


def channel_mention(channel_id: str) -> Mrkdwn:
    """A channel of the workspace, by Slack's id."""
    return Mrkdwn(f"<#{escape_text(channel_id)}>")


def preformatted(lines: str) -> Mrkdwn:
    """Lines that keep their spaces; a backtick inside would end them early."""
    return Mrkdwn(f"```{_escape_entities(lines.replace('`', 'ˋ'))}```")


def _date_markup(timestamp: Timestamp) -> Mrkdwn:
    fallback = escape_text(timestamp.fallback).replace("|", "/")
    return Mrkdwn(fallback if timestamp.unix is None else f"<!date^{timestamp.unix}^{timestamp.tokens}|{fallback}>")


def _escape_entities(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescape(text: str) -> str:
    """Slack's three escapes turned back, as they arrive in what people type."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def truncate(markup: str, limit: int) -> str:
    """At most *limit* characters, ended at a line or a word, never inside a link or an escape, and visibly."""
    if len(markup) <= limit:
        return markup
    head = markup[: limit - 2]
    end = max(head.rfind("\n"), head.rfind(" "))
    fitting = head[:end] if end >= limit // 2 else head
    return f"{_drop_unclosed(_drop_unclosed(fitting, '<', '>'), '&', ';').rstrip()} {ELLIPSIS}"


def _drop_unclosed(markup: str, opens: str, closes: str) -> str:
    """Without the last piece that is opened and not closed."""
    return markup[: markup.rfind(opens)] if markup.rfind(opens) > markup.rfind(closes) else markup


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text in its styles, as a reader of markup sees it."""

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
    """Markup read back, for whatever is not Slack and has to draw it."""
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
