"""LaunchDarkly's chart replies, which share one schema, and the chart data that Slack can draw.

Limits that satisfy every version of Slack's rules: 20 points, 6 lines or slices, and unique names of 20 characters.
https://docs.slack.dev/reference/block-kit/blocks/data-visualization-block"""

from collections.abc import Iterable

from bot.launchdarkly import Number, Reply
from bot.messages import humanize
from bot.questions.base import View

MAX_CHART_POINTS = 20
MAX_CHART_SERIES = 6
MAX_LABEL_CHARS = 20
OTHER = "Other"


class Point(Reply):
    x: Number | None = None
    y: Number | None = None


class SeriesMetadata(Reply):
    name: str | None = None
    count: Number | None = None


class Series(Reply):
    metadata: SeriesMetadata
    data: list[Point] | None = None


class Tier(Reply):
    indicator: str | None = None
    description: str | None = None


class Metric(Reply):
    indicator: str | None = None
    value: Number | None = None
    unit: str | None = None
    modifier: str | None = None
    tiers: list[Tier] | None = None


class ChartMetadata(Reply):
    metrics: dict[str, Metric | None] | None = None


class ChartReply(Reply):
    metadata: ChartMetadata
    series: list[Series] | None


class Slice(View):
    """One slice of a pie chart."""

    label: str
    value: Number


class Line(View):
    """One line of a line chart, or one set of bars."""

    name: str
    values: tuple[Number, ...]


class Lines(View):
    """Several lines over the same points."""

    labels: tuple[str, ...]
    series: tuple[Line, ...]


def unique_labels(names: Iterable[str]) -> list[str]:
    """Shorten names for a chart, and number those that would repeat."""
    unique: list[str] = []
    for name in names:
        label = humanize.truncate_text(name, MAX_LABEL_CHARS) or "–"
        suffix = 2
        while label in unique:
            label = f"{humanize.truncate_text(name, MAX_LABEL_CHARS - 4)} {suffix}"
            suffix += 1
        unique.append(label)
    return unique


def has_merged_slices(counts: list[tuple[str, Number]]) -> bool:
    """Return whether `pie_slices` merges some of these into "Other"."""
    return len(_positive(counts)) > MAX_CHART_SERIES


def pie_slices(counts: list[tuple[str, Number]]) -> tuple[Slice, ...]:
    """Build slices for the positive counts. The smallest are merged if there are too many."""
    positive = _positive(counts)
    if len(positive) > MAX_CHART_SERIES:
        largest = sorted(positive, key=lambda pair: pair[1], reverse=True)[: MAX_CHART_SERIES - 1]
        rest = sum(value for name, value in positive if (name, value) not in largest)
        positive = [pair for pair in positive if pair in largest] + [(OTHER, rest)]
    names = unique_labels(name for name, _ in positive)
    return tuple(Slice(label=label, value=value) for label, (_, value) in zip(names, positive, strict=True))


def _positive(counts: list[tuple[str, Number]]) -> list[tuple[str, Number]]:
    return [(name, value) for name, value in counts if value > 0]
