"""The blocks that a message may contain, each with its keys and limits.

A chart is a pie with segments, or bars, areas and lines with series over one axis of categories. A `table` is static; a
`data_table` has sorting, pages and a header.

Rejected because they aren't listed: `alert` and `input`, which belong to views (`surfaces.py`); `file`, which only
Slack may send; `carousel`, `plan` and `task_card`, which this bot never sends.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.sandbox.block_kit.elements import (
    ACCESSORY_ELEMENTS,
    BUTTON,
    CONTEXT_ACTION_ELEMENTS,
    CONTEXT_ELEMENTS,
    HTTP_URL,
    HTTPS_URL,
    IMAGE,
    IMAGE_FIELDS,
    INTERACTIVE_ELEMENTS,
    RICH_TEXT,
    block,
    one_image_source,
    plain_text,
    text,
)
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
    some_of,
    string,
    tagged,
    typed,
    unique,
    with_checks,
)

# ---------------------------------------------------------------------------------------------------- charts and tables


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


# ----------------------------------------------------------------------------------------------------------- all blocks

# fmt: off
_ICONS = (
    "archive", "book", "bookmark", "bot", "bug", "calendar", "call", "caret-left", "caret-right", "check", "clipboard",
    "code", "comment", "compass", "copy", "cube", "download", "edit", "email", "eye-closed", "eye-open", "file", "flag",
    "folder", "gear", "globe", "heart", "help", "image", "info", "key", "lightbulb", "link", "map", "mobile",
    "new-window", "pin", "plus", "refine", "refresh", "rocket", "save", "screen", "share", "sparkle", "star",
    "star-filled", "tag", "thumbs-down", "thumbs-up", "trash", "upload", "user", "warning",
)
# fmt: on

UNIQUE_ACTION_IDS = (unique("elements", "action_id"), unique("actions", "action_id"))


def _container_options_agree(container: Mapping[str, Any], at: str) -> Iterator[Violation]:
    collapsible = container.get("is_collapsible", False)
    if "default_collapsed" in container and not collapsible:
        yield Violation(f"{at}/default_collapsed", "Needs is_collapsible to be true.")
    if "has_header_divider" in container and collapsible:
        yield Violation(f"{at}/has_header_divider", "Needs is_collapsible to be false.")


SIMPLE_BLOCKS: dict[str, Rule] = {
    "section": with_checks(
        block(
            {
                "text?": text(3000),
                "fields?": items(text(2000), 1, 10),
                "accessory?": tagged(ACCESSORY_ELEMENTS),
                "expand?": boolean,
            }
        ),
        some_of(("text", "fields"), 1, 2),
    ),
    "header": block({"text": plain_text(150)}),  # `level` is on one newer page only
    "divider": block({}),
    "context": block({"elements": items(tagged(CONTEXT_ELEMENTS), 1, 10)}),
    "actions": block({"elements": items(tagged(INTERACTIVE_ELEMENTS), 1, 25)}),
    "image": with_checks(block({**IMAGE_FIELDS, "title?": plain_text(2000)}), one_image_source),
    "table": TABLE,
    "video": block(
        {
            "title": plain_text(199),  # the page says "less than 200", and of the author "less than 50"
            "description?": plain_text(199),
            "author_name?": string(1, 49),
            "alt_text": string(1, 2000),
            "video_url": HTTPS_URL,
            "thumbnail_url": HTTP_URL,
            "title_url?": HTTPS_URL,
            "provider_name?": string(),
            "provider_icon_url?": HTTP_URL,
        }
    ),
}

_CARD = with_checks(
    block(
        {
            "icon?": tagged({"image": IMAGE}),
            "slack_icon?": tagged({"icon": typed({"name": one_of(*_ICONS)})}),
            "hero_image?": tagged({"image": IMAGE}),
            "title?": text(150),
            "subtitle?": text(150),
            "body?": text(200),
            "subtext?": text(200),
            "actions?": items(tagged({"button": BUTTON}), 1, 3),
        }
    ),
    some_of(("hero_image", "title", "actions", "body"), 1, 4),
    some_of(("icon", "slack_icon"), 0, 1),
)

_CONTAINER = with_checks(
    block(
        {
            "title": plain_text(150),  # not `rich_text_title`, whose format differs between sources
            "subtitle?": text(150),
            "icon?": tagged({"image": IMAGE}),
            "width?": one_of("narrow", "standard", "wide", "full"),
            "is_collapsible?": boolean,
            "default_collapsed?": boolean,
            "has_header_divider?": boolean,
            # The documented children without file, input and rich_text, which Slack was seen to reject.
            "child_blocks": items(with_checks(tagged(SIMPLE_BLOCKS), *UNIQUE_ACTION_IDS), 1, 10),
        }
    ),
    _container_options_agree,
)

BLOCK = with_checks(
    tagged(
        {
            **SIMPLE_BLOCKS,
            "markdown": block({"text": string(1, 12_000)}),
            "context_actions": block({"elements": items(tagged(CONTEXT_ACTION_ELEMENTS), 1, 5)}),
            "rich_text": block(RICH_TEXT),
            "data_table": DATA_TABLE,
            "data_visualization": DATA_VISUALIZATION,
            "card": _CARD,
            "container": _CONTAINER,
        }
    ),
    *UNIQUE_ACTION_IDS,
)
