"""The deployment-frequency chart: how often was deployed, day by day where the reader is.

Where `bucket` or `every` is given, LaunchDarkly's own pieces of time are shown instead."""

from typing import Annotated, Literal

from bot.errors import Mistyped, Refused
from bot.launchdarkly import Number, Version
from bot.lines.param_types import Key, Keys, Length, When
from bot.lines.params import Parameter, Query
from bot.lines.timespec import MILLISECONDS
from bot.messages import humanize
from bot.messages.mrkdwn import Stamp
from bot.questions.base import Ask, Endpoint, View
from bot.questions.calendar_days import PARAMETERS, CalendarDays, whole_hours
from bot.questions.chart import ChartReply, Lines, Metric, Tier
from bot.questions.day_range import Days
from bot.questions.time_window import Window, window
from bot.questions.timeseries import Buckets

PATH = "/api/v2/engineering-insights/charts/deployments/frequency"
DAY = MILLISECONDS["d"]
PIECES = {"hour": MILLISECONDS["h"], "day": DAY}  # whatever length is said beside them
MAX_CALENDAR_DAYS = 366  # of which all hours are asked for
MOST_GROUPS = 50
MOST_METRICS = 5
MOST_TIERS = 6


class DeploysQuery(Query):
    words = ("env",)

    project: Annotated[Key | None, Parameter("projectKey", "only this project")] = None
    env: Annotated[Key | None, Parameter("environmentKey", "only this environment")] = None
    app: Annotated[Keys | None, Parameter("applicationKey", "only these applications")] = None
    since: Annotated[When, Parameter("from", "from when on")] = "7d"
    until: Annotated[When | None, Parameter("to", "until when")] = None
    bucket: Annotated[
        Literal["rolling", "hour", "day"] | None,
        Parameter("bucketType", "LaunchDarkly's buckets instead of your calendar days"),
    ] = None
    every: Annotated[Length | None, Parameter("bucketMs", "how long a bucket is")] = None
    by: Annotated[Literal["application", "kind"] | None, Parameter("groupBy", "a set of bars for each of these")] = None
    expand: Annotated[Literal["metrics"] | None, Parameter("expand", "the rating, and what each rating takes")] = None

    @property
    def by_calendar(self) -> bool:
        return self.bucket is None and self.every is None


class MetricView(View):
    name: str
    rating: str
    value: str
    tiers: tuple[str, ...]


class GroupView(View):
    name: str
    deployments: Number
    share: str


class DeploysView(View):
    place: str
    apps: str
    days: str
    zone: str
    start: Stamp
    end: Stamp
    total: str
    incomplete: str
    average: str
    best: str
    worst: str
    gaps: str
    folded: str
    known: bool
    lines: Lines | None
    spoken: tuple[str, ...]
    shifted: bool
    groups: tuple[GroupView, ...]
    hidden: int
    others: int
    metrics: tuple[MetricView, ...]
    url: str


async def fetch(query: DeploysQuery, ask: Ask) -> ChartReply:
    """The window is described in milliseconds and typed as a date; where the first is refused, the other is sent."""
    chosen = whole_hours(_days(query, ask)) if query.by_calendar else _window(query, ask)
    cut = PARAMETERS if query.by_calendar else _buckets(query)
    sent = (*query.parameters("since", "until", "bucket", "every"), *cut)
    if not query.by_calendar and query.since == "7d" and query.until is None:
        # LaunchDarkly's own default, in which nothing can be misread
        return await ask.launchdarkly.get(ChartReply, PATH, sent, version=Version.BETA)
    try:
        return await ask.launchdarkly.get(
            ChartReply, PATH, (*sent, *_sent(query, *chosen.milliseconds)), version=Version.BETA
        )
    except Refused:
        return await ask.launchdarkly.get(ChartReply, PATH, (*sent, *_sent(query, *chosen.dates)), version=Version.BETA)


def undeployed(reply: ChartReply) -> bool:
    """Whether there is not one deployment."""
    return not any(point.y for series in reply.series or () for point in series.data or ())


def _buckets(query: DeploysQuery) -> tuple[tuple[str, str], ...]:
    """What was given, and LaunchDarkly's own defaults."""
    return (("bucketType", query.bucket or "rolling"), ("bucketMs", str(query.every or DAY)))


def _window(query: DeploysQuery, ask: Ask) -> Window:
    return window(query.since, query.until, ask, instead=_instead(query))


