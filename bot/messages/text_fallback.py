"""Text fallback: charts and tables in plain characters, for workspaces that refuse the blocks and for other surfaces.

Everything is derived from the native block, so the two forms can't differ."""

from collections.abc import Iterator

from bot.messages import mrkdwn
from bot.messages.message import Block, ChartValue, Message, chart_values, table_cells

MAX_BAR_WIDTH = 20
MAX_SECTION_CHARS = 2800  # Slack allows 3,000; leaves room for escapes and the title


def with_text_fallback(message: Message) -> Message:
    """Return the message and its thread with charts and tables drawn in plain characters."""
    blocks = tuple(fallback_block for block in message.blocks for fallback_block in _fallback_blocks(block))
    return Message(message.text, blocks, tuple(map(with_text_fallback, message.thread)))


def _fallback_blocks(block: Block) -> list[Block]:
    """Return the fallback for a chart or table; any other block stays as it is."""
    if block["type"] == "data_visualization":
        return _sections(block["title"], _bar_lines(chart_values(block["chart"])))
    if block["type"] == "data_table":
        return _sections(block["caption"], _table_lines(table_cells(block)))
    return [block]


def draw_bar(value: ChartValue) -> str:
    """Draw the bar of a value; a nonzero value shows at least a sliver."""
    if value.fraction <= 0:
        return ""
    return "█" * round(value.fraction * MAX_BAR_WIDTH) or "▏"


def _bar_lines(values: list[ChartValue]) -> list[str]:
    """Draw one line per value, writing repeated labels once."""
    label_width = max((len(value.label) for value in values), default=0)
    series_width = max((len(value.series) for value in values), default=0)
    labels = [value.label if not n or value.label != values[n - 1].label else "" for n, value in enumerate(values)]
    lines = (
        f"{label:<{label_width}}  {value.series:<{series_width}}{'  ' if series_width else ''}"
        f"{draw_bar(value)} {value.text}"
        for label, value in zip(labels, values, strict=True)
    )
    return [line.rstrip() for line in lines]


def _table_lines(rows: list[list[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _sections(title: str, lines: list[str]) -> list[Block]:
    """Build as many sections as the lines need, the first with the title."""
    pending_titles = [f"*{mrkdwn.escape(title)}*\n"]
    return [
        _section(f"{pending_titles.pop() if pending_titles else ''}{mrkdwn.preformatted(chunk)}")
        for chunk in _chunk_lines(lines)
    ]


def _section(markup: str) -> Block:
    return {"type": "section", "text": {"type": "mrkdwn", "text": markup, "verbatim": True}}


def _chunk_lines(lines: list[str]) -> Iterator[str]:
    """Yield chunks of lines that fit into a section after escaping."""
    chunk: list[str] = []
    size = 0
    for line in lines:
        width = len(mrkdwn.preformatted(line))
        if chunk and size + width > MAX_SECTION_CHARS:
            yield "\n".join(chunk)
            chunk, size = [], 0
        chunk.append(line)
        size += width
    yield "\n".join(chunk)
