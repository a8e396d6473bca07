"""The rows of the table: a ratio, its description, and its goal."""

from dataclasses import dataclass

HEADING = ("what", "ours", "against", "ratio", "goal", "")


@dataclass(frozen=True)
class Goal:
    """A bound on a ratio."""

    sign: str
    bound: float

    def met(self, ratio: float) -> bool:
        return ratio >= self.bound if self.sign == "≥" else ratio <= self.bound


def at_least(bound: float) -> Goal:
    """A goal for ratios such as `faster`, which cannot be large enough."""
    return Goal("≥", bound)


def at_most(bound: float) -> Goal:
    """A goal for ratios such as `the time`, which cannot be small enough."""
    return Goal("≤", bound)


@dataclass(frozen=True)
class Row:
    """One ratio. Its *unit* says how to read it: `5 × faster`, `0.4 × the memory`."""

    what: str
    ours: str
    against: str
    ratio: float
    unit: str
    goal: Goal | None = None

    @property
    def cells(self) -> tuple[str, ...]:
        goal = f"{self.goal.sign} {self.goal.bound:g}" if self.goal else ""
        verdict = ("met" if self.goal.met(self.ratio) else "MISSED") if self.goal else ""
        return self.what, self.ours, self.against, f"{_number(self.ratio)} × {self.unit}", goal, verdict


def draw(rows: list[Row]) -> str:
    """Format the rows as a table for both the terminal and Markdown."""
    cells = [HEADING, *(row.cells for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    rule = tuple("-" * width for width in widths)
    return "\n".join(_line(line, widths) for line in (cells[0], rule, *cells[1:]))


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    return "| " + " | ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)) + " |"


def _number(ratio: float) -> str:
    return f"{ratio:.1f}" if ratio >= 2 else f"{ratio:.2f}"
