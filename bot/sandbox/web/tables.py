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
    heads, *rows = block["rows"]
    columns = [_column(_says(head), [row[at] for row in rows]) for at, head in enumerate(heads)]
    return Table(block["caption"], block.get("page_size", 5), block.get("row_header_column_index", 0), columns)


def _column(name: str, cells: Sequence[Json]) -> Column:
    """One of numbers may say here and there that there is none; that comes last, whichever way one looks."""
    numbers = [at for at, cell in enumerate(cells) if cell["type"] == "raw_number"]
    is_number = len(numbers) * 2 > len(cells)
    if is_number:
        ordered = sorted(numbers, key=lambda at: cells[at]["value"])
    else:
        ordered = sorted(range(len(cells)), key=lambda at: _as_people_count(_says(cells[at])))
    rest = [at for at in range(len(cells)) if at not in ordered]
    up, down = _places([*ordered, *rest]), _places([*reversed(ordered), *rest])
    return Column(name, is_number, [Cell(_says(cell), up[at], down[at]) for at, cell in enumerate(cells)])


def _places(ordered: Iterable[int]) -> dict[int, int]:
    return {at: place for place, at in enumerate(ordered)}


def _as_people_count(text: str) -> list[str | int]:
    """`flag-2` before `flag-10`: words and numbers take turns, and begin with a word, be it empty."""
    return [int(part) if at % 2 else part.casefold() for at, part in enumerate(_DIGITS.split(text))]


def _says(cell: Json) -> str:
    return str(cell.get("text", cell.get("value", "")))
