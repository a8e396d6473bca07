"""Data tables: which columns are numeric, and the order of the rows by each column."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Json = Mapping[str, Any]

_DIGITS = re.compile(r"(\d{1,18})")


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


def table(block: Json) -> Table:
    """Return the table of a `data_table` block."""
    headers, *rows = block["rows"]
    columns = [_column(_cell_text(head), [row[at] for row in rows]) for at, head in enumerate(headers)]
    return Table(block["caption"], block.get("page_size", 5), block.get("row_header_column_index", 0), columns)


def _column(name: str, cells: Sequence[Json]) -> Column:
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


def _cell_text(cell: Json) -> str:
    return str(cell.get("text", cell.get("value", "")))
