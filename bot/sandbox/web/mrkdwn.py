"""Render Slack's markup as HTML. https://docs.slack.dev/messaging/formatting-message-text

All text is untrusted: only `Markup` joins pieces, and it escapes everything except this module's own tags.
"""

import html
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup

from bot.sandbox.slack import Slack

Match = re.Match[str]

SAFE_SCHEMES = re.compile(r"https?://|mailto:", re.IGNORECASE)
STYLES = {"*": "b", "_": "i", "~": "s"}
TAGS = {"code": "code", "bold": "b", "italic": "i", "strike": "s"}
_STYLE_PATTERN = r"(?<![\w{0}])[{0}](?!\s)([^{0}\n]+?)(?<!\s)[{0}](?![\w{0}])"
_BLOCK = re.compile(r"```\n?([\s\S]+?)```|((?:^(?:&gt;|>).*\n?)+)", re.MULTILINE)
_SPAN = re.compile("|".join((r"<([^<>\n]+)>", r"`([^`\n]+)`", *map(_STYLE_PATTERN.format, STYLES))))
_PERMALINK = re.compile(r"archives/(\w+)/p(\d+)(\d{6})(?:\?thread_ts=([\d.]+))?")
_QUOTED = re.compile(r"^(?:&gt;|>) ?", re.MULTILINE)

PRE = Markup('<pre tabindex="0">{}</pre>')  # focusable, so that the keyboard can scroll wide text
QUOTE = Markup("<blockquote>{}</blockquote>")
CODE = Markup("<code>{}</code>")
STYLED = Markup("<{0}>{1}</{0}>")
MENTION = Markup('<span class="mention">{}{}</span>')
LINK = Markup('<a href="{}" target="_blank" rel="noopener noreferrer">{}</a>')
JUMP = Markup('<a href="#{}/{}/{}">{}</a>')  # channel, thread and message, as static/channels.js reads them
TIME = Markup('<time datetime="{}" data-tokens="{}" title="{}">{}</time>')


def is_safe_url(url: str) -> bool:
    """Return whether a URL may be a link: web and mail addresses only."""
    return bool(SAFE_SCHEMES.match(url))


class MrkdwnRenderer:
    """Renders markup with the names of a workspace's users and channels, and with links to its messages."""

    def __init__(self, slack: Slack) -> None:
        self._slack = slack

    def mrkdwn(self, markup: str) -> Markup:
        """Render a text, including preformatted and quoted blocks."""
        return _render_matches(markup, _BLOCK, self._block, self._spans)

    def run(self, run: Mapping[str, Any]) -> Markup | str:
        """Render a run of rich text with its style."""
        rendered = self._plain(run)
        for style, tag in TAGS.items():
            if run.get("style", {}).get(style):
                rendered = STYLED.format(tag, rendered)
        return rendered

    def _plain(self, run: Mapping[str, Any]) -> Markup | str:
        match run["type"]:
            case "link":
                return self._link(run["url"], run.get("text", ""))
            case "date":
                return self._date(f"!date^{run['timestamp']}^{run['format']}", run.get("fallback", ""))
            case "user" | "channel":
                return self._reference(f"{'@' if run['type'] == 'user' else '#'}{run[run['type'] + '_id']}")
            case "emoji":
                points = filter(None, run.get("unicode", "").split("-"))
                return html.unescape("".join(f"&#x{point};" for point in points)) or str(run["name"])
            case "broadcast":
                return MENTION.format("@", run["range"])
        return str(run.get("text", run.get("value", run.get("usergroup_id", ""))))

    def _spans(self, markup: str) -> Markup:
        return _render_matches(markup, _SPAN, self._span, unescape)

    def _block(self, match: Match) -> Markup:
        preformatted, quoted = match.groups()
        if preformatted:
            return PRE.format(unescape(preformatted))
        return QUOTE.format(self._spans(_QUOTED.sub("", quoted).rstrip()))

    def _span(self, match: Match) -> Markup | str:
        reference, code, *styled = match.groups()
        if reference:
            return self._reference(reference)
        if code:
            return CODE.format(unescape(code))
        return next(
            STYLED.format(style, self._spans(text)) for style, text in zip(STYLES.values(), styled, strict=True) if text
        )

    def _reference(self, reference: str) -> Markup | str:
        target, _, label_text = reference.partition("|")
        sign, name, label = target[:1], target[1:], unescape(label_text)
        if target.startswith("!date^"):
            return self._date(target, label)
        if sign == "@":
            user = self._slack.users.get(name)
            return MENTION.format(sign, user.real_name if user else label or name)
        if sign == "#":
            channel = self._slack.channels.get(name)
            return MENTION.format(sign, channel.name if channel else label or name)
        if sign == "!":
            return MENTION.format("", label) if label else MENTION.format("@", name.partition("^")[0])
        return self._link(unescape(target), label)

    def _date(self, target: str, fallback: str) -> Markup | str:
        """Render a date, which the page formats in the reader's time zone by script; without it, the fallback shows."""
        _, unix, tokens, url, *_ = [*target.split("^"), "", ""]
        try:
            at = datetime.fromtimestamp(int(unix), UTC)
        except (ValueError, OverflowError, OSError):
            rendered: Markup | str = fallback
        else:
            rendered = TIME.format(at.isoformat(), unescape(tokens), fallback, fallback)
        return self._link(unescape(url), rendered) if url else rendered

    def _link(self, url: str, label: Markup | str) -> Markup | str:
        permalink = _PERMALINK.match(url.removeprefix(self._slack.team.url))
        if permalink and permalink[1] in self._slack.channels:
            channel, seconds, micros, thread = permalink.groups(default="")
            return JUMP.format(channel, thread, f"{seconds}.{micros}", label or url)
        return LINK.format(url, label or url) if is_safe_url(url) else label or url


def unescape(text: str) -> str:
    """Undo Slack's escaping."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _render_matches(
    markup: str,
    pattern: re.Pattern[str],
    render: Callable[[Match], Markup | str],
    render_between: Callable[[str], Markup | str],
) -> Markup:
    def pieces() -> Iterator[Markup | str]:
        at = 0
        for match in pattern.finditer(markup):
            yield render_between(markup[at : match.start()])
            yield render(match)
            at = match.end()
        yield render_between(markup[at:])

    return Markup("").join(pieces())
