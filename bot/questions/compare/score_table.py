"""The scores of all sides as one table: a row for each score, with the gap between the best and the worst side."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from bot.launchdarkly import Number
from bot.messages import humanize
from bot.questions.base import View
from bot.questions.scores import Score, ScoresReply, ScoreView, build_tree, score_view

MIN_FACTOR = 2  # from here on, a factor is clearer than a difference
MAX_ROWS = 30
MAX_UNEVEN_NAMED = 5
MAX_SHOWN_SCORE = 1e6  # scores go up to 100: a larger number is shown as text, cut to fit a cell


class GapView(View):
    """The leading sides, and their lead over each other side; no lead if all are equal."""

    name: str
    ahead: str
    several: bool
    most: str
    lead: str


def build_gap_view(
    name: str, values: Mapping[str, float], describe_lead: Callable[[float, float], str]
) -> GapView | None:
    """Build the gap between the sides with known values, or None for fewer than two."""
    if len(values) < 2:
        return None
    highest = max(values.values())
    leaders = [side for side, amount in values.items() if amount == highest]
    others = sorted((side for side in values if side not in leaders), key=lambda side: values[side], reverse=True)
    leads = [f"{describe_lead(highest, values[side])} {side} ({humanize.number(values[side])})" for side in others]
    return GapView(
        name=name,
        ahead=humanize.join_with_and(leaders),
        several=len(leaders) > 1,
        most=humanize.number(highest),
        lead=humanize.join_with_and(leads),
    )


def points_ahead(highest: float, lower: float) -> str:
    """Describe the lead of a score in points; factors make no sense for scores."""
    size = humanize.number(highest - lower)
    return f"{size} {'point' if size == '1' else 'points'} ahead of"


def count_ahead(highest: float, lower: float) -> str:
    """Describe the lead of a count as a factor if that is large enough, else as a difference."""
    if lower > 0 and highest / lower >= MIN_FACTOR:
        return f"{humanize.number(highest / lower)} times as many as"
    return f"{humanize.number(highest - lower)} more than"


class ScoreRowView(View):
    """One score: a number or rating for each side, the gap between best and worst, and the leading sides."""

    name: str
    cells: tuple[Number | str, ...]
    gap: Number | str
    ahead: str


class ScoreTableView(View):
    """The table and its main findings."""

    overall: GapView | None
    widest: GapView | None
    uneven: str
    rows: tuple[ScoreRowView, ...]
    hidden: int


@dataclass(frozen=True)
class ScoreRow:
    """One score of all sides that have it. A leaf has no parts; `is_part` means that another score includes it."""

    key: str
    scores: Mapping[str, Score]
    is_leaf: bool
    is_part: bool
    is_indented: bool  # shown below its branch

    @property
    def name(self) -> str:
        return score_view(self.key, next(iter(self.scores.values()))).name

    @property
    def views(self) -> dict[str, ScoreView]:
        return {side: score_view(self.key, score) for side, score in self.scores.items()}

    @property
    def known_scores(self) -> dict[str, float]:
        """The known scores by side."""
        return {side: self.scores[side].score for side, view in self.views.items() if view.known}

    @property
    def spread(self) -> float | None:
        """The difference between best and worst; None with fewer than two known scores."""
        return max(self.known_scores.values()) - min(self.known_scores.values()) if len(self.known_scores) > 1 else None

    @property
    def gap_view(self) -> GapView | None:
        return build_gap_view(self.name, self.known_scores, points_ahead)

    def view(self, sides: Sequence[str]) -> ScoreRowView:
        views, spread = self.views, self.spread
        highest = max(self.known_scores.values(), default=0)
        return ScoreRowView(
            name=f"↳ {self.name}" if self.is_indented else self.name,
            cells=tuple(_cell(self.known_scores.get(side), views.get(side)) for side in sides),
            gap="" if spread is None else _rounded(spread),
            ahead=humanize.join_with_and([side for side, score in self.known_scores.items() if score == highest])
            if spread
            else "",
        )


@dataclass(frozen=True)
class ScoreTable:
    """All rows in reading order, the row of the overall score, and the number of sides."""

    rows: tuple[ScoreRow, ...]
    top: ScoreRow | None
    side_count: int

    def standing(self, side: str) -> str:
        """Return the overall score and rating of a side; empty if it has none."""
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
        """Return whether only some sides have this part, so that their overall scores aren't comparable."""
        return row.is_leaf and row.is_part and 0 < len(row.known_scores) < self.side_count

    @property
    def _widest_row(self) -> ScoreRow | None:
        """The leaf score with the widest gap. Leaves explain the scores that aggregate them."""
        return max(
            (row for row in self.rows if row.is_leaf and row.spread), key=lambda row: row.spread or 0, default=None
        )


def build_score_table(replies: Mapping[str, ScoresReply]) -> ScoreTable:
    """Build the table from one merged tree, since a side may lack some scores."""
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
    """Return a score, or the rating if there is none."""
    if score is None:
        return view.rating if view else ""
    return _rounded(score)


def _rounded(number: float) -> Number | str:
    """Round to one decimal, and to an int if whole, so that it shows without a decimal point."""
    if abs(number) >= MAX_SHOWN_SCORE:
        return humanize.truncate_text(humanize.number(number), 20)
    return round(number) if number == round(number) else round(number, 1)
