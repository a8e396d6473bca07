"""View + template ─► Message: the one place where Jinja meets JSON, and where Slack's limits are enforced, aloud.

A template is a sequence of JSON values, read one after the other: first the text, then the blocks. A hole, `{{ … }}`,
is written without quotes and becomes exactly one JSON value, so no data can break the document. Wording stands in tags:

    {% text %} … {% endtext %}          the whole answer in sentences: what notifications show and screen readers read
    {% header %} … {% endheader %}      a headline
    {% section %} … {% endsection %}    a paragraph; `{% section button(…) %}` puts something beside it
    {% context %} … {% endcontext %}    the small print
    {% mrkdwn %}, {% plain %}           a text object, inside a block that is written out

A hole in a tag is escaped for Slack and stays on one line. The lines of a tag are joined, so that wording can be broken
where it reads well; an empty line starts a new one. Whatever goes wrong here is a fault of the bot, and is loud.
"""

import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from json import JSONDecoder
from json.encoder import encode_basestring
from pathlib import Path
from typing import Any

from jinja2 import BytecodeCache, Environment, FileSystemBytecodeCache, FileSystemLoader, StrictUndefined, nodes
from jinja2.bccache import Bucket
from jinja2.ext import Extension
from jinja2.parser import Parser
from markupsafe import Markup

from bot import mrkdwn
from bot.message import Block, Message
from bot.mrkdwn import CUT, Mrkdwn

# Slack takes 50 blocks, of which a door may add two, and reads 4,000 characters of text with pleasure. https://docs.slack.dev/reference/block-kit/blocks
MOST_BLOCKS = 48
LONGEST = {"text": 4000, "header": 150, "section": 3000, "context": 2000, "mrkdwn": 2000, "plain": 75}

# Jinja trims the line ends around its tags, so empty lines are marked before it sees them. No hole can hold the mark.
BREAK = "\x1e"
_EMPTY_LINE = re.compile(r"(?<=\n)[ \t]*(?=\n)")


class Json(Markup):
    """JSON that is finished. The results of macros, which Jinja makes `Markup`, count as finished too."""

    __slots__ = ()


def _json(value: object) -> Json | Markup:
    """One JSON value: what a hole becomes outside a tag. A list or a dict could carry strings that nobody looked at."""
    if isinstance(value, Markup):
        return value
    if isinstance(value, Mrkdwn):
        raise TypeError("markup belongs in a tag such as {% section %}")
    if isinstance(value, str):
        return Json(encode_basestring(mrkdwn.clean(value)))
    if isinstance(value, bool) or value is None:
        return Json({True: "true", False: "false", None: "null"}[value])
    if isinstance(value, int | float) and abs(value) < float("inf"):
        return Json(repr(value))
    if isinstance(value, StrictUndefined):
        str(value)  # raises, and names what is undefined
    raise TypeError(f"a hole takes one value, not {type(value).__name__}")


def _words(value: object) -> str:
    """What a hole becomes in text that Slack does not read as markup."""
    return mrkdwn.clean(str(value))


def _spoken(value: object) -> str:
    """What a hole becomes in the message's text: escaped, and a moment as it is said."""
    return mrkdwn.escape(str(value))


_HOLES: dict[str, Callable[[object], str]] = {
    "text": _spoken,
    "header": _words,
    "plain": _words,
    "section": mrkdwn.escape,
    "context": mrkdwn.escape,
    "mrkdwn": mrkdwn.escape,
}


class Wording(Extension):
    """The tags that hold wording."""

    tags = set(_HOLES)

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        return _EMPTY_LINE.sub(BREAK, source)

    def parse(self, parser: Parser) -> nodes.Node:
        tag = next(parser.stream)
        beside = nodes.Const(None) if parser.stream.current.type == "block_end" else parser.parse_expression()
        body = parser.parse_statements((f"name:end{tag.value}",), drop_needle=True)
        for output in (o for node in body for o in _outputs(node)):
            output.nodes = [self._hole(node, tag.value) for node in output.nodes]
        call = self.call_method("_finished", [nodes.Const(tag.value), beside])
        return nodes.CallBlock(call, [], [], body, lineno=tag.lineno)

    def _hole(self, node: nodes.Expr, tag: str) -> nodes.Expr:
        if isinstance(node, nodes.TemplateData):
            return node
        return nodes.Filter(node, f"_{tag}", [], [], None, None, lineno=node.lineno, environment=self.environment)

    def _finished(self, tag: str, beside: Json | None, caller: Callable[[], str]) -> Json:
        return _BLOCKS[tag](_fitted(tag, caller()), beside)


def _outputs(node: nodes.Node) -> Iterator[nodes.Output]:
    if isinstance(node, nodes.Output):
        yield node
    yield from node.find_all(nodes.Output)


