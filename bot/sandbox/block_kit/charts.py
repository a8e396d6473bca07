"""Slack's own charts: a pie of segments, or bars, areas and lines of series over one axis of categories."""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.sandbox.block_kit.objects import block
from bot.sandbox.block_kit.schema import Fault, also, items, number, repeats, shape, string, tagged, typed


def _positive(value: float, at: str) -> Iterator[Fault]:
    if value <= 0:
        yield Fault(at, "Must be more than 0: a segment is a share of the sum.")


_LABEL = string(1, 20)
_SEGMENT = shape({"label": _LABEL, "value": also(number, _positive)})
_POINT = shape({"label": _LABEL, "value": number})
_SERIES = shape({"name": _LABEL, "data": items(_POINT, 1, 20)})
_AXIS = shape({"categories": items(_LABEL, 1, 20), "x_label?": string(1, 50), "y_label?": string(1, 50)})


def _labels_differ(pie: Mapping[str, Any], at: str) -> Iterator[Fault]:
    yield from repeats((f"{at}/segments/{index}/label", each["label"]) for index, each in enumerate(pie["segments"]))


def _names_differ(plot: Mapping[str, Any], at: str) -> Iterator[Fault]:
    yield from repeats((f"{at}/series/{index}/name", each["name"]) for index, each in enumerate(plot["series"]))


def _categories_differ(plot: Mapping[str, Any], at: str) -> Iterator[Fault]:
    categories = plot["axis_config"]["categories"]
    yield from repeats((f"{at}/axis_config/categories/{index}", each) for index, each in enumerate(categories))


def _points_follow_categories(plot: Mapping[str, Any], at: str) -> Iterator[Fault]:
    for index, series in enumerate(plot["series"]):
        if [point["label"] for point in series["data"]] != plot["axis_config"]["categories"]:
            yield Fault(f"{at}/series/{index}/data", "Must have one point for each category, in the same order.")


# Older pages say 6 segments or series, newer ones 12: six pass under both.
_PIE = also(typed({"segments": items(_SEGMENT, 1, 6)}), _labels_differ)
_PLOT = also(
    typed({"series": items(_SERIES, 1, 6), "axis_config": _AXIS}),
    _names_differ,
    _categories_differ,
    _points_follow_categories,
)

DATA_VISUALIZATION = block(
    {"title": string(1, 50), "chart": tagged({"pie": _PIE, "bar": _PLOT, "area": _PLOT, "line": _PLOT})}
)
