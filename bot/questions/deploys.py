"""Deployment frequency: the number of deployments per calendar day in the reader's time zone.

With `bucket` or `every`, the chart shows LaunchDarkly's own buckets instead."""

from datetime import datetime
from typing import Annotated, Literal

from bot.errors import InvalidLine, Rejected
from bot.launchdarkly import Number, Version
from bot.lines.param_types import Duration, Key, Keys, TimeSpec
from bot.lines.plain_words import Words
from bot.lines.spec import Parameter, Params
from bot.lines.timespec import MILLISECONDS_PER_UNIT
from bot.messages import humanize
from bot.messages.mrkdwn import Timestamp
from bot.questions.base import AnswerView, Observation, Question, QuestionContext, View
from bot.questions.chart import Buckets, ChartReply, Lines, Metric, Tier
from bot.questions.daily_series import HOURLY_PARAMETERS, CalendarDays, hour_aligned_window
from bot.questions.time_range import Days, Window, parse_window

PATH = "/api/v2/engineering-insights/charts/deployments/frequency"
DAY_MS = MILLISECONDS_PER_UNIT["d"]
CALENDAR_BUCKETS = {"hour": MILLISECONDS_PER_UNIT["h"], "day": DAY_MS}  # fixed widths, which override `every`
MAX_CALENDAR_DAYS = 366  # their hours are all requested
MAX_GROUPS = 50
MAX_METRICS = 5
MAX_TIERS = 6


class DeploysParams(Params):
    positional = ("env",)

    project: Annotated[Key | None, Parameter("projectKey", "only this project")] = None
    env: Annotated[Key | None, Parameter("environmentKey", "only this environment")] = None
    app: Annotated[Keys | None, Parameter("applicationKey", "only these applications")] = None
    since: Annotated[TimeSpec, Parameter("from", "start time")] = "7d"
    until: Annotated[TimeSpec | None, Parameter("to", "end time")] = None
    bucket: Annotated[
        Literal["rolling", "hour", "day"] | None,
        Parameter("bucketType", "LaunchDarkly's own buckets instead of calendar days"),
    ] = None
    every: Annotated[Duration | None, Parameter("bucketMs", "bucket length")] = None
    by: Annotated[Literal["application", "kind"] | None, Parameter("groupBy", "one series for each of these")] = None
    expand: Annotated[Literal["metrics"] | None, Parameter("expand", "the rating and its thresholds")] = None

    @property
    def by_calendar(self) -> bool:
        return self.bucket is None and self.every is None


class MetricView(View):
    name: str
    rating: str
    value: str
    tiers: tuple[str, ...]


class DeployGroupView(View):
    name: str
    deployments: Number
    share: str


class DeploysView(AnswerView):
    scope: str
    apps: str
    days: str
    zone: str
    start: Timestamp
    end: Timestamp
    total: str
    incomplete: str
    average: str
    best: str
    worst: str
    gaps: str
    folded: str
    known: bool
    lines: Lines | None
    shifted: bool
    groups: tuple[DeployGroupView, ...]
    hidden: int
    others: int
    metrics: tuple[MetricView, ...]


async def fetch(params: DeploysParams, ctx: QuestionContext) -> ChartReply:
    """Request the chart, with the window in milliseconds, or in RFC 3339 format if LaunchDarkly refuses those.

    Its description calls `from` and `to` milliseconds but declares them as dates."""
    window = hour_aligned_window(_requested_days(params, ctx)) if params.by_calendar else _requested_window(params, ctx)
    bucket_parameters = HOURLY_PARAMETERS if params.by_calendar else _bucket_parameters(params)
    parameters = (*params.api_params("since", "until", "bucket", "every"), *bucket_parameters)
    if not params.by_calendar and params.since == "7d" and params.until is None:
        # LaunchDarkly's own default needs no window, so its format can't be refused
        return await ctx.launchdarkly.get(ChartReply, PATH, parameters, version=Version.BETA)
    try:
        return await ctx.launchdarkly.get(
            ChartReply, PATH, (*parameters, *_window_parameters(params, *window.milliseconds)), version=Version.BETA
        )
    except Rejected:
        return await ctx.launchdarkly.get(
            ChartReply, PATH, (*parameters, *_window_parameters(params, *window.rfc3339)), version=Version.BETA
        )


def has_no_deploys(reply: ChartReply) -> bool:
    """Return whether the chart has no deployments."""
    return not any(point.y for series in reply.series or () for point in series.data or ())


def _bucket_parameters(params: DeploysParams) -> tuple[tuple[str, str], ...]:
    """Return the bucket parameters, with LaunchDarkly's defaults for missing ones."""
    return (("bucketType", params.bucket or "rolling"), ("bucketMs", str(params.every or DAY_MS)))


def _requested_window(params: DeploysParams, ctx: QuestionContext) -> Window:
    return parse_window(params.since, params.until, ctx, corrected=_corrected_line(params))


def _requested_days(params: DeploysParams, ctx: QuestionContext) -> Days:
    days = Days.between(params.since, params.until, ctx, corrected=_corrected_line(params))
    if len(days.dates) > MAX_CALENDAR_DAYS:
        corrected = QUESTION.line({**dict(params), "bucket": "rolling"})
        raise InvalidLine(("Calendar days cover at most a year. bucket=rolling has no limit.",), corrected=corrected)
    return days


