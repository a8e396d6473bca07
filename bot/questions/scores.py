"""Engineering-insight scores: how mature a project's releases are, as a tree of the overall score and its parts."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from bot.launchdarkly import Float64, Reply, Version, field
from bot.lines.param_types import IntRange, Key, Keys
from bot.lines.plain_words import Words
from bot.lines.spec import MAX_BUTTON_LINE_CHARS, Parameter, Params, bot_param
from bot.messages import humanize
from bot.messages.message import NO_DATA
from bot.questions import history
from bot.questions.base import AnswerView, Observation, Question, QuestionContext, View
from bot.questions.history import WithHistory
from bot.questions.time_range import Window

UTC = ZoneInfo("UTC")
PATH = "/api/v2/engineering-insights/insights/scores"


class ScoresParams(Params):
    positional = ("env",)

    project: Annotated[Key, Parameter("projectKey", "project key")]
    env: Annotated[Key, Parameter("environmentKey", "environment key")]
    app: Annotated[Keys | None, Parameter("applicationKey", "only these applications")] = None
    score: Annotated[
        Literal[
            "overall",
            "velocity",
            "deploymentFrequency",
            "leadTime",
            "risk",
            "deploymentFailureRate",
            "impactSize",
            "efficiency",
            "experimentationCoverage",
            "flagHealth",
        ]
        | None,
        bot_param("in alerts, only this score"),
    ] = None
    below: Annotated[
        int | None, IntRange(1, 100), bot_param("in alerts, when a score falls below this, not when its rating changes")
    ] = None


class Range(Reply):
    min: Float64
    max: Float64


class PastScore(Reply):
    """A score in the previous period. Its own past isn't decoded, since nothing shows it."""

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


# The names on LaunchDarkly's own pages. https://launchdarkly.com/docs/home/releases/project-metrics
SCORE_NAMES = {
    "overall": "Release maturity",
    "deploymentFailureRate": "Failure rate",
    "impactSize": "Change impact size",
    "experimentationCoverage": "Experimentation rate",
}
RATING_MARKS = {
    "excellent": "🟢",
    "good": "🔵",
    "fair": "🟡",
    "needsAttention": "🔴",
}  # from the best band to the worst
UNKNOWN_INDICATORS = ("notCalculated", "unknown")  # with these, the score is meaningless
BAR_LENGTH = 10


class ScoreView(View):
    """One score. An unknown one has no number, bar or change."""

    name: str
    mark: str
    known: bool
    bar: str
    score: str
    rating: str
    next: str
    change: str


class Branch(View):
    """A score and the scores that it aggregates."""

    head: ScoreView
    leaves: tuple[ScoreView, ...]


class ScoresView(AnswerView):
    scope: str
    apps: str
    overall: ScoreView | None
    branches: tuple[Branch, ...]
    others: tuple[ScoreView, ...]
    moved: ScoreView | None
    why: str
    period: str
    last_period: str
    weeks: str

    @property
    def scores(self) -> tuple[ScoreView, ...]:
        """All scores in reading order."""
        tops = (self.overall,) if self.overall else ()
        return (*tops, *(score for branch in self.branches for score in (branch.head, *branch.leaves)), *self.others)


async def fetch(params: ScoresParams, ctx: QuestionContext) -> WithHistory[ScoresReply]:
    reply = await fetch_scores(params, ctx)
    key = history.key_for(params.project, params.env, params.app)
    return WithHistory(reply, await history.load_snapshots(ctx.read_snapshots, key, ctx.today))


async def fetch_scores(params: ScoresParams, ctx: QuestionContext) -> ScoresReply:
    """Return the scores without their history."""
    return await ctx.launchdarkly.get(ScoresReply, PATH, params.api_params(), version=Version.BETA)


