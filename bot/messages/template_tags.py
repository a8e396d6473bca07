"""The wording of a template: tags that become Slack's blocks, and holes that become what their place asks for.

A hole, `{{ … }}`, is written without quotes and becomes exactly one JSON value, so no data can break the document.
Wording stands in tags:

    {% text %} … {% endtext %}          the whole answer in sentences: what notifications show and screen readers read
    {% header %} … {% endheader %}      a headline
    {% section %} … {% endsection %}    a paragraph; `{% section button(…) %}` puts something beside it
    {% context %} … {% endcontext %}    the small print
    {% mrkdwn %}, {% plain %}           a text object, inside a block that is written out; `{% plain 300 %}`
                                        may be longer than others

A hole in a tag is escaped for Slack and stays on one line. The lines of a tag are joined, so that wording can be broken
where it reads well; an empty line starts a new one. Whatever goes wrong here is a fault of the bot, and is loud.

To Jinja all of this is filters. Whatever stands in a hole is handed to the filter of its place, `in_section` or
`in_json`; the words of a tag are handed to the filter of the tag's name. What is finished JSON has the type `Markup`.
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
from bot.messages.mrkdwn import CUT, Mrkdwn

# How much text Slack takes, or with a message's text: reads with pleasure. https://docs.slack.dev/reference/block-kit/blocks
LONGEST = {"text": 4000, "header": 150, "section": 3000, "context": 2000, "mrkdwn": 2000, "plain": 75}

# Jinja trims the line ends around its tags, so empty lines are marked before it sees them. No hole can hold the mark.
_BREAK = "\x1e"
_EMPTY_LINE = re.compile(r"(?<=\n)[ \t]*(?=\n)")
_WHITE = re.compile(r"[ \t\n]+")
_UNSAYABLE = (Markup, tuple, list, dict, set)


class Json(Markup):
    """JSON that is finished. The results of macros, which Jinja makes `Markup`, count as finished too."""

    __slots__ = ()


class Wording(Extension):
    """The tags that hold wording, and the filters around the holes."""

    tags = set(LONGEST)

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        return _EMPTY_LINE.sub(_BREAK, source)

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        """The template's tokens, with `{{ hole }}` as `{{ (hole) | in_section }}`."""
        tag = ""
        for token in stream:
            if token.type == "block_begin":
                tag = self._place(tag, stream)
            elif token.type == "variable_end":
                yield from _filtered(token.lineno, f"in_{tag or 'json'}")
            yield Token(token.lineno, "data", _spaced(token.value, tag)) if token.type == "data" else token
            if token.type == "variable_begin":
                yield Token(token.lineno, "lparen", "(")

    def _place(self, tag: str, stream: TokenStream) -> str:
        """The tag whose words follow, of which there is at most one at a time."""
        word = stream.current.value
        if word not in self.tags:
            return "" if word == f"end{tag}" else tag
        if tag:
            raise TemplateSyntaxError(f"{word} cannot stand in {tag}", stream.current.lineno, stream.name)
        return word

    def parse(self, parser: Parser) -> nodes.Node:
        tag = next(parser.stream)
        beside = [] if parser.stream.current.type == "block_end" else [parser.parse_expression()]
        words = parser.parse_statements((f"name:end{tag.value}",), drop_needle=True)
        block = nodes.Filter(None, tag.value, beside, [], None, None, lineno=tag.lineno)
        return nodes.FilterBlock(words, block, lineno=tag.lineno)


def _filtered(line: int, name: str) -> Iterator[Token]:
    yield Token(line, "rparen", ")")
    yield Token(line, "pipe", "|")
    yield Token(line, "name", name)


def _spaced(written: str, tag: str) -> str:
    """What a template itself says: in a tag only a space is white, which spares the rendering a lot of looking."""
    return _WHITE.sub(" ", written) if tag else written.replace(_BREAK, "")


def _in_json(value: object) -> str:
    """One JSON value: what a hole becomes outside a tag. A list or a dict could carry strings that nobody looked at."""
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
        str(value)  # raises, and names what is undefined
    raise TypeError(f"a hole takes one value, not {type(value).__name__}")


# A message has hundreds of holes in its sentences, and nearly all hold plain text: that is asked first, by exact type.


