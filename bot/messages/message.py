"""Message: what the bot sends, as text, blocks and thread.

The text is for notifications, screen readers and surfaces without blocks. It starts with the summary, then says what
the blocks show, in reading order: charts and tables as values, without buttons and decoration. It stays escaped,
because Slack parses `text` as mrkdwn.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.messages import mrkdwn

Block = dict[str, Any]

CHART_TYPES = ("data_visualization", "data_table")
MAX_CHARS = 4000  # Slack recommends no longer text. https://docs.slack.dev/reference/methods/chat.postMessage
CUT_NOTICE = "… This text is cut off here."
NO_DATA = "no data"
NO_DATA_MARK = " †"  # ends the label of a point with missing data: Slack's charts can't have gaps
NO_DATA_TEXT = "–"

# Each alternative starts with a character that it needs, which lets `re` skip quickly. A symbol at the start of a line
# or an item repeats the words beside it; elsewhere it may belong to a name.
_SYMBOL = "[•↳†ℹ\u23e9-\u23fa\u25b6\u2600-\u27bf\U0001f300-\U0001faff]"
_LINK_OR_DECORATION = re.compile(
    r"<(?:!date\^|https?://)[^|>]*\|([^>]*)>"
    r"|[▰▱]+ ?"
    rf"|{_SYMBOL}(?:(?<=^.)|(?<=[·.] .))\ufe0f? (?:{_SYMBOL}\ufe0f? )*",
    re.MULTILINE,
)
_STYLE = re.compile(
    r"`([^`\n]+)`"
    r"|\*(?<![\w*]\*)([^*\n]+)\*(?![\w*])"
    r"|_(?<![\w_]_)([^_\n]+)_(?![\w_])"
)
_SENTENCE_END = re.compile(r"(?<=[.?!]) ")


@dataclass(frozen=True)
class Message:
    """A message for Slack or any other surface. `thread` holds the messages to post in its thread, in order."""

    text: str
    blocks: tuple[Block, ...]
    thread: tuple["Message", ...] = ()

    @classmethod
    def from_markup(cls, markup: str) -> "Message":
        """Build a message with a single section."""
        section = {"type": "section", "text": {"type": "mrkdwn", "text": markup, "verbatim": True}}
        return cls(build_text(markup, ()), (section,))

    def followed_by(self, other: "Message") -> "Message":
        """Return the message with another below it."""
        return Message(_cut(f"{self.text}\n{other.text}"), (*self.blocks, *other.blocks))

    def with_footer(self, footer: "Message") -> "Message":
        """Return the message with another below it, whose buttons join its last ones."""
        buttons = [element for block in footer.blocks if block["type"] == "actions" for element in block["elements"]]
        below = [block for block in footer.blocks if block["type"] != "actions"]
        blocks = _with_buttons(self.blocks, buttons) if buttons else self.blocks
        return replace(self, text=_cut(f"{self.text}\n{footer.text}"), blocks=(*blocks, *below))

    def unrolled(self) -> "Message":
        """Return the message with the blocks of its thread above its footer, as one message."""
        *blocks, footer = self.blocks
        divider: Block = {"type": "divider"}
        for reply in self.thread:
            blocks += [divider, *reply.blocks]
        text = _cut("\n".join([self.text, *(reply.text for reply in self.thread)]))
        return Message(text, (*blocks, divider, footer))

    def payload(self) -> dict[str, Any]:
        """Return the arguments for Slack's API. The thread isn't included: each of its messages is sent separately."""
        return {"text": self.text, "blocks": list(self.blocks)}

    @property
    def has_charts(self) -> bool:
        """Whether there are charts or tables, which some workspaces refuse."""
        return any(block["type"] in CHART_TYPES for block in self.blocks)


def _with_buttons(blocks: Sequence[Block], buttons: list[Block]) -> tuple[Block, ...]:
    """Add buttons to the last row of buttons; without one, add a row below all but a last line of context."""
    rows = [n for n, block in enumerate(blocks) if block["type"] == "actions"]
    if not rows:
        end = len(blocks) - 1 if blocks and blocks[-1]["type"] == "context" else len(blocks)
        return (*blocks[:end], {"type": "actions", "elements": buttons}, *blocks[end:])
    row = {**blocks[rows[-1]], "elements": [*blocks[rows[-1]]["elements"], *buttons]}
    return (*blocks[: rows[-1]], row, *blocks[rows[-1] + 1 :])


@dataclass(frozen=True, slots=True)
class ChartValue:
    """One value of a chart: its label and series, the length of its bar (0 to 1), and the value as text."""

    label: str
    series: str
    fraction: float
    text: str


def build_text(summary: str, blocks: Iterable[Block]) -> str:
    """Return the summary and the text of the blocks, a line for each; what the summary says isn't repeated."""
    summary_lines = _plain_lines(summary)
    summarized = _statements(summary_lines)
    block_lines = _plain_lines("\n".join(line for block in blocks for line in _markup_lines(block)))
    news = [line for line in block_lines if line.rstrip(".:") not in summarized]
    return _cut("\n".join(filter(None, [*summary_lines, *news])))


