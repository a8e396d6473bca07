"""Charts and data tables, ready to render: the geometry of charts, and the order of a table's rows by each column.

Vertical coordinates are in pixels, horizontal ones in percent of the available width.
"""

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

PLOT_HEIGHT, TOP, BOTTOM = 252, 30, 28  # the top margin has room for the tooltip
PLOT_WIDTHS = {"narrow": 240, "wide": 440}  # in pixels, to fit the labels below; blocks.css selects one
PIE_SIZE, PIE_RADIUS = 200, 92
COLOR_COUNT = 6
PLOTTED_KINDS = ("bar", "line", "area")
MAX_BAR_WIDTH = 9.0  # percent
MAX_MAGNITUDE = 1e15  # larger values are clamped
_DIGITS = re.compile(r"(\d{1,18})")

Row = tuple[str, Sequence[float]]  # a label, and a value per series


@dataclass(frozen=True)
class Tip:
    """A mark's tooltip: its text and horizontal position."""

    text: str
    at: float

    @property
    def width(self) -> float:
        """The approximate width in pixels."""
        return text_width(self.text) + 20

    @property
    def left(self) -> float:
        """The offset from its position in pixels: centered, but shifted inward near the chart's edges."""
        return -self.width * (0.08 if self.at < 34 else 0.92 if self.at > 66 else 0.5)


@dataclass(frozen=True)
class Bar:
    """A bar of a chart, or a point of a line."""

    color: int
    tip: Tip
    x: float
    y: float
    width: float
    height: float
    point: tuple[float, float]  # x and y in a line chart
    hit_area: tuple[float, float]  # x and width of the area that shows the tooltip


@dataclass(frozen=True)
class Segment:
    """A segment of a pie."""

    color: int
    tip: Tip
    path: str  # empty if it is the whole circle


@dataclass(frozen=True)
class Tick:
    """A tick on the vertical axis."""

    text: str
    y: float
    is_zero: bool


@dataclass(frozen=True)
class Label:
    """A label on the horizontal axis, and the plot width that it is shown at."""

    text: str
    x: float
    layout: str


@dataclass(frozen=True)
class Chart:
    """A chart, as marks to draw and as a table."""

    title: str
    kind: str
    names: Sequence[str]
    rows: Sequence[Row]
    axis: Mapping[str, str]

    @property
    def is_pie(self) -> bool:
        """Whether it is a pie."""
        return self.kind == "pie"

    @property
    def legend(self) -> Sequence[str]:
        """The names in the legend; none for a single series."""
        return [label for label, _ in self.rows] if self.is_pie else self.names if len(self.names) > 1 else ()

    @property
    def summary(self) -> str:
        """The chart in words, for screen readers."""
        values_text = ", ".join(f"{label} {' and '.join(map(format_number, values))}" for label, values in self.rows)
        return f"{self.kind.title()} chart: {self.title}. {' and '.join(self.names)}: {values_text}"

    @property
    def table(self) -> dict[str, Any]:
        """The values as a data table block."""
        headers = [{"type": "raw_text", "text": name} for name in (self.axis.get("x_label") or "Of", *self.names)]
        cells = [
            [
                {"type": "raw_text", "text": label},
                *({"type": "raw_number", "value": one, "text": format_number(one)} for one in values),
            ]
            for label, values in self.rows
        ]
        return {"caption": f"Values of {self.title}", "rows": [headers, *cells], "page_size": len(cells)}

    @property
    def ticks(self) -> list[Tick]:
        """The ticks of the vertical axis."""
        return [Tick(format_number(tick), self._y(tick), tick == 0) for tick in self._tick_values]

    @property
    def left(self) -> float:
        """The width of the left margin in pixels, for the ticks and the axis label."""
        return max(text_width(format_number(tick)) for tick in self._tick_values) + (
            30 if self.axis.get("y_label") else 12
        )

    @property
    def bars(self) -> Iterator[Bar]:
        """The bars, grouped by label."""
        band = 100 / len(self.rows)
        bar_width, hit_width = min(MAX_BAR_WIDTH, band * 0.78 / len(self.names)), band / len(self.names)
        for at, (label, values) in enumerate(self.rows):
            first = band * (at + 0.5) - bar_width * len(values) / 2
            for series_index, value in enumerate(values):
                suffix = f" {self.names[series_index]}" if len(values) > 1 else ""
                top, end = self._y(max(0, value)), self._y(min(0, value))
                x, middle = first + series_index * bar_width, band * (at + 0.5)
                tip, point = Tip(f"{label}: {format_number(value)}{suffix}", middle), (middle, self._y(value))
                yield Bar(
                    series_index % COLOR_COUNT,
                    tip,
                    x,
                    top,
                    bar_width,
                    end - top,
                    point,
                    (band * at + hit_width * series_index, hit_width),
                )

    @property
    def lines(self) -> list[str]:
        """The points of each series, as an SVG polyline."""
        middles = [100 * (at + 0.5) / len(self.rows) for at in range(len(self.rows))]
        series = zip(*(values for _, values in self.rows), strict=True)
        return [" ".join(f"{x:.3f},{self._y(y)}" for x, y in zip(middles, values, strict=True)) for values in series]

    @property
    def floor(self) -> float:
        """The vertical position of zero."""
        return self._y(0)

    @property
    def labels(self) -> Iterator[Label]:
        """The labels of the horizontal axis that fit, for each plot width."""
        widest = max(text_width(label) for label, _ in self.rows) + 10
        for name, plot_width in PLOT_WIDTHS.items():
            band = plot_width / len(self.rows)
            stride = math.ceil(widest / band)
            for at, (label, _) in enumerate(self.rows):
                if at % stride == 0 and (at + 0.5) * band + text_width(label) / 2 < plot_width + 20:
                    yield Label(label, (at + 0.5) * 100 / len(self.rows), name)

    @property
    def segments(self) -> Iterator[Segment]:
        """The segments of a pie, clockwise from the top."""
        total, end = sum(values[0] for _, values in self.rows), 0.0
        for at, (label, [value]) in enumerate(self.rows):
            start, share = end, value / total
            end += share
            tip = Tip(f"{label}: {format_number(value)} ({format_number(round(share * 100, 1))}%)", 50)
            arc = f"A{PIE_RADIUS} {PIE_RADIUS} 0 {int(share > 0.5)} 1 {_point_on_circle(end)}"
            path = "" if share == 1 else f"M{PIE_SIZE // 2} {PIE_SIZE // 2}L{_point_on_circle(start)}{arc}Z"
            yield Segment(at % COLOR_COUNT, tip, path)

    @cached_property
    def _tick_values(self) -> list[float]:
        """A few round values that span all values and zero."""
        values = [value for _, row_values in self.rows for value in row_values]
        minimum, maximum = min(0, *values), max(0, *values)
        rough_step = max((maximum - minimum or 1) / 4, 1 / MAX_MAGNITUDE)
        power = 10 ** math.floor(math.log10(rough_step))
        step = next(power * factor for factor in (1, 2, 5, 10, 20) if power * factor >= rough_step)
        if all(float(value).is_integer() for value in values):
            step = max(1, step)
        first = math.floor(minimum / step)
        last = max(math.ceil(maximum / step), first + 1)
        return [float(f"{at * step:.12g}") for at in range(first, last + 1)]

    def _y(self, value: float) -> float:
        low, *_, high = self._tick_values
        return round(TOP + (high - value) / (high - low) * (PLOT_HEIGHT - TOP - BOTTOM), 2)