def _in_text(value: object) -> str:
    """What a hole becomes in the message's text: escaped, and a moment as it is said."""
    return mrkdwn.escaped(value if type(value) is str else str(_sayable(value)))


def _in_words(value: object) -> str:
    """What a hole becomes in text that Slack does not read as markup."""
    return mrkdwn.clean(value if type(value) is str else str(_sayable(value)))


def _in_markup(value: object) -> str:
    """What a hole becomes in text that Slack reads as markup."""
    return mrkdwn.escaped(value) if type(value) is str else mrkdwn.escape(_sayable(value))


def _sayable(value: object) -> object:
    if isinstance(value, _UNSAYABLE):
        raise TypeError(f"a sentence takes one value, neither a finished block nor many: {type(value).__name__}")
    return value


def _text(written: str) -> str:
    return encode_basestring(mrkdwn.cut(_joined(written, " "), LONGEST["text"]))


def _header(written: str) -> str:
    return f'{{"type":"header","text":{_unmarked(_joined(written, " "), LONGEST["header"])}}}'


def _section(written: str, beside: Markup | None = None) -> str:
    """A section without words is no section: that lets a template put conditions inside."""
    if beside and not isinstance(beside, Markup):
        raise TypeError(f"only what is finished can stand beside a section, not {type(beside).__name__}")
    words = _words_of("section", written)
    accessory = f',"accessory":{beside}' if beside else ""
    return f'{{"type":"section","text":{_marked(words)}{accessory}}}' if words else ""


def _context(written: str) -> str:
    words = _words_of("context", written)
    return f'{{"type":"context","elements":[{_marked(words)}]}}' if words else ""


def _mrkdwn(written: str) -> str:
    return _marked(_words_of("mrkdwn", written))


def _plain(written: str, limit: int = LONGEST["plain"]) -> str:
    return _unmarked(_joined(written, " "), limit)


def button(label: str, line: str, does: str = "ask", confirm: Markup | None = None) -> Json:
    """A button carries the line of text that it asks; nothing else needs to know what it does.

    What it *does* with the answer: `ask` says it anew, `turn` puts it where the button is; `order` gives an order, and
    `order-in-list` then updates the list of schedules that it is in. *confirm* is the dialog that asks first.
    """
    action, text = _in_json(f"{does}:{label.lower()}"), _unmarked(_in_words(label), LONGEST["plain"])
    asks_first = f',"confirm":{_in_json(confirm)}' if confirm else ""
    return Json(f'{{"type":"button","action_id":{action},"text":{text},"value":{_in_json(line)}{asks_first}}}')


def _words_of(tag: str, written: str) -> str:
    return mrkdwn.cut(_joined(written, "\n"), LONGEST[tag])


def _joined(written: str, between: str) -> str:
    """The lines of a tag. Jinja hands over `Markup`, and each piece of it would be made `Markup` anew: hence `str`."""
    words = str(written)
    while "  " in words:
        words = words.replace("  ", " ")
    return between.join([line for line in map(str.strip, words.split(_BREAK)) if line])


def _marked(words: str) -> str:
    """`verbatim`, or Slack would turn a bare @here or an address in the words into the real thing."""
    return f'{{"type":"mrkdwn","text":{encode_basestring(words)},"verbatim":true}}'


def _unmarked(words: str, limit: int) -> str:
    shown = words if len(words) <= limit else words[: limit - 1] + CUT
    return f'{{"type":"plain_text","text":{encode_basestring(shown)},"emoji":false}}'


FILTERS: dict[str, Callable[..., str]] = {
    "in_json": _in_json,
    "in_text": _in_text,
    "in_header": _in_words,
    "in_plain": _in_words,
    "in_section": _in_markup,
    "in_context": _in_markup,
    "in_mrkdwn": _in_markup,
    "text": _text,
    "header": _header,
    "section": _section,
    "context": _context,
    "mrkdwn": _mrkdwn,
    "plain": _plain,
}
GLOBALS: dict[str, Callable[..., str]] = {
    "button": button,
    "link": mrkdwn.link,
    "code": mrkdwn.code,
    "person": mrkdwn.person,
    "channel": mrkdwn.channel,
}
