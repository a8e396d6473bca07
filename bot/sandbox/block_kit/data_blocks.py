"""Slack's chart block and its two table blocks.

A chart is a pie with segments, or bars, areas and lines with series over one axis of categories. A `table` is static; a
`data_table` has sorting, pages and a header.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.sandbox.block_kit.elements import RICH_TEXT, block
from bot.sandbox.block_kit.schema import (
    Rule,
    Violation,
    boolean,
    duplicates,
    integer,
    items,
    nullable,
    number,
    one_of,
    shape,
    string,
    tagged,
    typed,
    unique,
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


def _unique_categories(plot: Mapping[str, Any], at: str) -> Iterator[Violation]:
    categories = plot["axis_config"]["categories"]
    yield from duplicates((f"{at}/axis_config/categories/{index}", each) for index, each in enumerate(categories))


def _points_match_categories(plot: Mapping[str, Any], at: str) -> Iterator[Violation]:
    for index, series in enumerate(plot["series"]):
        if [point["label"] for point in series["data"]] != plot["axis_config"]["categories"]:
            yield Violation(f"{at}/series/{index}/data", "Must have one point for each category, in the same order.")


# Older pages say 6 segments or series, newer ones 12: the lower limit satisfies both.
_PIE = with_checks(typed({"segments": items(_SEGMENT, 1, 6)}), unique("segments", "label"))
_PLOT = with_checks(
    typed({"series": items(_SERIES, 1, 6), "axis_config": _AXIS}),
    unique("series", "name"),
    _unique_categories,
    _points_match_categories,
)

DATA_VISUALIZATION = block(
    {"title": string(1, 50), "chart": tagged({"pie": _PIE, "bar": _PLOT, "area": _PLOT, "line": _PLOT})}
)


# An empty cell is rejected, a single space isn't. `action_cell` is on the newest page only, so it is rejected.
_HEADER_CELLS: dict[str, Rule] = {
    "raw_text": typed({"text": string()}),
    "raw_number": typed({"value": number, "text": string()}),
}
_CELL = tagged({**_HEADER_CELLS, "rich_text": typed(RICH_TEXT)})
_COLUMN = shape({"align?": one_of("left", "center", "right"), "is_wrapped?": boolean})


def _text_length(cell: Mapping[str, Any]) -> int:
    """Count the characters that a cell shows; for a run without text, those of its URL or name."""
    if "elements" in cell:
        return sum(_text_length(element) for element in cell["elements"])
    return len(cell.get("text") or cell.get("url") or cell.get("name") or "")


def _text_fits(table: Mapping[str, Any], at: str) -> Iterator[Violation]:
    length = sum(_text_length(cell) for row in table["rows"] for cell in row)
    if length > 10_000:  # newest page: 20 000
        yield Violation(f"{at}/rows", f"Must have at most 10000 characters in all cells together, not {length}.")


def _header_is_raw(table: Mapping[str, Any], at: str) -> Iterator[Violation]:
    for index, cell in enumerate(table["rows"][0]):
        if cell["type"] not in _HEADER_CELLS:
            yield Violation(f"{at}/rows/0/{index}/type", f"Must be one of {', '.join(_HEADER_CELLS)} in the header.")


def _rows_are_even(table: Mapping[str, Any], at: str) -> Iterator[Violation]:
    columns = len(table["rows"][0])
    for index, row in enumerate(table["rows"]):
        if len(row) != columns:
            yield Violation(f"{at}/rows/{index}", f"Must have {columns} cells like the header, not {len(row)}.")


def _index_in_range(table: Mapping[str, Any], at: str) -> Iterator[Violation]:
    columns = len(table["rows"][0])
    if table.get("row_header_column_index", 0) >= columns:
        yield Violation(f"{at}/row_header_column_index", f"Must be one of the {columns} columns, counted from 0.")


TABLE = with_checks(
    block({"rows": items(items(_CELL, 1, 20), 1, 100), "column_settings?": items(nullable(_COLUMN), 1, 20)}),
    _text_fits,
)

DATA_TABLE = with_checks(
    block(
        {
            "caption": string(),
            "rows": items(items(_CELL, 1, 20), 2, 101),  # the header and 1 to 100 rows; newest page: 200
            "page_size?": integer(1, 100),
            "row_header_column_index?": integer(0),
        }
    ),
    _header_is_raw,
    _rows_are_even,
    _index_in_range,
    _text_fits,
)