def chart(block: Mapping[str, Any]) -> Chart | None:
    """Return a block's chart, None if its type is unknown."""
    title, spec = block["title"], block["chart"]
    if spec["type"] == "pie":
        return Chart(title, "pie", ["Value"], [(one["label"], [_clamp(one["value"])]) for one in spec["segments"]], {})
    if spec["type"] not in PLOTTED_KINDS:
        return None
    axis, series = spec["axis_config"], spec["series"]
    rows = [
        (label, [_clamp(one["data"][at]["value"]) for one in series]) for at, label in enumerate(axis["categories"])
    ]
    return Chart(title, spec["type"], [one["name"] for one in series], rows, axis)


def format_number(value: float) -> str:
    """Format a number with at most two decimals."""
    whole, _, decimals = f"{value:,.2f}".partition(".")
    text = f"{whole}.{decimals}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _clamp(value: float) -> float:
    return max(-MAX_MAGNITUDE, min(MAX_MAGNITUDE, value))


def text_width(label: str) -> float:
    """Estimate a label's width in pixels."""
    return len(label) * 6.6


def _point_on_circle(share: float) -> str:
    angle = (share - 0.25) * 2 * math.pi
    return f"{PIE_SIZE / 2 + PIE_RADIUS * math.cos(angle):.3f} {PIE_SIZE / 2 + PIE_RADIUS * math.sin(angle):.3f}"


# --------------------------------------------------------------------------------------------------------------- tables


@dataclass(frozen=True)
class Cell:
    """A cell: its text, and its rank in ascending and descending order."""

    text: str
    up: int
    down: int


@dataclass(frozen=True)
class Column:
    """A column of a table."""

    name: str
    is_number: bool
    cells: Sequence[Cell]


@dataclass(frozen=True)
class Table:
    """A data table, ready to render."""

    caption: str
    size: int  # rows per page
    naming: int  # the index of the row header column
    columns: Sequence[Column]

    @property
    def rows(self) -> list[tuple[Cell, ...]]:
        """The cells by row."""
        return list(zip(*(column.cells for column in self.columns), strict=True))


def table(block: Mapping[str, Any]) -> Table:
    """Return the table of a `data_table` block."""
    headers, *rows = block["rows"]
    columns = [_column(_cell_text(head), [row[at] for row in rows]) for at, head in enumerate(headers)]
    return Table(block["caption"], block.get("page_size", 5), block.get("row_header_column_index", 0), columns)


def _column(name: str, cells: Sequence[Mapping[str, Any]]) -> Column:
    """Rank a column's cells. A numeric column may have some cells without a number; they come last in both orders."""
    numbers = [index for index, cell in enumerate(cells) if cell["type"] == "raw_number"]
    is_number = len(numbers) * 2 > len(cells)
    if is_number:
        ordered = sorted(numbers, key=lambda at: cells[at]["value"])
    else:
        ordered = sorted(range(len(cells)), key=lambda at: _natural_sort_key(_cell_text(cells[at])))
    without_number = [index for index in range(len(cells)) if index not in ordered]
    up, down = _ranks([*ordered, *without_number]), _ranks([*reversed(ordered), *without_number])
    return Column(name, is_number, [Cell(_cell_text(cell), up[index], down[index]) for index, cell in enumerate(cells)])


def _ranks(ordered: Iterable[int]) -> dict[int, int]:
    return {at: rank for rank, at in enumerate(ordered)}


def _natural_sort_key(text: str) -> list[str | int]:
    """Sort `flag-2` before `flag-10`: the key alternates text and numbers, and starts with a possibly empty text."""
    return [int(part) if at % 2 else part.casefold() for at, part in enumerate(_DIGITS.split(text))]


def _cell_text(cell: Mapping[str, Any]) -> str:
    return str(cell.get("text", cell.get("value", "")))
