"""The scores of all sides in the order of one tree: a row each, with the gap from the best to the worst."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from bot.launchdarkly import Number
from bot.messages import humanize
from bot.questions.base import View
from bot.questions.compare.gap import GapView, build_gap_view, points_ahead
from bot.questions.scores import Score, ScoresReply, ScoreView, build_tree, score_view

MAX_ROWS = 30
MAX_UNEVEN_NAMED = 5
MAX_SHOWN_SCORE = 1e6  # scores end at 100: what is larger than this is text, cut to a cell


class ScoreRowView(View):
    """A score: a number for each side, or why there is none; how far the best is before the worst, and who that is."""

    name: str
    cells: tuple[Number | str, ...]
    spoken: str
    gap: Number | str
    ahead: str


class ScoreTableView(View):
    """The table, and of that what matters most."""

    overall: GapView | None
    widest: GapView | None
    uneven: str
    rows: tuple[ScoreRowView, ...]
    hidden: int


@dataclass(frozen=True)
class ScoreRow:
    """One score of all the sides that sent it: whether it is a leaf, made of no others, and a part of another."""

    key: str
    scores: Mapping[str, Score]
    is_leaf: bool
    is_part: bool
    is_indented: bool  # drawn below the branch that it belongs to

    @property
    def name(self) -> str:
        return score_view(self.key, next(iter(self.scores.values()))).name

    @property
    def views(self) -> dict[str, ScoreView]:
        return {side: score_view(self.key, score) for side, score in self.scores.items()}

    @property
    def known_scores(self) -> dict[str, float]:
        """The number of each side that has one."""
        return {side: self.scores[side].score for side, view in self.views.items() if view.known}

    @property
    def spread(self) -> float | None:
        """Between one number and nothing, there is none."""
        return max(self.known_scores.values()) - min(self.known_scores.values()) if len(self.known_scores) > 1 else None

    @property
    def gap_view(self) -> GapView | None:
        return build_gap_view(self.name, self.known_scores, points_ahead)

    def view(self, sides: Sequence[str]) -> ScoreRowView:
        views, spread = self.views, self.spread
        texts = [f"{side} {view.score or view.rating}" for side, view in views.items()]
        highest = max(self.known_scores.values(), default=0)
        return ScoreRowView(
            name=f"↳ {self.name}" if self.is_indented else self.name,
            cells=tuple(_cell(self.known_scores.get(side), views.get(side)) for side in sides),
            spoken=f"{self.name}: {', '.join(texts)}",
            gap="" if spread is None else _rounded(spread),
            ahead=humanize.join_with_and([side for side, score in self.known_scores.items() if score == highest])
            if spread
            else "",
        )


@dataclass(frozen=True)
class ScoreTable:
    """All rows in reading order, the one that sums up the others, and of how many sides they are."""

    rows: tuple[ScoreRow, ...]
    top: ScoreRow | None
    side_count: int

    def standing(self, side: str) -> str:
        """Where a side stands as a whole; nothing where it does not say."""
        view = self.top.views.get(side) if self.top else None
        return f"{view.score} ({view.rating})" if view and view.known else view.rating if view else ""

    def mark(self, side: str) -> str:
        view = self.top.views.get(side) if self.top else None
        return view.mark if view else "⚪"

    def view(self, sides: Sequence[str]) -> ScoreTableView:
        return ScoreTableView(
            overall=self.top.gap_view if self.top else None,
            widest=self._widest_row.gap_view if self._widest_row else None,
            uneven=humanize.join_truncated([row.name for row in self.rows if self._is_uneven(row)], MAX_UNEVEN_NAMED),
            rows=tuple(row.view(sides) for row in self.rows[:MAX_ROWS]),
            hidden=len(self.rows[MAX_ROWS:]),
        )

    def _is_uneven(self, row: ScoreRow) -> bool:
        """Whether sums are not made of the same, since some sides have this part and others do not."""
        return row.is_leaf and row.is_part and 0 < len(row.known_scores) < self.side_count

    @property
    def _widest_row(self) -> ScoreRow | None:
        """Where the sides are farthest apart: of what the others are made of, since that explains them."""
        return max(
            (row for row in self.rows if row.is_leaf and row.spread), key=lambda row: row.spread or 0, default=None
        )


def build_score_table(replies: Mapping[str, ScoresReply]) -> ScoreTable:
    """The trees of all sides are put together to one, since a side may lack some scores."""
    scores_by_key: dict[str, dict[str, Score]] = {}
    for side, reply in replies.items():
        for key, score in reply.scores.items():
            if score:
                scores_by_key.setdefault(key, {})[side] = score
    children = {key: _children(scores.values()) for key, scores in scores_by_key.items()}
    top, branches, others = build_tree(children)
    indented = {key for _, leaves in branches for key in leaves}
    keys = [*([top] if top else ()), *chain.from_iterable((head, *leaves) for head, leaves in branches), *others]
    all_children = set(chain.from_iterable(children.values()))
    rows = [
        ScoreRow(
            key,
            scores_by_key[key],
            is_leaf=key != top and not children[key],
            is_part=key in all_children,
            is_indented=key in indented,
        )
        for key in keys
    ]
    return ScoreTable(tuple(rows), rows[0] if top else None, len(replies))


def _children(scores: Iterable[Score]) -> list[str]:
    return list(dict.fromkeys(chain.from_iterable(score.parts or () for score in scores)))


def _cell(score: float | None, view: ScoreView | None) -> Number | str:
    """A number, or what LaunchDarkly says instead of one."""
    if score is None:
        return view.rating if view else ""
    return _rounded(score)


def _rounded(number: float) -> Number | str:
    """Whole where it is whole, so that it is shown without a point."""
    if abs(number) >= MAX_SHOWN_SCORE:
        return humanize.truncate_text(humanize.number(number), 20)
    return round(number) if number == round(number) else round(number, 1)
