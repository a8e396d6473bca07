"""The engineering-insight scores: how mature a project's releases are, as a tree from the whole to its parts."""

from collections.abc import Iterable, Mapping
from typing import Annotated
from zoneinfo import ZoneInfo

from bot.launchdarkly import Real, Reply, Version, field
from bot.lines.param_types import Key, Keys
from bot.lines.params import Parameter, Query
from bot.lines.spec import LONGEST_LINE
from bot.messages import humanize
from bot.questions import history
from bot.questions.base import Ask, Endpoint, View
from bot.questions.time_window import Window

UTC = ZoneInfo("UTC")
PATH = "/api/v2/engineering-insights/insights/scores"


class ScoresQuery(Query):
    words = ("env",)

    project: Annotated[Key, Parameter("projectKey", "the key of the project")]
    env: Annotated[Key, Parameter("environmentKey", "the key of the environment")]
    app: Annotated[Keys | None, Parameter("applicationKey", "only these applications")] = None


class Range(Reply):
    min: Real
    max: Real


class PastScore(Reply):
    """A score as it was in the period before. That one's own past isn't shown."""

    score: Real | None = None
    indicator: str | None = None


class Score(Reply):
    score: Real
    indicator: str
    range: Range | None = field(name="indicatorRange", default=None)
    parts: list[str] | None = field(name="aggregateOf", default=None)
    change: Real | None = field(name="diffVsLastPeriod", default=None)
    last: PastScore | None = field(name="lastPeriod", default=None)


class Period(Reply):
    start: Real | None = field(name="startTime", default=None)
    end: Real | None = field(name="endTime", default=None)


class ScoresReply(Reply, kw_only=True):
    period: Period
    last: Period | None = field(name="lastPeriod", default=None)
    scores: dict[str, Score | None]


# Names as LaunchDarkly's own pages say them. https://launchdarkly.com/docs/home/releases/project-metrics
NAMES = {
    "overall": "Release maturity",
    "deploymentFailureRate": "Failure rate",
    "impactSize": "Change impact size",
    "experimentationCoverage": "Experimentation rate",
}
MARKS = {"excellent": "🟢", "good": "🔵", "fair": "🟡", "needsAttention": "🔴"}  # from the best band to the last
UNKNOWN = ("notCalculated", "unknown")  # the number beside these means nothing
BAR = 10


class ScoreView(View):
    """One score. Where it is not known there is no number, no bar and no change."""

    name: str
    mark: str
    known: bool
    bar: str
    score: str
    rating: str
    next: str
    change: str


class Branch(View):
    """A score and those that it is made of."""

    head: ScoreView
    leaves: tuple[ScoreView, ...]


class ScoresView(View):
    place: str
    apps: str
    overall: ScoreView | None
    branches: tuple[Branch, ...]
    others: tuple[ScoreView, ...]
    moved: ScoreView | None
    why: str
    period: str
    last_period: str
    weeks: str
    url: str

    @property
    def scores(self) -> tuple[ScoreView, ...]:
        """All of them in reading order."""
        tops = (self.overall,) if self.overall else ()
        return (*tops, *(score for branch in self.branches for score in (branch.head, *branch.leaves)), *self.others)


async def fetch(query: ScoresQuery, ask: Ask) -> ScoresReply:
    return await ask.launchdarkly.get(ScoresReply, PATH, query.parameters(), version=Version.BETA)


def show(query: ScoresQuery, reply: ScoresReply, ask: Ask) -> ScoresView:
    scores = {key: score for key, score in reply.scores.items() if score}
    views = {key: view_of(key, score) for key, score in scores.items()}
    moved = _moved(scores)
    top, branches, others = tree(_parts(scores))
    return ScoresView(
        place=f"{query.project}/{query.env}",
        apps=humanize.listed(list(query.app or ())),
        overall=views[top] if top else None,
        branches=tuple(
            Branch(head=views[head], leaves=tuple(views[leaf] for leaf in leaves)) for head, leaves in branches
        ),
        others=tuple(views[key] for key in others),
        moved=views[moved] if moved else None,
        why=_why(query, reply.period, ask.zone),
        period=period_of(reply.period),
        last_period=period_of(reply.last) if reply.last else "",
        weeks=history.line(ask, history.OVERALL, overall(reply)) if top else "",
        url=ask.pages.flags(query.project, query.env),
    )


def overall(reply: ScoresReply) -> float | None:
    """The score that sums up all, where it is known."""
    scores = {key: score for key, score in reply.scores.items() if score}
    top, _, __ = tree(_parts(scores))
    return scores[top].score if top and scores[top].indicator not in UNKNOWN else None


