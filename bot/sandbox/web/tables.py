"""How a data table looks: which columns are of numbers, and how its rows are ordered by each."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Json = Mapping[str, Any]

_DIGITS = re.compile(r"(\d{1,18})")


@dataclass(frozen=True)
class Cell:
    says: str
    up: int  # its place when what is least comes first
    down: int


@dataclass(frozen=True)
class Column:
    name: str
    is_number: bool
    cells: Sequence[Cell]


@dataclass(frozen=True)
class Table:
    caption: str
    size: int  # rows of a page
    naming: int  # the column that says what a row is of
    columns: Sequence[Column]

    @property
    def rows(self) -> list[tuple[Cell, ...]]:
        return list(zip(*(column.cells for column in self.columns), strict=True))


def table(block: Json) -> Table:
    headers, *rows = block["rows"]
    columns = [_column(_cell_text(head), [row[at] for row in rows]) for at, head in enumerate(headers)]
    return Table(block["caption"], block.get("page_size", 5), block.get("row_header_column_index", 0), columns)


def _column(name: str, cells: Sequence[Json]) -> Column:
    """One of numbers may say here and there that there is none; that comes last, whichever way one looks."""
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
    """`flag-2` before `flag-10`: words and numbers take turns, and begin with a word, be it empty."""
    return [int(part) if at % 2 else part.casefold() for at, part in enumerate(_DIGITS.split(text))]


def _cell_text(cell: Json) -> str:
    return str(cell.get("text", cell.get("value", "")))