def _days(query: DeploysQuery, ask: Ask) -> Days:
    days = Days.between(query.since, query.until, ask, instead=_instead(query))
    if len(days.dates) > MAX_CALENDAR_DAYS:
        longer = ENDPOINT.line({**dict(query), "bucket": "rolling"})
        raise Mistyped(
            ("More than a year is too long for calendar days; bucket=rolling has no limit.",), corrected=longer
        )
    return days


def _instead(query: DeploysQuery) -> str:
    return ENDPOINT.line({**dict(query), "since": "7d", "until": None})


def _sent(query: DeploysQuery, start: object, end: object) -> tuple[tuple[str, str], ...]:
    return (("from", str(start)), ("to", str(end))) if query.until else (("from", str(start)),)


def show(query: DeploysQuery, reply: ChartReply, ask: Ask) -> DeploysView:
    days = _days(query, ask) if query.by_calendar else None
    chosen = days.whole if days else _window(query, ask)
    start, end = (humanize.stamp(at, ask.zone) for at in chosen.milliseconds)
    pieces = CalendarDays(reply.series or [], days, "deployment") if days else _pieces(query, reply, ask)
    groups = _groups(pieces) if query.by else ()
    return DeploysView(
        place=_place(query),
        apps=humanize.listed(list(query.app or ())),
        days=days.said if days else "",
        zone=ask.zone.key,
        start=start,
        end=end,
        known=pieces.known,
        total=humanize.count(pieces.total, "deployment"),
        incomplete=pieces.incomplete,
        average=pieces.average(),
        best=pieces.extreme(max),
        worst=pieces.extreme(min),
        gaps=pieces.gaps,
        folded=pieces.folded,
        lines=pieces.lines(),
        spoken=pieces.spoken(),
        shifted=bool(days and pieces.known and not days.whole_hours),
        groups=groups[:MOST_GROUPS],
        hidden=len(groups[MOST_GROUPS:]),
        others=pieces.others,
        metrics=tuple(_metric(name, m) for name, m in list((reply.metadata.metrics or {}).items())[:MOST_METRICS] if m),
        url=ask.pages.flags(query.project, query.env) if query.project and query.env else ask.pages.home(),
    )


def _pieces(query: DeploysQuery, reply: ChartReply, ask: Ask) -> Buckets:
    every = PIECES.get(query.bucket or "", query.every or DAY)
    return Buckets(reply.series or [], every, ask.zone, query.bucket in PIECES, _window(query, ask))


def _place(query: DeploysQuery) -> str:
    if query.project:
        return f"{query.project}/{query.env}" if query.env else query.project
    return f"{query.env} of all projects" if query.env else "all projects"


def _groups(pieces: Buckets | CalendarDays) -> tuple[GroupView, ...]:
    return tuple(
        GroupView(name=name, deployments=sum_, share=humanize.percent(sum_ / pieces.total) if pieces.total > 0 else "")
        for name, sum_ in pieces.ranked
    )


def _metric(name: str, metric: Metric) -> MetricView:
    unit = "" if metric.unit == "count" else metric.unit or ""  # "5 count per day" is what the API's example comes to
    value = "" if metric.value is None else f"{humanize.number(metric.value)} {unit} {metric.modifier or ''}"
    return MetricView(
        name=humanize.short(humanize.phrase(name), 60),
        rating=humanize.short(humanize.phrase(metric.indicator or "unknown"), 40).lower(),
        value=humanize.short(value, 60),
        tiers=tuple(_tier(tier) for tier in (metric.tiers or ())[:MOST_TIERS]),
    )


def _tier(tier: Tier) -> str:
    rating = humanize.short(humanize.phrase(tier.indicator or "unknown"), 40).lower()
    return f"{rating}: {humanize.short(tier.description or 'not described', 80)}"


ENDPOINT = Endpoint[DeploysQuery, ChartReply, DeploysView](
    name="deploys",
    summary="How often was deployed, with the best and the worst day",
    examples=(
        "deploys web/production",
        "deploys web/production since=2w by=application",
        "deploys platform/production since=8w every=1w expand=metrics",
    ),
    query=DeploysQuery,
    reply=ChartReply,
    view=DeploysView,
    fetch=fetch,
    show=show,
    doubted=lambda query, reply: {"app": query.app or ()} if undeployed(reply) else {},
)
