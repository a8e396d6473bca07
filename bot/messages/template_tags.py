"""Template tags: tags become Slack's blocks, and placeholders become JSON or escaped text.

A placeholder, `{{ … }}`, is written without quotes and becomes exactly one JSON value, so no data can break the
document. Wording goes into tags:

    {% summary %} … {% endsummary %}    one or two sentences that open a message; a notification shows them
    {% header %} … {% endheader %}      a header block
    {% section %} … {% endsection %}    a section block; `{% section button(…) %}` adds an accessory
    {% context %} … {% endcontext %}    a context block
    {% mrkdwn %}, {% plain %}           a text object inside a block written as JSON; `{% plain 300 %}` sets its limit

`{% summary section %}` is also the message's first block, and takes an accessory like a section; so is
`{% summary context %}`, without one.

A placeholder in a tag is escaped for Slack and stays on one line. The lines of a tag are joined, so wording can wrap
anywhere; an empty line starts a new line. Any error here is a bug, so it raises.

Jinja sees only filters: a placeholder goes through the filter of its context, such as `in_section` or `in_json`, and a
tag's content through the filter with the tag's name. Finished JSON has the type `Markup`.
"""

import re
from collections.abc import Callable, Iterator
from json.encoder import encode_basestring

from jinja2 import StrictUndefined, TemplateSyntaxError, nodes
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from jinja2.parser import Parser
from markupsafe import Markup

from bot.messages import mrkdwn
from bot.messages.mrkdwn import ELLIPSIS, Mrkdwn

# Slack's limits; a summary may be a section. https://docs.slack.dev/reference/block-kit/blocks
MAX_CHARS = {"summary": 3000, "header": 150, "section": 3000, "context": 2000, "mrkdwn": 2000, "plain": 75}

# Jinja trims newlines around its tags, so empty lines are marked first. No placeholder can contain the mark.
_LINE_BREAK = "\x1e"
_EMPTY_LINE = re.compile(r"(?<=\n)[ \t]*(?=\n)")
_WHITESPACE = re.compile(r"[ \t\n]+")
_NON_SCALARS = (Markup, tuple, list, dict, set)


class Json(Markup):
    """Finished JSON. Macros return `Markup`, which counts as finished too."""

    __slots__ = ()


class BlockTags(Extension):
    """Jinja extension for the tags, which also adds a filter to every placeholder."""

    tags = set(MAX_CHARS)

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        return _EMPTY_LINE.sub(_LINE_BREAK, source)

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        """Rewrite `{{ value }}` to `{{ (value) | in_section }}`."""
        tag = ""
        for token in stream:
            if token.type == "block_begin":
                tag = self._enclosing_tag(tag, stream)
            elif token.type == "variable_end":
                yield from _filter_tokens(token.lineno, f"in_{tag or 'json'}")
            yield Token(token.lineno, "data", _collapse_whitespace(token.value, tag)) if token.type == "data" else token
            if token.type == "variable_begin":
                yield Token(token.lineno, "lparen", "(")

    def _enclosing_tag(self, tag: str, stream: TokenStream) -> str:
        """Return the tag that encloses the following tokens, if any. Tags can't be nested."""
        tag_name = stream.current.value
        if tag_name not in self.tags:
            return "" if tag_name == f"end{tag}" else tag
        if tag:
            raise TemplateSyntaxError(f"{tag_name} cannot stand in {tag}", stream.current.lineno, stream.name)
        return tag_name

    def parse(self, parser: Parser) -> nodes.Node:
        tag = next(parser.stream)
        arguments: list[nodes.Expr] = [nodes.Const(_shown_as(parser))] if tag.value == "summary" else []
        if parser.stream.current.type != "block_end":
            arguments.append(parser.parse_expression())
        body = parser.parse_statements((f"name:end{tag.value}",), drop_needle=True)
        filter_node = nodes.Filter(None, tag.value, arguments, [], None, None, lineno=tag.lineno)
        return nodes.FilterBlock(body, filter_node, lineno=tag.lineno)


def _shown_as(parser: Parser) -> str:
    """Read the kind of block that a summary is shown as, if any."""
    kinds = [kind for kind in ("section", "context") if parser.stream.skip_if(f"name:{kind}")]
    return kinds[0] if kinds else ""


def _filter_tokens(line: int, name: str) -> Iterator[Token]:
    yield Token(line, "rparen", ")")
    yield Token(line, "pipe", "|")
    yield Token(line, "name", name)


def _collapse_whitespace(source: str, tag: str) -> str:
    """Collapse whitespace in a tag's own text, so that rendering doesn't have to."""
    return _WHITESPACE.sub(" ", source) if tag else source.replace(_LINE_BREAK, "")


def _json_value(value: object) -> str:
    """Encode a placeholder outside a tag as one JSON value. Lists and dicts could contain unescaped strings."""
    if isinstance(value, Markup):
        return value
    if isinstance(value, Mrkdwn):
        raise TypeError("markup belongs in a tag such as {% section %}")
    if isinstance(value, str):
        return encode_basestring(mrkdwn.clean(value))
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, int | float) and abs(value) < float("inf"):
        return repr(value)
    if isinstance(value, StrictUndefined):
        str(value)  # raises UndefinedError with the name
    raise TypeError(f"a hole takes one value, not {type(value).__name__}")


