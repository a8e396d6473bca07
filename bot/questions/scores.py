"""The engineering-insight scores: how mature a project's releases are, as a tree from the whole to its parts."""

from collections.abc import Iterable, Mapping
from typing import Annotated
from zoneinfo import ZoneInfo

from bot.launchdarkly import Float64, Reply, Version, field
from bot.lines.param_types import Key, Keys
from bot.lines.params import Parameter, Params
from bot.lines.spec import MAX_BUTTON_LINE_CHARS
from bot.messages import humanize
from bot.questions import history
from bot.questions.base import Question, QuestionContext, View
from bot.questions.time_window import Window

UTC = ZoneInfo("UTC")
PATH = "/api/v2/engineering-insights/insights/scores"


class ScoresParams(Params):
    positional = ("env",)

    project: Annotated[Key, Parameter("projectKey", "the key of the project")]
    env: Annotated[Key, Parameter("environmentKey", "the key of the environment")]
    app: Annotated[Keys | None, Parameter("applicationKey", "only these applications")] = None


class Range(Reply):
    min: Float64
    max: Float64


class PastScore(Reply):
    """A score as it was in the period before. That one's own past isn't shown."""

    score: Float64 | None = None
    indicator: str | None = None


class Score(Reply):
    score: Float64
    indicator: str
    range: Range | None = field(name="indicatorRange", default=None)
    parts: list[str] | None = field(name="aggregateOf", default=None)
    change: Float64 | None = field(name="diffVsLastPeriod", default=None)
    last: PastScore | None = field(name="lastPeriod", default=None)


class Period(Reply):
    start: Float64 | None = field(name="startTime", default=None)
    end: Float64 | None = field(name="endTime", default=None)


class ScoresReply(Reply, kw_only=True):
    period: Period
    last: Period | None = field(name="lastPeriod", default=None)
    scores: dict[str, Score | None]


# Names as LaunchDarkly's own pages say them. https://launchdarkly.com/docs/home/releases/project-metrics
SCORE_NAMES = {
    "overall": "Release maturity",
    "deploymentFailureRate": "Failure rate",
    "impactSize": "Change impact size",
    "experimentationCoverage": "Experimentation rate",
}
RATING_MARKS = {"excellent": "🟢", "good": "🔵", "fair": "🟡", "needsAttention": "🔴"}  # from the best band to the last
UNKNOWN_INDICATORS = ("notCalculated", "unknown")  # the number beside these means nothing
BAR_LENGTH = 10


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


async def fetch(params: ScoresParams, ctx: QuestionContext) -> ScoresReply:
    return await ctx.launchdarkly.get(ScoresReply, PATH, params.api_params(), version=Version.BETA)


def build_view(params: ScoresParams, reply: ScoresReply, ctx: QuestionContext) -> ScoresView:
    scores = {key: score for key, score in reply.scores.items() if score}
    views = {key: score_view(key, score) for key, score in scores.items()}
    biggest_mover = _biggest_mover(scores)
    top, branches, others = build_tree(_children(scores))
    return ScoresView(
        place=f"{params.project}/{params.env}",
        apps=humanize.join_truncated(list(params.app or ())),
        overall=views[top] if top else None,
        branches=tuple(
            Branch(head=views[head], leaves=tuple(views[leaf] for leaf in leaves)) for head, leaves in branches
        ),
        others=tuple(views[key] for key in others),
        moved=views[biggest_mover] if biggest_mover else None,
        why=_events_line(params, reply.period, ctx.zone),
        period=period_text(reply.period),
        last_period=period_text(reply.last) if reply.last else "",
        weeks=history.describe_weeks(ctx, history.OVERALL_SCORE, overall_score(reply)) if top else "",
        url=ctx.urls.flags(params.project, params.env),
    )


def overall_score(reply: ScoresReply) -> float | None:
    """The score that sums up all, where it is known."""
    scores = {key: score for key, score in reply.scores.items() if score}
    top, _, __ = build_tree(_children(scores))
    return scores[top].score if top and scores[top].indicator not in UNKNOWN_INDICATORS else None


def has_no_scores(reply: ScoresReply) -> bool:
    """Whether not one score is known."""
    return all(score is None or score.indicator in UNKNOWN_INDICATORS for score in reply.scores.values())


def _children(scores: dict[str, Score]) -> dict[str, list[str]]:
    return {key: score.parts or [] for key, score in scores.items()}


def _biggest_mover(scores: dict[str, Score]) -> str | None:
    """The score at the bottom of the tree that moved most: what the others are made of explains them."""
    moves = {
        key: abs(score_change(s) or 0)
        for key, s in scores.items()
        if s.indicator not in UNKNOWN_INDICATORS and not s.parts
    }
    biggest = max(moves, key=lambda key: moves[key], default=None)
    return biggest if biggest and moves[biggest] else None