def _corrected_line(params: DeploysParams) -> str:
    return QUESTION.line({**dict(params), "since": "7d", "until": None})


def _window_parameters(params: DeploysParams, start: object, end: object) -> tuple[tuple[str, str], ...]:
    return (("from", str(start)), ("to", str(end))) if params.until else (("from", str(start)),)


def build_view(params: DeploysParams, reply: ChartReply, ctx: QuestionContext) -> DeploysView:
    days = _requested_days(params, ctx) if params.by_calendar else None
    window = days.full_window if days else _requested_window(params, ctx)
    start, end = (humanize.timestamp(at, ctx.zone) for at in window.milliseconds)
    chart = CalendarDays(reply.series or [], days) if days else _fixed_buckets(params, reply, ctx)
    groups = _groups(chart) if params.by else ()
    return DeploysView(
        scope=_scope(params),
        apps=humanize.join_truncated(list(params.app or ())),
        days=days.label if days else "",
        zone=ctx.zone.key,
        start=start,
        end=end,
        known=chart.has_data,
        total=humanize.count(chart.total, "deployment"),
        incomplete=chart.incomplete_note,
        average=chart.average(),
        best=chart.extreme(max),
        worst=chart.extreme(min),
        gaps=chart.gaps_note,
        folded=chart.point_width,
        lines=chart.build_lines(),
        shifted=bool(days and chart.has_data and not days.aligned_to_hours),
        groups=groups[:MAX_GROUPS],
        hidden=len(groups[MAX_GROUPS:]),
        others=chart.merged_count,
        metrics=tuple(_metric(name, m) for name, m in list((reply.metadata.metrics or {}).items())[:MAX_METRICS] if m),
        url=ctx.urls.flags(params.project, params.env) if params.project and params.env else ctx.urls.home(),
    )


def _fixed_buckets(params: DeploysParams, reply: ChartReply, ctx: QuestionContext) -> Buckets:
    width_ms = CALENDAR_BUCKETS.get(params.bucket or "", params.every or DAY_MS)
    return Buckets(
        reply.series or [], width_ms, ctx.zone, params.bucket in CALENDAR_BUCKETS, _requested_window(params, ctx)
    )


def _scope(params: DeploysParams) -> str:
    if params.project:
        return f"{params.project}/{params.env}" if params.env else params.project
    return f"{params.env} of all projects" if params.env else "all projects"


def _groups(chart: Buckets | CalendarDays) -> tuple[DeployGroupView, ...]:
    return tuple(
        DeployGroupView(
            name=name, deployments=total, share=humanize.percent(total / chart.total) if chart.total > 0 else ""
        )
        for name, total in chart.ranked_totals
    )


def _metric(name: str, metric: Metric) -> MetricView:
    unit = "" if metric.unit == "count" else metric.unit or ""  # the API's example would read "5 count per day"
    value = "" if metric.value is None else f"{humanize.number(metric.value)} {unit} {metric.modifier or ''}"
    return MetricView(
        name=humanize.truncate_text(humanize.sentence_case(name), 60),
        rating=humanize.truncate_text(humanize.sentence_case(metric.indicator or "unknown"), 40).lower(),
        value=humanize.truncate_text(value, 60),
        tiers=tuple(_tier(tier) for tier in (metric.tiers or ())[:MAX_TIERS]),
    )


def _tier(tier: Tier) -> str:
    rating = humanize.truncate_text(humanize.sentence_case(tier.indicator or "unknown"), 40).lower()
    return f"{rating}: {humanize.truncate_text(tier.description or 'not described', 80)}"


async def fetch_rated(params: DeploysParams, ctx: QuestionContext, _: datetime) -> ChartReply:
    """Fetch the chart with LaunchDarkly's ratings."""
    return await fetch(params.model_copy(update={"expand": "metrics"}), ctx)


def observe(params: DeploysParams, reply: ChartReply, ctx: QuestionContext) -> dict[str, Observation]:
    """Return LaunchDarkly's rating of each metric."""
    view, line = build_view(params, reply, ctx), QUESTION.line(dict(params))
    return {
        metric.name: Observation(
            what=metric.name,
            state=metric.rating,
            says=f"{metric.rating} ({metric.value})" if metric.value else metric.rating,
            url=view.url,
            line=line,
        )
        for metric in view.metrics
    }


QUESTION = Question[DeploysParams, ChartReply, DeploysView](
    name="deploys",
    summary="How often you deployed, day by day",
    examples=(
        "deploys web/production",
        "deploys web/production since=2w by=application",
        "deploys platform/production since=8w every=1w expand=metrics",
    ),
    label="Deployments",
    words=Words(
        strong="deploy*",
        weak="ship*, often, frequency, frequent*, release*, push*, throughput, how many times, how many releases, "
        "go live, goes live, went live, going out, went out",
        whole_days=True,
        max_days=MAX_CALENDAR_DAYS,
        options={"by app*": "by=application", "per app*": "by=application", "per service": "by=application"},
    ),
    params=DeploysParams,
    reply=ChartReply,
    view=DeploysView,
    fetch=fetch,
    build_view=build_view,
    suspect_keys=lambda params, reply: {"app": params.app or ()} if has_no_deploys(reply) else {},
    observe=observe,
    fetch_since=fetch_rated,
)