# A message has hundreds of placeholders in its tags, nearly all plain strings: an exact type check comes first.


def _plain_value(value: object) -> str:
    """Format a placeholder in plain text, which Slack doesn't parse."""
    return mrkdwn.clean(value if type(value) is str else str(_as_scalar(value)))


def _mrkdwn_value(value: object) -> str:
    """Format a placeholder in markup."""
    return mrkdwn.escape_text(value) if type(value) is str else mrkdwn.escape(_as_scalar(value))


def _as_scalar(value: object) -> object:
    if isinstance(value, _NON_SCALARS):
        raise TypeError(f"a sentence takes one value, neither a finished block nor many: {type(value).__name__}")
    return value


def _summary_tag(body: str, shown_as: str, accessory: Markup | None = None) -> str:
    """Build the string that opens a message, followed by its first block if it's shown as one."""
    summary = encode_basestring(_tag_content("summary", body))
    if shown_as == "section":
        return summary + _section_tag(body, accessory)
    return summary + _context_tag(body) if shown_as else summary


def _header_tag(body: str) -> str:
    return f'{{"type":"header","text":{_plain_text_object(_join_lines(body, " "), MAX_CHARS["header"])}}}'


def _section_tag(body: str, accessory: Markup | None = None) -> str:
    """Build a section, or nothing if it has no text, so that a template can put conditions inside."""
    if accessory and not isinstance(accessory, Markup):
        raise TypeError(f"only what is finished can stand beside a section, not {type(accessory).__name__}")
    content = _tag_content("section", body)
    accessory_json = f',"accessory":{accessory}' if accessory else ""
    return f'{{"type":"section","text":{_mrkdwn_object(content)}{accessory_json}}}' if content else ""


def _context_tag(body: str) -> str:
    content = _tag_content("context", body)
    return f'{{"type":"context","elements":[{_mrkdwn_object(content)}]}}' if content else ""


def _mrkdwn_tag(body: str) -> str:
    return _mrkdwn_object(_tag_content("mrkdwn", body))


def _plain_tag(body: str, limit: int = MAX_CHARS["plain"]) -> str:
    return _plain_text_object(_join_lines(body, " "), limit)


def button(label: str, line: str, does: str = "ask", confirm: Markup | None = None) -> Json:
    """Build a button that submits a line of text.

    `does` says what happens: `ask` sends the answer as a new message, `turn` replaces the button's message; `order`
    runs a command, and `order-in-list` also updates the list of schedules around the button; `ticket`
    shows the answer as a ticket in a modal. `confirm` is a confirmation dialog.
    """
    action_id, text = (
        _json_value(f"{does}:{label.partition(':')[0].lower()}"),  # without the line that a label may end in
        _plain_text_object(_plain_value(label), MAX_CHARS["plain"]),
    )
    confirm_json = f',"confirm":{_json_value(confirm)}' if confirm else ""
    return Json(f'{{"type":"button","action_id":{action_id},"text":{text},"value":{_json_value(line)}{confirm_json}}}')


def _tag_content(tag: str, body: str) -> str:
    return mrkdwn.truncate(_join_lines(body, "\n"), MAX_CHARS[tag])


def _join_lines(body: str, separator: str) -> str:
    """Join the lines of a tag. Converts `Markup` to `str` first, since splitting `Markup` wraps each piece again."""
    content = str(body)
    while "  " in content:
        content = content.replace("  ", " ")
    return separator.join([line for line in map(str.strip, content.split(_LINE_BREAK)) if line])


def _mrkdwn_object(text: str) -> str:
    """Build a markup text object. `verbatim` stops Slack from turning a bare @here or URL into a mention or link."""
    return f'{{"type":"mrkdwn","text":{encode_basestring(text)},"verbatim":true}}'


def _plain_text_object(text: str, limit: int) -> str:
    truncated = text if len(text) <= limit else text[: limit - 1] + ELLIPSIS
    return f'{{"type":"plain_text","text":{encode_basestring(truncated)},"emoji":false}}'


FILTERS: dict[str, Callable[..., str]] = {
    "in_json": _json_value,
    "in_summary": _mrkdwn_value,
    "in_header": _plain_value,
    "in_plain": _plain_value,
    "in_section": _mrkdwn_value,
    "in_context": _mrkdwn_value,
    "in_mrkdwn": _mrkdwn_value,
    "summary": _summary_tag,
    "header": _header_tag,
    "section": _section_tag,
    "context": _context_tag,
    "mrkdwn": _mrkdwn_tag,
    "plain": _plain_tag,
}
GLOBALS: dict[str, Callable[..., str]] = {
    "button": button,
    "link": mrkdwn.link,
    "code": mrkdwn.code,
    "person": mrkdwn.user_mention,
    "channel": mrkdwn.channel_mention,
}