def build_view(params: ScoresParams, reply_with_history: WithHistory[ScoresReply], ctx: QuestionContext) -> ScoresView:
    reply, snapshots = reply_with_history.reply, reply_with_history.snapshots
    scores = {key: score for key, score in reply.scores.items() if score}
    views = {key: score_view(key, score) for key, score in scores.items()}
    biggest_mover = _biggest_mover(scores)
    top, branches, others = build_tree(_children(scores))
    return ScoresView(
        scope=f"{params.project}/{params.env}",
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
        weeks=history.describe_weeks(snapshots, ctx.today, history.OVERALL_SCORE, overall_score(reply)) if top else "",
        url=ctx.urls.flags(params.project, params.env),
    )


def overall_score(reply: ScoresReply) -> float | None:
    """Return the overall score, if it is known."""
    scores = {key: score for key, score in reply.scores.items() if score}
    top = find_top(scores)
    return scores[top].score if top and scores[top].indicator not in UNKNOWN_INDICATORS else None


def find_top(scores: dict[str, Score]) -> str | None:
    """Return the key of the overall score, if there is one."""
    return build_tree(_children(scores))[0]


def has_no_scores(reply: ScoresReply) -> bool:
    """Return whether every score is unknown."""
    return all(score is None or score.indicator in UNKNOWN_INDICATORS for score in reply.scores.values())


def _children(scores: dict[str, Score]) -> dict[str, list[str]]:
    return {key: score.parts or [] for key, score in scores.items()}


def _biggest_mover(scores: dict[str, Score]) -> str | None:
    """Return the leaf score that moved most, if any moved. Leaves explain the scores that aggregate them."""
    moves = {
        key: abs(score_change(s) or 0)
        for key, s in scores.items()
        if s.indicator not in UNKNOWN_INDICATORS and not s.parts
    }
    biggest = max(moves, key=lambda key: moves[key], default=None)
    return biggest if biggest and moves[biggest] else None


def _events_line(params: ScoresParams, period: Period, zone: ZoneInfo) -> str:
    """Write the line that asks for the period's events, if a button can carry it."""
    apps = f" app={','.join(params.app)}" if params.app else ""
    line = f"events {params.project}/{params.env}{apps} impact=any {_period_options(period, zone)}"
    return line if len(line) <= MAX_BUTTON_LINE_CHARS else ""


def _period_options(period: Period, zone: ZoneInfo) -> str:
    if period.start is None or period.end is None or not all(1e11 <= at < 1e13 for at in (period.start, period.end)):
        return "since=7d"
    start, end = Window.from_range(round(period.start), round(period.end), zone).absolute
    return f"since={start} until={end}"


def score_view(key: str, score: Score) -> ScoreView:
    """Build the view of a score."""
    known = score.indicator not in UNKNOWN_INDICATORS
    return ScoreView(
        name=SCORE_NAMES.get(key) or humanize.truncate_text(humanize.sentence_case(key), 60),
        mark=RATING_MARKS.get(score.indicator, "⚪"),
        known=known,
        bar=_bar(score.score) if known else "",
        score=humanize.number(score.score) if known else "",
        rating=humanize.truncate_text(humanize.sentence_case(score.indicator), 40).lower() if known else NO_DATA,
        next=_next_band(score) if known else "",
        change=_change_text(score) if known else "",
    )


def _bar(score: float) -> str:
    filled = min(max(round(score * BAR_LENGTH / 100), 0), BAR_LENGTH)
    return "▰" * filled + "▱" * (BAR_LENGTH - filled)


def _next_band(score: Score) -> str:
    """Describe the distance to the next band, which starts just above this one's range."""
    bands = list(RATING_MARKS)
    if score.range is None or score.range.max >= 100 or score.score > score.range.max or score.indicator == bands[0]:
        return ""
    better = bands[bands.index(score.indicator) - 1] if score.indicator in bands else "the next band"
    points = humanize.count(round(score.range.max + 1 - score.score), "point")
    return f"{points} from {humanize.sentence_case(better).lower()}"