def uncalculated(reply: ScoresReply) -> bool:
    """Whether not one score is known."""
    return all(score is None or score.indicator in UNKNOWN for score in reply.scores.values())


def _parts(scores: dict[str, Score]) -> dict[str, list[str]]:
    return {key: score.parts or [] for key, score in scores.items()}


def _moved(scores: dict[str, Score]) -> str | None:
    """The score at the bottom of the tree that moved most: what the others are made of explains them."""
    moves = {key: abs(difference(s) or 0) for key, s in scores.items() if s.indicator not in UNKNOWN and not s.parts}
    most = max(moves, key=lambda key: moves[key], default=None)
    return most if most and moves[most] else None


def _why(query: ScoresQuery, period: Period, zone: ZoneInfo) -> str:
    """The line that asks for the events of the period, where a button can carry it."""
    apps = f" app={','.join(query.app)}" if query.app else ""
    line = f"events {query.project}/{query.env}{apps} impact=any {_times(period, zone)}"
    return line if len(line) <= LONGEST_LINE else ""


def _times(period: Period, zone: ZoneInfo) -> str:
    if period.start is None or period.end is None or not all(1e11 <= at < 1e13 for at in (period.start, period.end)):
        return "since=7d"
    start, end = Window.of(round(period.start), round(period.end), zone).absolute
    return f"since={start} until={end}"


def view_of(key: str, score: Score) -> ScoreView:
    """A score as a person reads it."""
    known = score.indicator not in UNKNOWN
    return ScoreView(
        name=NAMES.get(key) or humanize.short(humanize.phrase(key), 60),
        mark=MARKS.get(score.indicator, "⚪"),
        known=known,
        bar=_bar(score.score) if known else "",
        score=humanize.number(score.score) if known else "",
        rating=humanize.short(humanize.phrase(score.indicator), 40).lower(),
        next=_next(score) if known else "",
        change=_change(score) if known else "",
    )


def _bar(score: float) -> str:
    full = min(max(round(score * BAR / 100), 0), BAR)
    return "▰" * full + "▱" * (BAR - full)


def _next(score: Score) -> str:
    """How far it is to the next band, which begins just above this one's range."""
    bands = list(MARKS)
    if score.range is None or score.range.max >= 100 or score.score > score.range.max or score.indicator == bands[0]:
        return ""
    better = bands[bands.index(score.indicator) - 1] if score.indicator in bands else "the next band"
    return f"{humanize.count(round(score.range.max + 1 - score.score), 'point')} to {humanize.phrase(better).lower()}"


def _change(score: Score) -> str:
    """The change in points; without a period before, there is none to tell."""
    points = difference(score)
    return "" if points is None else humanize.points(points)


def difference(score: Score) -> float | None:
    """The change in points, as LaunchDarkly says it or as its two periods tell."""
    last = score.last
    if score.change is None and last and last.score is not None and last.indicator not in UNKNOWN:
        return score.score - last.score
    return score.change


def period_of(period: Period) -> str:
    """The days of a period. LaunchDarkly counts in days of UTC."""
    return f"{humanize.day(period.start, UTC)} – {humanize.day(period.end, UTC)}"


def tree(said: Mapping[str, Iterable[str]]) -> tuple[str | None, list[tuple[str, list[str]]], list[str]]:
    """The score that sums up all, its branches with all that lies below them, and what belongs to nothing; from what
    is *said* to be the parts of each."""
    parts = {key: [part for part in found if part in said] for key, found in said.items()}
    within = {part for found in parts.values() for part in found}
    tops = [key for key in parts if key not in within and (parts[key] or key == "overall")]
    top = tops[0] if len(tops) == 1 else None
    seen = set(tops[:1] if top else ())
    branches = []
    for head in parts[top] if top else tops:
        if head not in seen:
            seen.add(head)
            branches.append((head, _below(head, parts, seen)))
    return top, branches, [key for key in parts if key not in seen]


def _below(head: str, parts: dict[str, list[str]], seen: set[str]) -> list[str]:
    """All parts of a score and their parts, each once: nothing promises that the tree is one."""
    found = []
    for part in parts[head]:
        if part not in seen:
            seen.add(part)
            found += [part, *_below(part, parts, seen)]
    return found


ENDPOINT = Endpoint[ScoresQuery, ScoresReply, ScoresView](
    name="scores",
    summary="How mature releases are: the insight scores, how they moved, and how far it is to the next band",
    examples=("scores web/production", "scores web/staging", "scores mobile/production app=ios-app"),
    query=ScoresQuery,
    reply=ScoresReply,
    view=ScoresView,
    fetch=fetch,
    show=show,
    place=lambda query: history.place(query.project, query.env, query.app),
    doubted=lambda query, reply: {"app": query.app or ()} if uncalculated(reply) else {},
)
