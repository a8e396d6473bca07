"""The format of all engineering-insights charts."""

from collections.abc import Iterable, Sequence

from bot.sandbox.launchdarkly.context import Json


def chart(name: str, x_axis: str, series: Iterable[Json]) -> Json:
    """Return a chart. LaunchDarkly doesn't document what a summary contains, so it is empty rather than invented."""
    metadata = {"name": name, "summary": {}, "xAxis": {"unit": x_axis}, "yAxis": {"unit": "count"}}
    return {"metadata": metadata, "series": list(series)}


def line(name: str, points: Sequence[tuple[int, int]]) -> Json:
    """Return a series of a chart, with its total."""
    count = sum(y for _, y in points)
    return {"metadata": {"name": name, "count": count}, "data": [{"x": x, "y": y} for x, y in points]}
