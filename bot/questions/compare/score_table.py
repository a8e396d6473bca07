"""The scores of all sides in the order of one tree: a row each, with the gap from the best to the worst."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from bot.launchdarkly import Number
from bot.messages import humanize
from bot.questions.base import View
from bot.questions.compare.gap import GapView, gap, in_points
from bot.questions.scores import Score, ScoresReply, ScoreView, tree, view_of

MOST_ROWS = 30
MOST_UNEVEN = 5
BEYOND = 1e6  # scores end at 100: what is larger than this is text, cut to a cell


class RowView(View):
    """A score: a number for each side, or why there is none; how far the best is before the worst, and who that is."""

    name: str
    cells: tuple[Number | str, ...]
    spoken: str
    gap: Number | str
    ahead: str


class BoardView(View):
    """The table, and of that what matters most."""

    overall: GapView | None
    widest: GapView | None
    uneven: str
    rows: tuple[RowView, ...]
    hidden: int


@dataclass(frozen=True)
class Row:
    """One score of all the sides that sent it: whether it is a leaf, made of no others, and a part of another."""

    key: str
    sent: Mapping[str, Score]
    leaf: bool
    part: bool
    below: bool  # drawn below the branch that it belongs to

    @property
    def name(self) -> str:
        return view_of(self.key, next(iter(self.sent.values()))).name

    @property
    def views(self) -> dict[str, ScoreView]:
        return {side: view_of(self.key, score) for side, score in self.sent.items()}

    @property
    def known(self) -> dict[str, float]:
        """The number of each side that has one."""
        return {side: self.sent[side].score for side, view in self.views.items() if view.known}

    @property
    def apart(self) -> float | None:
        """Between one number and nothing, there is none."""
        return max(self.known.values()) - min(self.known.values()) if len(self.known) > 1 else None

    @property
    def gapped(self) -> GapView | None:
        return gap(self.name, self.known, in_points)

    def view(self, sides: Sequence[str]) -> RowView:
        views, apart = self.views, self.apart
        said = [f"{side} {view.score or view.rating}" for side, view in views.items()]
        most = max(self.known.values(), default=0)
        return RowView(
            name=f"↳ {self.name}" if self.below else self.name,
            cells=tuple(_cell(self.known.get(side), views.get(side)) for side in sides),
            spoken=f"{self.name}: {', '.join(said)}",
            gap="" if apart is None else _sized(apart),
            ahead=humanize.joined([side for side, score in self.known.items() if score == most]) if apart else "",
        )


@dataclass(frozen=True)
class Board:
    """All rows in reading order, the one that sums up the others, and of how many sides they are."""

    rows: tuple[Row, ...]
    top: Row | None
    answered: int

    def standing(self, side: str) -> str:
        """Where a side stands as a whole; nothing where it does not say."""
        found = self.top.views.get(side) if self.top else None
        return f"{found.score} ({found.rating})" if found and found.known else found.rating if found else ""

    def mark(self, side: str) -> str:
        found = self.top.views.get(side) if self.top else None
        return found.mark if found else "⚪"

    def view(self, sides: Sequence[str]) -> BoardView:
        return BoardView(
            overall=self.top.gapped if self.top else None,
            widest=self._widest.gapped if self._widest else None,
            uneven=humanize.listed([row.name for row in self.rows if self._uneven(row)], MOST_UNEVEN),
            rows=tuple(row.view(sides) for row in self.rows[:MOST_ROWS]),
            hidden=len(self.rows[MOST_ROWS:]),
        )

    def _uneven(self, row: Row) -> bool:
        """Whether sums are not made of the same, since some sides have this part and others do not."""
        return row.leaf and row.part and 0 < len(row.known) < self.answered

    @property
    def _widest(self) -> Row | None:
        """Where the sides are farthest apart: of what the others are made of, since that explains them."""
        return max((row for row in self.rows if row.leaf and row.apart), key=lambda row: row.apart or 0, default=None)


def board(replies: Mapping[str, ScoresReply]) -> Board:
    """The trees of all sides are put together to one, since a side may lack some scores."""
    sent: dict[str, dict[str, Score]] = {}
    for side, reply in replies.items():
        for key, score in reply.scores.items():
            if score:
                sent.setdefault(key, {})[side] = score
    parts = {key: _parts(scores.values()) for key, scores in sent.items()}
    top, branches, others = tree(parts)
    below = {key for _, leaves in branches for key in leaves}
    order = [*([top] if top else ()), *chain.from_iterable((head, *leaves) for head, leaves in branches), *others]
    within = set(chain.from_iterable(parts.values()))
    rows = [
        Row(key, sent[key], leaf=key != top and not parts[key], part=key in within, below=key in below) for key in order
    ]
    return Board(tuple(rows), rows[0] if top else None, len(replies))


def _parts(scores: Iterable[Score]) -> list[str]:
    return list(dict.fromkeys(chain.from_iterable(score.parts or () for score in scores)))


def _cell(score: float | None, view: ScoreView | None) -> Number | str:
    """A number, or what LaunchDarkly says instead of one."""
    if score is None:
        return view.rating if view else ""
    return _sized(score)


def _sized(number: float) -> Number | str:
    """Whole where it is whole, so that it is shown without a point."""
    if abs(number) >= BEYOND:
        return humanize.short(humanize.number(number), 20)
    return round(number) if number == round(number) else round(number, 1)
