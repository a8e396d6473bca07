"""Where the marks of a chart lie. Upright, all is in pixels; across, in hundredths of whatever room there is."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

HEIGHT, TOP, BOTTOM = 252, 30, 28  # above all bars is room for the value that one looks at
ROOMS = {"narrow": 240, "wide": 440}  # in pixels, for the names below; blocks.css tells which it is
SIZE, RADIUS = 200, 92
COLOURS = 6
PLOTTED = ("bar", "line", "area")
THICKEST = 9.0  # of a hundred
MOST = 1e15  # beyond which nothing is reckoned with

Row = tuple[str, Sequence[float]]  # a label, and for each name its value


@dataclass(frozen=True)
class Tip:
    """What is said of a mark: where, and how wide it is about."""

    says: str
    at: float

    @property
    def width(self) -> float:
        return wide(self.says) + 20

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
        told = ", ".join(f"{label} {' and '.join(map(number, values))}" for label, values in self.rows)
        return f"{self.kind.title()} chart: {self.title}. {' and '.join(self.names)}: {told}"

    @property
    def table(self) -> dict[str, Any]:
        heads = [{"type": "raw_text", "text": name} for name in (self.axis.get("x_label") or "Of", *self.names)]
        cells = [
            [
                {"type": "raw_text", "text": label},
                *({"type": "raw_number", "value": one, "text": number(one)} for one in values),
            ]
            for label, values in self.rows
        ]
        return {"caption": f"Values of {self.title}", "rows": [heads, *cells], "page_size": len(cells)}

    @property
    def ticks(self) -> list[Tick]:
        return [Tick(number(tick), self._y(tick), tick == 0) for tick in self._marked]

    @property
    def left(self) -> float:
        """The room beside the bars, for the numbers and what they are of."""
        return max(wide(number(tick)) for tick in self._marked) + (30 if self.axis.get("y_label") else 12)

    @property
    def bars(self) -> Iterator[Bar]:
        """For each name a bar beside the others at each label."""
        band = 100 / len(self.rows)
        thick, reach = min(THICKEST, band * 0.78 / len(self.names)), band / len(self.names)
        for at, (label, values) in enumerate(self.rows):
            first = band * (at + 0.5) - thick * len(values) / 2
            for which, value in enumerate(values):
                of = f" {self.names[which]}" if len(values) > 1 else ""
                top, end = self._y(max(0, value)), self._y(min(0, value))
                x, middle = first + which * thick, band * (at + 0.5)
                tip, point = Tip(f"{label}: {number(value)}{of}", middle), (middle, self._y(value))
                yield Bar(which % COLOURS, tip, x, top, thick, end - top, point, (band * at + reach * which, reach))

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
        widest = max(wide(label) for label, _ in self.rows) + 10
        for name, room in ROOMS.items():
            band = room / len(self.rows)
            each = math.ceil(widest / band)
            for at, (label, _) in enumerate(self.rows):
                if at % each == 0 and (at + 0.5) * band + wide(label) / 2 < room + 20:
                    yield Label(label, (at + 0.5) * 100 / len(self.rows), name)

    @property
    def segments(self) -> Iterator[Segment]:
        """Clockwise from the top, each a share of the sum."""
        whole, until = sum(values[0] for _, values in self.rows), 0.0
        for at, (label, [value]) in enumerate(self.rows):
            start, share = until, value / whole
            until += share
            tip = Tip(f"{label}: {number(value)} ({number(round(share * 100, 1))} %)", 50)
            arc = f"A{RADIUS} {RADIUS} 0 {int(share > 0.5)} 1 {_point(until)}"
            path = "" if share == 1 else f"M{SIZE // 2} {SIZE // 2}L{_point(start)}{arc}Z"
            yield Segment(at % COLOURS, tip, path)

    @cached_property
    def _marked(self) -> list[float]:
        """Round values from below the least to above the most, a handful of them."""
        values = [value for _, all_of_it in self.rows for value in all_of_it]
        least, most = min(0, *values), max(0, *values)
        rough = max((most - least or 1) / 4, 1 / MOST)
        power = 10 ** math.floor(math.log10(rough))
        step = next(power * times for times in (1, 2, 5, 10, 20) if power * times >= rough)
        if all(float(value).is_integer() for value in values):
            step = max(1, step)
        first = math.floor(least / step)
        last = max(math.ceil(most / step), first + 1)
        return [float(f"{at * step:.12g}") for at in range(first, last + 1)]

    def _y(self, value: float) -> float:
        low, *_, high = self._marked
        return round(TOP + (high - value) / (high - low) * (HEIGHT - TOP - BOTTOM), 2)


def chart(block: Mapping[str, Any]) -> Chart | None:
    """Nothing if it is of another kind."""
    title, given = block["title"], block["chart"]
    if given["type"] == "pie":
        return Chart(title, "pie", ["Value"], [(one["label"], [_near(one["value"])]) for one in given["segments"]], {})
    if given["type"] not in PLOTTED:
        return None
    axis, series = given["axis_config"], given["series"]
    rows = [(label, [_near(one["data"][at]["value"]) for one in series]) for at, label in enumerate(axis["categories"])]
    return Chart(title, given["type"], [one["name"] for one in series], rows, axis)


def number(value: float) -> str:
    """With at most two decimals."""
    whole, _, decimals = f"{value:,.2f}".partition(".")
    said = f"{whole}.{decimals}".rstrip("0").rstrip(".")
    return "0" if said == "-0" else said


def _near(value: float) -> float:
    return max(-MOST, min(MOST, value))


def wide(label: str) -> float:
    """About, in pixels."""
    return len(label) * 6.6


def _point(share: float) -> str:
    angle = (share - 0.25) * 2 * math.pi
    return f"{SIZE / 2 + RADIUS * math.cos(angle):.3f} {SIZE / 2 + RADIUS * math.sin(angle):.3f}"
