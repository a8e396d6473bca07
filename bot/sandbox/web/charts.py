"""Where the marks of a chart lie. Upright, all is in pixels; across, in hundredths of whatever room there is."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

PLOT_HEIGHT, TOP, BOTTOM = 252, 30, 28  # above all bars is room for the value that one looks at
PLOT_WIDTHS = {"narrow": 240, "wide": 440}  # in pixels, for the names below; blocks.css tells which it is
PIE_SIZE, PIE_RADIUS = 200, 92
COLOUR_COUNT = 6
PLOTTED_KINDS = ("bar", "line", "area")
MAX_BAR_WIDTH = 9.0  # of a hundred
MAX_MAGNITUDE = 1e15  # beyond which nothing is reckoned with

Row = tuple[str, Sequence[float]]  # a label, and for each name its value


@dataclass(frozen=True)
class Tip:
    """What is said of a mark: where, and how wide it is about."""

    says: str
    at: float

    @property
    def width(self) -> float:
        return text_width(self.says) + 20

    @property
    def left(self) -> float:
        """Of its middle, at the edges of its beginning or end."""
        return -self.width * (0.08 if self.at < 34 else 0.92 if self.at > 66 else 0.5)


@dataclass(frozen=True)
class Bar:
    colour: int
    tip: Tip
    x: float
    y: float
    width: float
    height: float
    point: tuple[float, float]  # where its value is in a line
    reach: tuple[float, float]  # where one may point to mean it


@dataclass(frozen=True)
class Segment:
    colour: int
    tip: Tip
    path: str  # nothing where it is the whole


@dataclass(frozen=True)
class Tick:
    says: str
    y: float
    is_zero: bool


@dataclass(frozen=True)
class Label:
    says: str
    x: float
    room: str


@dataclass(frozen=True)
class Chart:
    """A chart as its marks and as a table."""

    title: str
    kind: str
    names: Sequence[str]
    rows: Sequence[Row]
    axis: Mapping[str, str]

    @property
    def is_pie(self) -> bool:
        return self.kind == "pie"

    @property
    def legend(self) -> Sequence[str]:
        return [label for label, _ in self.rows] if self.is_pie else self.names if len(self.names) > 1 else ()

    @property
    def summary(self) -> str:
        values_text = ", ".join(f"{label} {' and '.join(map(format_number, values))}" for label, values in self.rows)
        return f"{self.kind.title()} chart: {self.title}. {' and '.join(self.names)}: {values_text}"

    @property
    def table(self) -> dict[str, Any]:
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
        return [Tick(format_number(tick), self._y(tick), tick == 0) for tick in self._tick_values]

    @property
    def left(self) -> float:
        """The room beside the bars, for the numbers and what they are of."""
        return max(text_width(format_number(tick)) for tick in self._tick_values) + (
            30 if self.axis.get("y_label") else 12
        )

    @property
    def bars(self) -> Iterator[Bar]:
        """For each name a bar beside the others at each label."""
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
                    series_index % COLOUR_COUNT,
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
        """For each name its points from label to label, across in hundredths as well."""
        middles = [100 * (at + 0.5) / len(self.rows) for at in range(len(self.rows))]
        series = zip(*(values for _, values in self.rows), strict=True)
        return [" ".join(f"{x:.3f},{self._y(y)}" for x, y in zip(middles, values, strict=True)) for values in series]

    @property
    def floor(self) -> float:
        """Where nothing is."""
        return self._y(0)

    @property
    def labels(self) -> Iterator[Label]:
        """Of those below the bars the ones that fit side by side."""
        widest = max(text_width(label) for label, _ in self.rows) + 10
        for name, plot_width in PLOT_WIDTHS.items():
            band = plot_width / len(self.rows)
            stride = math.ceil(widest / band)
            for at, (label, _) in enumerate(self.rows):
                if at % stride == 0 and (at + 0.5) * band + text_width(label) / 2 < plot_width + 20:
                    yield Label(label, (at + 0.5) * 100 / len(self.rows), name)

    @property
    def segments(self) -> Iterator[Segment]:
        """Clockwise from the top, each a share of the sum."""
        total, end = sum(values[0] for _, values in self.rows), 0.0
        for at, (label, [value]) in enumerate(self.rows):
            start, share = end, value / total
            end += share
            tip = Tip(f"{label}: {format_number(value)} ({format_number(round(share * 100, 1))} %)", 50)
            arc = f"A{PIE_RADIUS} {PIE_RADIUS} 0 {int(share > 0.5)} 1 {_point_on_circle(end)}"
            path = "" if share == 1 else f"M{PIE_SIZE // 2} {PIE_SIZE // 2}L{_point_on_circle(start)}{arc}Z"
            yield Segment(at % COLOUR_COUNT, tip, path)

    @cached_property
    def _tick_values(self) -> list[float]:
        """Round values from below the least to above the most, a handful of them."""
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
    """Nothing if it is of another kind."""
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
    """With at most two decimals."""
    whole, _, decimals = f"{value:,.2f}".partition(".")
    text = f"{whole}.{decimals}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _clamp(value: float) -> float:
    return max(-MAX_MAGNITUDE, min(MAX_MAGNITUDE, value))


def text_width(label: str) -> float:
    """About, in pixels."""
    return len(label) * 6.6


def _point_on_circle(share: float) -> str:
    angle = (share - 0.25) * 2 * math.pi
    return f"{PIE_SIZE / 2 + PIE_RADIUS * math.cos(angle):.3f} {PIE_SIZE / 2 + PIE_RADIUS * math.sin(angle):.3f}"
