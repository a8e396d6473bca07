"""Charts and tables drawn in characters, for where Slack's own blocks are refused and for where there is no Slack.

All is read from the native block, so that the two forms cannot say different things."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bot.messages import mrkdwn

LONGEST_BAR = 20
GAP = " †"  # ends the label of a point that lacks data: Slack's charts take no gaps
NO_DATA = "–"
FITS = 2800  # characters of one section, which may hold 3,000: the rest is for escapes and the title


@dataclass(frozen=True, slots=True)
class Bar:
    """One value of a chart: where it stands, how long it is drawn (0 to 1), and how it is said."""

    label: str
    series: str
    length: float
    said: str

    def drawn(self) -> str:
        """Blocks in proportion; what is not zero shows at least a sliver."""
        if self.length <= 0:
            return ""
        return "█" * round(self.length * LONGEST_BAR) or "▏"


def plain(block: dict[str, Any]) -> list[dict[str, Any]]:
    """The blocks that stand for this one; a block without numbers stands for itself."""
    if block["type"] == "data_visualization":
        return _sections(block["title"], _bar_lines(bars(block["chart"])))
    if block["type"] == "data_table":
        return _sections(block["caption"], _table_lines(cells(block)))
    return [block]


def bars(chart: dict[str, Any]) -> list[Bar]:
    """The values of a chart in reading order."""
    if chart["type"] == "pie":
        total = sum(segment["value"] for segment in chart["segments"])
        return [
            Bar(s["label"], "", s["value"] / total, f"{s['value']:,} ({s['value'] / total:.0%})")
            for s in chart["segments"]
        ]
    several = len(chart["series"]) > 1
    points = [(p["label"], s["name"] if several else "", p["value"]) for s in chart["series"] for p in s["data"]]
    order = {label: n for n, label in enumerate(chart["axis_config"]["categories"])}
    most = max((abs(value) for _, _, value in points), default=0) or 1
    return [
        Bar(label, name, value / most, value_text(label, value))
        for label, name, value in sorted(points, key=lambda p: order[p[0]])
    ]


def value_text(label: str, value: float) -> str:
    """Nothing at a point that lacks data is not known to be zero."""
    return NO_DATA if label.endswith(GAP) and not value else f"{value:,}"


def cells(table: dict[str, Any]) -> list[list[str]]:
    """The words of a table, heading first."""
    return [[cell["text"] for cell in row] for row in table["rows"]]


def _bar_lines(drawn: list[Bar]) -> list[str]:
    """A line a value; a label that repeats is written once."""
    wide = max((len(bar.label) for bar in drawn), default=0)
    name = max((len(bar.series) for bar in drawn), default=0)
    labels = [bar.label if not n or bar.label != drawn[n - 1].label else "" for n, bar in enumerate(drawn)]
    lines = (
        f"{label:<{wide}}  {bar.series:<{name}}{'  ' if name else ''}{bar.drawn()} {bar.said}"
        for label, bar in zip(labels, drawn, strict=True)
    )
    return [line.rstrip() for line in lines]


def _table_lines(rows: list[list[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(f"{cell:<{wide}}" for cell, wide in zip(row, widths, strict=True)).rstrip() for row in rows]


def _sections(title: str, lines: list[str]) -> list[dict[str, Any]]:
    """A title, and the lines as they stand, in as many sections as they need."""
    heads = [f"*{mrkdwn.escape(title)}*\n"]
    return [_section(f"{heads.pop() if heads else ''}{mrkdwn.preformatted(part)}") for part in _parts(lines)]


def _section(markup: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": markup, "verbatim": True}}


def _parts(lines: list[str]) -> Iterator[str]:
    """The lines in runs that fit a section once their escapes are written out."""
    run: list[str] = []
    size = 0
    for line in lines:
        wide = len(mrkdwn.preformatted(line))
        if run and size + wide > FITS:
            yield "\n".join(run)
            run, size = [], 0
        run.append(line)
        size += wide
    yield "\n".join(run)