def _fitted(tag: str, written: str) -> str:
    """The words of a tag, no longer than Slack takes."""
    lines = (" ".join(line.split()) for line in written.split(BREAK))
    markup = tag in ("section", "context", "mrkdwn")
    words = ("\n" if markup else " ").join(line for line in lines if line)
    return _shortened(words, LONGEST[tag]) if tag in ("header", "plain") else mrkdwn.cut(words, LONGEST[tag])


def _shortened(words: str, limit: int) -> str:
    return words if len(words) <= limit else words[: limit - 1] + CUT


def _mrkdwn(words: str) -> str:
    """`verbatim`, or Slack would turn a bare @here or an address in the words into the real thing."""
    return f'{{"type":"mrkdwn","text":{encode_basestring(words)},"verbatim":true}}'


def _plain(words: str) -> str:
    return f'{{"type":"plain_text","text":{encode_basestring(words)},"emoji":false}}'


def _section(words: str, beside: Json | None) -> Json:
    """A section without words is no section: that lets a template put conditions inside."""
    accessory = f',"accessory":{beside}' if beside else ""
    return Json(f'{{"type":"section","text":{_mrkdwn(words)}{accessory}}}' if words else "")


def _context(words: str) -> Json:
    return Json(f'{{"type":"context","elements":[{_mrkdwn(words)}]}}' if words else "")


_BLOCKS: dict[str, Callable[[str, Json | None], Json]] = {
    "text": lambda words, _: Json(encode_basestring(words)),
    "header": lambda words, _: Json(f'{{"type":"header","text":{_plain(words)}}}'),
    "section": _section,
    "context": lambda words, _: _context(words),
    "mrkdwn": lambda words, _: Json(_mrkdwn(words)),
    "plain": lambda words, _: Json(_plain(words)),
}


class Renderer:
    """The templates, compiled once."""

    def __init__(self, templates: Path | None = None, *, cache: BytecodeCache | None = None) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(templates or find_templates()),
            extensions=[Wording],
            bytecode_cache=cache,
            autoescape=True,  # so that macros give Markup; `finalize` has made every hole Markup before it could act
            finalize=_json,
            undefined=StrictUndefined,
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters.update({f"_{tag}": _Marked(fill) for tag, fill in _HOLES.items()})
        self._environment.globals.update(link=mrkdwn.link, code=mrkdwn.code)

    def render(self, name: str, **holes: object) -> Message:
        """The message that template *name* makes of the *holes*."""
        rendered = self._environment.get_template(f"{name}.j2").render(holes)
        text, *blocks = _values(rendered.replace(BREAK, ""))
        return Message(text, tuple(_fewest(blocks)))


class _Marked:
    """A filter of a hole in a tag: fills it, and tells Jinja that it is filled."""

    def __init__(self, fill: Callable[[object], str]) -> None:
        self._fill = fill

    def __call__(self, value: object) -> Markup:
        if isinstance(value, Markup):
            raise TypeError("a finished block cannot stand inside a sentence")
        return Markup(self._fill(value))  # noqa: S704 - not HTML: Markup is Jinja's word for "finished"


def find_templates() -> Path:
    """Beside the package in a checkout, inside it in an installed wheel."""
    room = Path(__file__).parent
    return next(place for place in (room / "templates", room.parent / "templates") if place.is_dir())


class Compiled(FileSystemBytecodeCache):
    """Templates that an earlier run compiled. That depends on this file as well, so its digest is in the names."""

    def __init__(self, directory: Path | None = None) -> None:
        digest = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:12]
        super().__init__(str(directory) if directory else None, pattern=f"__insights_bot_{digest}_%s.cache")

    def dump_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):  # a full disk costs time, not an answer
            super().dump_bytecode(bucket)


def compiled() -> BytecodeCache | None:
    """Where compiled templates are kept between runs, if this machine has a place that is ours alone."""
    try:
        return Compiled()
    except (OSError, RuntimeError):
        return None


def _values(rendered: str) -> Iterator[Any]:
    decode, at, end = JSONDecoder().raw_decode, 0, len(rendered)
    while True:
        while at < end and rendered[at].isspace():
            at += 1
        if at == end:
            return
        value, at = decode(rendered, at)
        yield value


def _fewest(blocks: list[Block]) -> list[Block]:
    """No more blocks than Slack takes: the footer stays, and what is left out is counted."""
    if len(blocks) <= MOST_BLOCKS:
        return blocks
    kept = MOST_BLOCKS - 2
    notice: Block = {
        "type": "section",
        "text": {"type": "mrkdwn", "text": f"{CUT} and {len(blocks) - kept - 1} more parts"},
    }
    return [*blocks[:kept], notice, blocks[-1]]
