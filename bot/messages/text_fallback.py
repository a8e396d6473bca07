"""Text fallback: charts and tables in plain characters, for workspaces that refuse the blocks and for other surfaces.

Everything is derived from the native block, so the two forms can't differ."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bot.messages import mrkdwn

CHART_TYPES = ("data_visualization", "data_table")
MAX_BAR_WIDTH = 20
NO_DATA_MARK = " †"  # ends the label of a point with missing data: Slack's charts can't have gaps
NO_DATA_TEXT = "–"
MAX_SECTION_CHARS = 2800  # Slack allows 3,000; leaves room for escapes and the title


@dataclass(frozen=True, slots=True)
class TextBar:
    """One value of a chart: its label and series, the length of its bar (0 to 1), and the value as text."""

    label: str
    series: str
    fraction: float
    value_text: str

    def render(self) -> str:
        """Draw the bar; a nonzero value shows at least a sliver."""
        if self.fraction <= 0:
            return ""
        return "█" * round(self.fraction * MAX_BAR_WIDTH) or "▏"


def fallback_blocks(block: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the fallback for a chart or table; any other block stays as it is."""
    if block["type"] == "data_visualization":
        return _sections(block["title"], _bar_lines(bars(block["chart"])))
    if block["type"] == "data_table":
        return _sections(block["caption"], _table_lines(cells(block)))
    return [block]


def bars(chart: dict[str, Any]) -> list[TextBar]:
    """Return the values of a chart in reading order."""
    if chart["type"] == "pie":
        total = sum(segment["value"] for segment in chart["segments"])
        return [
            TextBar(s["label"], "", s["value"] / total, f"{s['value']:,} ({s['value'] / total:.0%})")
            for s in chart["segments"]
        ]
    has_several_series = len(chart["series"]) > 1
    points = [
        (p["label"], s["name"] if has_several_series else "", p["value"]) for s in chart["series"] for p in s["data"]
    ]
    category_order = {label: n for n, label in enumerate(chart["axis_config"]["categories"])}
    largest = max((abs(value) for _, _, value in points), default=0) or 1
    return [
        TextBar(label, name, value / largest, value_text(label, value))
        for label, name, value in sorted(points, key=lambda p: category_order[p[0]])
    ]


def value_text(label: str, value: float) -> str:
    """Format a value. A 0 at a point with missing data is unknown, so it shows as a dash."""
    return NO_DATA_TEXT if label.endswith(NO_DATA_MARK) and not value else f"{value:,}"


def cells(table: dict[str, Any]) -> list[list[str]]:
    """Return the texts of a table's cells, the header row first."""
    return [[cell["text"] for cell in row] for row in table["rows"]]


def _bar_lines(chart_bars: list[TextBar]) -> list[str]:
    """Draw one line per value, writing repeated labels once."""
    label_width = max((len(bar.label) for bar in chart_bars), default=0)
    series_width = max((len(bar.series) for bar in chart_bars), default=0)
    labels = [bar.label if not n or bar.label != chart_bars[n - 1].label else "" for n, bar in enumerate(chart_bars)]
    lines = (
        f"{label:<{label_width}}  {bar.series:<{series_width}}{'  ' if series_width else ''}"
        f"{bar.render()} {bar.value_text}"
        for label, bar in zip(labels, chart_bars, strict=True)
    )
    return [line.rstrip() for line in lines]


def _table_lines(rows: list[list[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _sections(title: str, lines: list[str]) -> list[dict[str, Any]]:
    """Build as many sections as the lines need, the first with the title."""
    pending_titles = [f"*{mrkdwn.escape(title)}*\n"]
    return [
        _section(f"{pending_titles.pop() if pending_titles else ''}{mrkdwn.preformatted(chunk)}")
        for chunk in _chunk_lines(lines)
    ]


def _section(markup: str) -> dict[str, Any]:
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