def _statements(lines: Iterable[str]) -> set[str]:
    """Return the lines and their sentences, without the punctuation at their end."""
    return {sentence.rstrip(".:") for line in lines for sentence in (line, *_SENTENCE_END.split(line))}


def _cut(text: str) -> str:
    """Cut text that is too long at the end of a line, and say so."""
    if len(text) <= MAX_CHARS:
        return text
    head = text[: MAX_CHARS - len(CUT_NOTICE)]
    return f"{head[: head.rfind(chr(10)) + 1].replace(CUT_NOTICE, '')}{CUT_NOTICE}"


def chart_values(chart: dict[str, Any]) -> list[ChartValue]:
    """Return the values of a chart in reading order."""
    if chart["type"] == "pie":
        total = sum(segment["value"] for segment in chart["segments"])
        return [
            ChartValue(s["label"], "", s["value"] / total, f"{s['value']:,} ({s['value'] / total:.0%})")
            for s in chart["segments"]
        ]
    has_several_series = len(chart["series"]) > 1
    points = [
        (p["label"], s["name"] if has_several_series else "", p["value"]) for s in chart["series"] for p in s["data"]
    ]
    category_order = {label: n for n, label in enumerate(chart["axis_config"]["categories"])}
    largest = max((abs(value) for _, _, value in points), default=0) or 1
    return [
        ChartValue(label, name, value / largest, _value_text(label, value))
        for label, name, value in sorted(points, key=lambda p: category_order[p[0]])
    ]


def _value_text(label: str, value: float) -> str:
    """Format a value. A 0 at a point with missing data is unknown, so it shows as a dash."""
    return NO_DATA_TEXT if label.endswith(NO_DATA_MARK) and not value else f"{value:,}"


def table_cells(table: dict[str, Any]) -> list[list[str]]:
    """Return the texts of a table's cells, the header row first."""
    return [[cell["text"] for cell in row] for row in table["rows"]]


def _plain_lines(markup: str) -> list[str]:
    """Return the lines of markup without links, styles and decoration. What is escaped stays escaped."""
    plain = _STYLE.sub(_inner, _LINK_OR_DECORATION.sub(_inner, markup)).replace(" · ", ", ")
    return [line.strip(" ,") for line in plain.split("\n")]


def _inner(match: re.Match[str]) -> str:
    return str(match[match.lastindex]) if match.lastindex else ""


def _markup_lines(block: Block) -> Iterable[str]:
    """Return what a block shows as lines of markup: nothing for buttons and dividers."""
    writer = _WRITERS.get(block.get("type", ""))
    return writer(block) if writer else ()


def _chart_lines(block: Block) -> Iterator[str]:
    """Write a chart as a line for each label, with the values of all its series."""
    yield f"{mrkdwn.escape_text(block['title'])}:"
    values_by_label: dict[str, list[str]] = {}
    for value in chart_values(block["chart"]):
        text = NO_DATA if value.text == NO_DATA_TEXT else value.text
        values_by_label.setdefault(value.label.removesuffix(NO_DATA_MARK), []).append(f"{value.series} {text}".strip())
    for label, values in values_by_label.items():
        yield mrkdwn.escape_text(f"{label}: {', '.join(values)}")


def _table_lines(block: Block) -> Iterator[str]:
    """Write a table as a line for each row, below its caption and column names."""
    heading, *rows = ([mrkdwn.escape_text(text) for text in row] for row in table_cells(block))
    yield f"{mrkdwn.escape_text(block['caption'])} ({', '.join(heading)}):"
    yield from (", ".join(row) for row in rows)


def _text(text: dict[str, str]) -> str:
    return text["text"] if text["type"] == "mrkdwn" else mrkdwn.escape_text(text["text"])


def _section_lines(block: Block) -> Iterator[str]:
    if "text" in block:
        yield _text(block["text"])
    yield from map(_text, block.get("fields", ()))


_WRITERS: dict[str, Callable[[Block], Iterable[str]]] = {
    "header": lambda block: [_text(block["text"])],
    "section": _section_lines,
    "context": lambda block: map(_text, block["elements"]),
    "data_visualization": _chart_lines,
    "data_table": _table_lines,
}
