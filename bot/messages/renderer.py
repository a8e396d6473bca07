"""Renderer: view + template ─► Message. Parses the template's output as JSON and applies Slack's limits visibly.

A template produces a sequence of JSON values: a string that summarizes the message, then its blocks. Each further
string starts the next message of the thread. Slack's limits apply to each message separately. The template of a modal
produces its title and buttons, then its blocks.

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

import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from json import JSONDecoder
from json.encoder import encode_basestring
from pathlib import Path
from typing import Any

from jinja2 import (
    BytecodeCache,
    Environment,
    FileSystemBytecodeCache,
    FileSystemLoader,
    StrictUndefined,
    TemplateSyntaxError,
    nodes,
)
from jinja2.bccache import Bucket
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from jinja2.nativetypes import NativeCodeGenerator
from jinja2.parser import Parser
from markupsafe import Markup

from bot.messages import mrkdwn
from bot.messages.message import Block, Message, build_text
from bot.messages.mrkdwn import ELLIPSIS, Mrkdwn

# Slack's limits: a surface may add two blocks to 48, a summary may be a section.
# https://docs.slack.dev/reference/block-kit/blocks
MAX_BLOCKS = 48
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


class _TemplateEnvironment(Environment):
    """The Jinja environment of the templates, in which every placeholder is a filter that returns finished output.

    Jinja's native code generator writes that output unchanged. The default one would also escape it as HTML, which
    breaks it and takes most of the rendering time."""

    code_generator_class = NativeCodeGenerator


class Renderer:
    """Renders messages from templates, which are compiled once."""

    def __init__(self, templates: Path | None = None, *, cache: BytecodeCache | None = None) -> None:
        self._environment = _TemplateEnvironment(
            loader=FileSystemLoader(templates or find_templates()),
            extensions=[BlockTags],
            bytecode_cache=cache,
            autoescape=True,  # not for HTML: makes macros return Markup, which marks finished JSON
            undefined=StrictUndefined,
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters.update(FILTERS)
        self._environment.globals.update(GLOBALS)

    def render(self, name: str, **values: object) -> Message:
        """Render a template to a message."""
        first, *thread = _split_messages(_parse_values(self._environment.get_template(f"{name}.j2").render(values)))
        return Message(first.text, first.blocks, tuple(thread))

    def render_modal(self, name: str, **values: object) -> dict[str, Any]:
        """Render a template to a modal: its first value holds the title and the buttons, the others are its blocks."""
        frame, *blocks = _parse_values(self._environment.get_template(f"{name}.j2").render(values))
        return {"type": "modal", **frame, "blocks": blocks}


def find_templates() -> Path:
    """Return the template directory: next to the package in a checkout, inside it in a wheel."""
    package_dir = Path(__file__).parent.parent
    return next(path for path in (package_dir / "templates", package_dir.parent / "templates") if path.is_dir())


class TemplateBytecodeCache(FileSystemBytecodeCache):
    """Caches compiled templates between runs. File names contain a digest of the modules that affect compilation."""

    def __init__(self, directory: Path | None = None) -> None:
        # `mrkdwn` counts because a constant in a placeholder is escaped at compile time.
        sources = (__file__, mrkdwn.__file__)
        digest = hashlib.sha256(b"".join(Path(source).read_bytes() for source in sources)).hexdigest()[:12]
        super().__init__(str(directory) if directory else None, pattern=f"__insights_bot_{digest}_%s.cache")

    def dump_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):  # with a full disk, rendering is slower but works
            super().dump_bytecode(bucket)


def open_bytecode_cache() -> BytecodeCache | None:
    """Open the cache of compiled templates, if the machine has a directory private to this user."""
    try:
        return TemplateBytecodeCache()
    except (OSError, RuntimeError):
        return None


def _parse_values(rendered: str) -> Iterator[Any]:
    decode, position, end = JSONDecoder().raw_decode, 0, len(rendered)
    while True:
        while position < end and rendered[position].isspace():
            position += 1
        if position == end:
            return
        value, position = decode(rendered, position)
        yield value


def _split_messages(values: Iterator[Any]) -> Iterator[Message]:
    """Group the values into messages. A block before the first summary is a bug in the template."""
    summary, blocks = next(values), list[Block]()
    if not isinstance(summary, str):
        raise TypeError("a message starts with its summary")
    for value in values:
        if isinstance(value, str):
            yield _build_message(summary, blocks)
            summary, blocks = value, []
        else:
            blocks.append(value)
    yield _build_message(summary, blocks)


def _build_message(summary: str, blocks: list[Block]) -> Message:
    shown = _limit_blocks(_header_first(blocks))
    return Message(build_text(summary, shown), tuple(shown))


def _header_first(blocks: list[Block]) -> list[Block]:
    """Move a header above the summary, which a template opens with."""
    return [*sorted(blocks[:2], key=lambda block: block.get("type") != "header"), *blocks[2:]]


def _limit_blocks(blocks: list[Block]) -> list[Block]:
    """Cut to the number of blocks that Slack accepts: keep the footer, and say how many were cut."""
    if len(blocks) <= MAX_BLOCKS:
        return blocks
    visible = MAX_BLOCKS - 2
    notice: Block = {
        "type": "section",
        "text": {"type": "mrkdwn", "text": f"{ELLIPSIS} and {len(blocks) - visible - 1} more parts"},
    }
    return [*blocks[:visible], notice, blocks[-1]]