def _events_line(params: ScoresParams, period: Period, zone: ZoneInfo) -> str:
    """The line that asks for the events of the period, where a button can carry it."""
    apps = f" app={','.join(params.app)}" if params.app else ""
    line = f"events {params.project}/{params.env}{apps} impact=any {_period_options(period, zone)}"
    return line if len(line) <= MAX_BUTTON_LINE_CHARS else ""


def _period_options(period: Period, zone: ZoneInfo) -> str:
    if period.start is None or period.end is None or not all(1e11 <= at < 1e13 for at in (period.start, period.end)):
        return "since=7d"
    start, end = Window.from_range(round(period.start), round(period.end), zone).absolute
    return f"since={start} until={end}"


def score_view(key: str, score: Score) -> ScoreView:
    """A score as a person reads it."""
    known = score.indicator not in UNKNOWN_INDICATORS
    return ScoreView(
        name=SCORE_NAMES.get(key) or humanize.truncate_text(humanize.sentence_case(key), 60),
        mark=RATING_MARKS.get(score.indicator, "⚪"),
        known=known,
        bar=_bar(score.score) if known else "",
        score=humanize.number(score.score) if known else "",
        rating=humanize.truncate_text(humanize.sentence_case(score.indicator), 40).lower(),
        next=_next_band(score) if known else "",
        change=_change_text(score) if known else "",
    )


def _bar(score: float) -> str:
    filled = min(max(round(score * BAR_LENGTH / 100), 0), BAR_LENGTH)
    return "▰" * filled + "▱" * (BAR_LENGTH - filled)


def _next_band(score: Score) -> str:
    """How far it is to the next band, which begins just above this one's range."""
    bands = list(RATING_MARKS)
    if score.range is None or score.range.max >= 100 or score.score > score.range.max or score.indicator == bands[0]:
        return ""
    better = bands[bands.index(score.indicator) - 1] if score.indicator in bands else "the next band"
    points = humanize.count(round(score.range.max + 1 - score.score), "point")
    return f"{points} to {humanize.sentence_case(better).lower()}"


def _change_text(score: Score) -> str:
    """The change in points; without a period before, there is none to tell."""
    points = score_change(score)
    return "" if points is None else humanize.points(points)


def score_change(score: Score) -> float | None:
    """The change in points, as LaunchDarkly says it or as its two periods tell."""
    last = score.last
    if score.change is None and last and last.score is not None and last.indicator not in UNKNOWN_INDICATORS:
        return score.score - last.score
    return score.change


def period_text(period: Period) -> str:
    """The days of a period. LaunchDarkly counts in days of UTC."""
    return f"{humanize.format_day(period.start, UTC)} – {humanize.format_day(period.end, UTC)}"


def build_tree(declared: Mapping[str, Iterable[str]]) -> tuple[str | None, list[tuple[str, list[str]]], list[str]]:
    """The score that sums up all, its branches with all that lies below them, and what belongs to nothing; from what
    is *said* to be the parts of each."""
    children = {key: [child for child in keys if child in declared] for key, keys in declared.items()}
    all_children = {child for keys in children.values() for child in keys}
    tops = [key for key in children if key not in all_children and (children[key] or key == "overall")]
    top = tops[0] if len(tops) == 1 else None
    seen = set(tops[:1] if top else ())
    branches = []
    for head in children[top] if top else tops:
        if head not in seen:
            seen.add(head)
            branches.append((head, _descendants(head, children, seen)))
    return top, branches, [key for key in children if key not in seen]


def _descendants(head: str, children: dict[str, list[str]], seen: set[str]) -> list[str]:
    """All parts of a score and their parts, each once: nothing promises that the tree is one."""
    descendants = []
    for child in children[head]:
        if child not in seen:
            seen.add(child)
            descendants += [child, *_descendants(child, children, seen)]
    return descendants


QUESTION = Question[ScoresParams, ScoresReply, ScoresView](
    name="scores",
    summary="How mature releases are: the insight scores, how they moved, and how far it is to the next band",
    examples=("scores web/production", "scores web/staging", "scores mobile/production app=ios-app"),
    params=ScoresParams,
    reply=ScoresReply,
    view=ScoresView,
    fetch=fetch,
    build_view=build_view,
    history_key=lambda params: history.key_for(params.project, params.env, params.app),
    suspect_keys=lambda params, reply: {"app": params.app or ()} if has_no_scores(reply) else {},
)