def _change_text(score: Score) -> str:
    points = score_change(score)
    return "" if points is None else humanize.points(points)


def score_change(score: Score) -> float | None:
    """Return the change in points: the one that LaunchDarkly sends, else the difference between both periods."""
    last = score.last
    if score.change is None and last and last.score is not None and last.indicator not in UNKNOWN_INDICATORS:
        return score.score - last.score
    return score.change


def period_text(period: Period) -> str:
    """Format the days of a period. LaunchDarkly uses UTC days."""
    return humanize.format_period(period.start, period.end, UTC)


def build_tree(declared: Mapping[str, Iterable[str]]) -> tuple[str | None, list[tuple[str, list[str]]], list[str]]:
    """Build the tree from the declared parts of each score.

    Returns the overall score, its branches with all their descendants, and the scores outside the tree."""
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
    """Return all descendants of a score, each once: LaunchDarkly doesn't guarantee that the parts form a tree."""
    descendants = []
    for child in children[head]:
        if child not in seen:
            seen.add(child)
            descendants += [child, *_descendants(child, children, seen)]
    return descendants


def observe(params: ScoresParams, reply: WithHistory[ScoresReply], ctx: QuestionContext) -> dict[str, Observation]:
    """Return the rating of each score, or whether it is below a number; a point more or less is not a change."""
    scores = {key: score for key, score in reply.reply.scores.items() if score and params.score in (None, key)}
    known = {key: scores[key] for key in _reading_order(scores) if _is_observed(scores[key], params)}
    return {
        (view := score_view(key, score)).name: _observation(view, score, params, ctx) for key, score in known.items()
    }


def _reading_order(scores: dict[str, Score]) -> list[str]:
    top, branches, others = build_tree(_children(scores))
    return [*filter(None, [top]), *(key for head, leaves in branches for key in (head, *leaves)), *others]


def _is_observed(score: Score, params: ScoresParams) -> bool:
    """An unknown score has a rating, “no data”, but it isn't below anything."""
    return params.below is None or score.indicator not in UNKNOWN_INDICATORS


def _observation(view: ScoreView, score: Score, params: ScoresParams, ctx: QuestionContext) -> Observation:
    rating = f"{view.rating} {view.score}".strip()
    is_below = params.below is not None and score.score < params.below
    is_rated = params.below is None
    return Observation(
        what=view.name,
        state=view.rating if is_rated else f"{'below' if is_below else 'at least'} {params.below}",
        says=f"{rating}, below {params.below}" if is_below else rating,
        url=ctx.urls.flags(params.project, params.env),
        line=QUESTION.line({**dict(params), "score": None, "below": None}),
        tells=is_rated or is_below,
    )


QUESTION = Question[ScoresParams, WithHistory[ScoresReply], ScoresView](
    name="scores",
    summary="Release maturity scores, how they moved, and what's next",
    examples=("scores web/production", "scores web/staging", "scores mobile/production app=ios-app"),
    label="Scores",
    words=Words(
        strong="score*, dora, maturity, mature, lead time*, failure rate, velocity, engineering health, "
        "release health, flag health, rating*, rated, grade*, performing, performance, how are we doing, how well",
        weak="release*, releasing, ship*, deliver*, health*, doing, improv*, progress*, better, worse, faster, "
        "slower, fast, speed, pace, quality, stability, reliab*, metric*, kpi*, benchmark*, trend*, team, excellent, "
        "poor, efficien*, productiv*, engineering, risk, mttr, how long does it take, take us, code to, code from, "
        "time to market, worst, best, compar*, versus, vs",
    ),
    params=ScoresParams,
    reply=WithHistory[ScoresReply],
    view=ScoresView,
    fetch=fetch,
    build_view=build_view,
    suspect_keys=lambda params, reply: {"app": params.app or ()} if has_no_scores(reply.reply) else {},
    observe=observe,
)
