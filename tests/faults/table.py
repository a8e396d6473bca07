"""The rows of the table: a fault, and how many messages were posted, lost or duplicated."""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.load_harness import DeliveryCount

HEADING = ("fault", "seed", "due", "sent", "lost", "twice", "last one late", "took", "")
WIDTHS = (46, 4, 4, 5, 4, 5, 13, 6, 4)


@dataclass(frozen=True)
class Row:
    """One run."""

    fault: str
    seed: int
    due: int
    count: DeliveryCount  # messages; a run may have several
    max_lateness: float  # seconds
    seconds: float  # seconds, including process startup
    remark: str = ""
    may_duplicate: bool = False

    @property
    def ok(self) -> bool:
        return not self.count.lost and (self.may_duplicate or not self.count.duplicates)

    @property
    def cells(self) -> tuple[str, ...]:
        count = self.count
        numbers = (self.seed, self.due, count.sent, count.lost, count.duplicates)
        verdict = "" if self.ok else "WRONG"
        remarks = "; ".join(part for part in (verdict, self.remark) if part)
        return self.fault, *map(str, numbers), f"{self.max_lateness:.1f} s", f"{self.seconds:.0f} s", remarks


def heading() -> str:
    return "\n".join((line(HEADING), line(["-" * width for width in WIDTHS])))


def line(cells: Sequence[str]) -> str:
    """Format a row for both the terminal and Markdown."""
    return "| " + " | ".join(f"{cell:<{width}}" for cell, width in zip(cells, WIDTHS, strict=True)) + " |"
