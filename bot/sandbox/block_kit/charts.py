"""Slack's chart block: a pie with segments, or bars, areas and lines with series over one axis of categories."""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.sandbox.block_kit.objects import block
from bot.sandbox.block_kit.schema import (
    Violation,
    duplicates,
    items,
    number,
    shape,
    string,
    tagged,
    typed,
    with_checks,
)


def _positive(value: float, at: str) -> Iterator[Violation]:
    if value <= 0:
        yield Violation(at, "Must be more than 0: a segment is a share of the sum.")


_LABEL = string(1, 20)
_SEGMENT = shape({"label": _LABEL, "value": with_checks(number, _positive)})
_POINT = shape({"label": _LABEL, "value": number})
_SERIES = shape({"name": _LABEL, "data": items(_POINT, 1, 20)})
_AXIS = shape({"categories": items(_LABEL, 1, 20), "x_label?": string(1, 50), "y_label?": string(1, 50)})


def _unique_labels(pie: Mapping[str, Any], at: str) -> Iterator[Violation]:
    yield from duplicates((f"{at}/segments/{index}/label", each["label"]) for index, each in enumerate(pie["segments"]))


def _unique_names(plot: Mapping[str, Any], at: str) -> Iterator[Violation]:
    yield from duplicates((f"{at}/series/{index}/name", each["name"]) for index, each in enumerate(plot["series"]))


def _unique_categories(plot: Mapping[str, Any], at: str) -> Iterator[Violation]:
    categories = plot["axis_config"]["categories"]
    yield from duplicates((f"{at}/axis_config/categories/{index}", each) for index, each in enumerate(categories))


def _points_match_categories(plot: Mapping[str, Any], at: str) -> Iterator[Violation]:
    for index, series in enumerate(plot["series"]):
        if [point["label"] for point in series["data"]] != plot["axis_config"]["categories"]:
            yield Violation(f"{at}/series/{index}/data", "Must have one point for each category, in the same order.")


# Older pages say 6 segments or series, newer ones 12: the lower limit satisfies both.
_PIE = with_checks(typed({"segments": items(_SEGMENT, 1, 6)}), _unique_labels)
_PLOT = with_checks(
    typed({"series": items(_SERIES, 1, 6), "axis_config": _AXIS}),
    _unique_names,
    _unique_categories,
    _points_match_categories,
)

DATA_VISUALIZATION = block(
    {"title": string(1, 50), "chart": tagged({"pie": _PIE, "bar": _PLOT, "area": _PLOT, "line": _PLOT})}
)
