"""Flag status: how many flags are new, active, launched or inactive now, and which may need cleanup."""

from typing import Annotated

from bot.launchdarkly import Number, Version
from bot.lines.param_types import Key, Keys
from bot.lines.spec import Parameter, Params
from bot.messages import humanize
from bot.questions import history
from bot.questions.base import AnswerView, Observation, Question, QuestionContext, View
from bot.questions.chart import ChartReply, Series, Slice, has_merged_slices, pie_slices
from bot.questions.history import WithHistory

PATH = "/api/v2/engineering-insights/charts/flags/status"
MAX_ROWS = 50


StatusReply = WithHistory[ChartReply]


class StatusParams(Params):
    positional = ("env",)

    project: Annotated[Key, Parameter("projectKey", "project key")]
    env: Annotated[Key, Parameter("environmentKey", "environment key")]
    app: Annotated[Keys | None, Parameter("applicationKey", "only flags of these applications")] = None


# LaunchDarkly's definitions, in the order of a flag's lifecycle. https://launchdarkly.com/docs/home/releases/flag-health
MEANINGS = {
    "new": "created in the last week, not evaluated yet",
    "active": "evaluated, and changed or serving several variations in the last week",
    "launched": "everyone has been served one variation for a week: remove it from the code",
    "inactive": "not evaluated for at least a week: archive it",
}
DONE_STATUSES = ("launched", "inactive")


class StatusRow(View):
    name: str
    flags: Number
    share: str
    meaning: str


class StatusView(AnswerView):
    scope: str
    apps: str
    total: str
    rows: tuple[StatusRow, ...]
    hidden: int
    slices: tuple[Slice, ...]
    folded: bool
    done: str
    done_share: str
    weeks: str


async def fetch(params: StatusParams, ctx: QuestionContext) -> StatusReply:
    reply = await ctx.launchdarkly.get(ChartReply, PATH, params.api_params(), version=Version.BETA)
    key = history.key_for(params.project, params.env, params.app)
    return WithHistory(reply, await history.load_snapshots(ctx.read_snapshots, key, ctx.today))


def build_view(params: StatusParams, reply: StatusReply, ctx: QuestionContext) -> StatusView:
    counts = flag_counts(reply.reply)
    total, done = sum(flags for _, flags in counts), count_done(counts)
    return StatusView(
        scope=f"{params.project}/{params.env}",
        apps=humanize.join_truncated(list(params.app or ())),
        total=humanize.count(total, "flag"),
        rows=tuple(_row(name, flags, total) for name, flags in counts[:MAX_ROWS]),
        hidden=len(counts[MAX_ROWS:]),
        slices=pie_slices(counts),
        folded=has_merged_slices(counts),
        done=humanize.count(done, "flag") if done else "",
        done_share=_share(done, total),
        weeks=history.describe_weeks(reply.snapshots, ctx.today, history.DONE_FLAGS, done if counts else None),
        url=ctx.urls.flags(params.project, params.env),
    )


def flag_counts(reply: ChartReply) -> list[tuple[str, Number]]:
    """Count the flags of each status, in the order of a flag's lifecycle."""
    counts = ((_status_name(series), _flag_count(series)) for series in reply.series or ())
    return sorted(counts, key=lambda pair: _lifecycle_position(pair[0]))


def count_done(counts: list[tuple[str, Number]]) -> Number:
    """Count the flags that are launched or inactive."""
    return sum(flags for name, flags in counts if name.lower() in DONE_STATUSES)


def has_no_flags(reply: ChartReply) -> bool:
    """Return whether the chart has no flags."""
    return not any(flags for _, flags in flag_counts(reply))


def _status_name(series: Series) -> str:
    return humanize.truncate_text(series.metadata.name or "unnamed", 60)


def _flag_count(series: Series) -> Number:
    """Return the series' count, else its last point: the chart shows the present."""
    if series.metadata.count is not None:
        return series.metadata.count
    return next((point.y for point in reversed(series.data or []) if point.y is not None), 0)


def _lifecycle_position(name: str) -> int:
    statuses = list(MEANINGS)
    return statuses.index(name.lower()) if name.lower() in statuses else len(statuses)


def _row(name: str, flags: Number, total: Number) -> StatusRow:
    return StatusRow(name=name, flags=flags, share=_share(flags, total), meaning=MEANINGS.get(name.lower(), ""))


def _share(flags: Number, total: Number) -> str:
    return humanize.percent(flags / total) if total > 0 else "–"


def observe(params: StatusParams, reply: StatusReply, ctx: QuestionContext) -> dict[str, Observation]:
    """Return the number of flags in each status."""
    view, line = build_view(params, reply, ctx), QUESTION.line(dict(params))
    return {
        row.name: Observation(
            what=f"Flags {row.name.lower()}", state=str(row.flags), says=f"{row.flags:,}", url=view.url, line=line
        )
        for row in view.rows
    }


QUESTION = Question[StatusParams, StatusReply, StatusView](
    name="status",
    summary="Flags by lifecycle stage, and which are ready to clean up",
    examples=("status web/production", "status platform/production app=payments"),
    params=StatusParams,
    reply=StatusReply,
    view=StatusView,
    fetch=fetch,
    build_view=build_view,
    suspect_keys=lambda params, reply: {"app": params.app or ()} if has_no_flags(reply.reply) else {},
    observe=observe,
)
