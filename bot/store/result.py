"""The result of a single statement, for either database."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CursorResult


@dataclass(frozen=True, slots=True)
class StatementResult:
    """The rows that a statement returned, and how many it changed."""

    rows: Sequence[Sequence[Any]]
    rowcount: int

    @classmethod
    def from_cursor(cls, result: CursorResult[Any]) -> "StatementResult":
        return cls(result.all() if result.returns_rows else (), result.rowcount)
