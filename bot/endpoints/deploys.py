"""The deployment-frequency chart: how often was deployed, bucket by bucket."""

from typing import Annotated, Literal

from bot.endpoints import _words
from bot.endpoints._buckets import Buckets
from bot.endpoints._chart import ChartReply, Lines, Metric, Tier
from bot.endpoints._endpoint import Ask, Endpoint, View
from bot.endpoints._query import Parameter, Query
from bot.endpoints._values import Key, Keys, Length, When
from bot.endpoints._when import MILLISECONDS
from bot.endpoints._window import Window, window
from bot.errors import Refused
from bot.launchdarkly import Number, Version
from bot.mrkdwn import Stamp

PATH = "/api/v2/engineering-insights/charts/deployments/frequency"
DAY = MILLISECONDS["d"]
PIECES = {"hour": MILLISECONDS["h"], "day": DAY}  # whatever length is said beside them
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
    bucket: Annotated[Literal["rolling", "hour", "day"], Parameter("bucketType", "how time is cut into pieces")] = (
        "rolling"
    )
    every: Annotated[Length, Parameter("bucketMs", "how long a piece is")] = DAY
    by: Annotated[Literal["application", "kind"] | None, Parameter("groupBy", "a set of bars for each of these")] = None
    expand: Annotated[Literal["metrics"] | None, Parameter("expand", "the rating, and what each rating takes")] = None


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
    start: Stamp
    end: Stamp
    total: str
    average: str
    best: str
    worst: str
    gaps: str
    folded: str
    lines: Lines | None
    groups: tuple[GroupView, ...]
    hidden: int
    others: int
    metrics: tuple[MetricView, ...]
    url: str


async def fetch(query: DeploysQuery, ask: Ask) -> ChartReply:
    """The window is described in milliseconds and typed as a date; where the first is refused, the other is sent."""
    chosen = _window(query, ask)
    sent = query.parameters("since", "until")
    if query.since == "7d" and query.until is None:  # LaunchDarkly's own default, in which nothing can be misread
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


def by_hour(query: DeploysQuery) -> DeploysQuery:
    """The same deployments in hours of the clock, which alone can be put together to the days of any zone."""
    return query.model_copy(update={"bucket": "hour", "every": MILLISECONDS["h"]})


def _window(query: DeploysQuery, ask: Ask) -> Window:
    instead = ENDPOINT.line({**dict(query), "since": "7d", "until": None})
    return window(query.since, query.until, ask, instead=instead)


def _sent(query: DeploysQuery, start: object, end: object) -> tuple[tuple[str, str], ...]:
    return (("from", str(start)), ("to", str(end))) if query.until else (("from", str(start)),)


def show(query: DeploysQuery, reply: ChartReply, ask: Ask) -> DeploysView:
    chosen = _window(query, ask)
    start, end = (_words.stamp(at, ask.zone) for at in chosen.milliseconds)
    every, on_clock = PIECES.get(query.bucket, query.every), query.bucket in PIECES
    buckets = Buckets(reply.series or [], every, ask.zone, on_clock)
    groups = _groups(buckets) if query.by else ()
    return DeploysView(
        place=_place(query),
        apps=_words.listed(list(query.app or ())),
        start=start,
        end=end,
        total=_words.count(buckets.total, "deployment"),
        average=buckets.average(),
        best=buckets.extreme(max),
        worst=buckets.extreme(min),
        gaps=buckets.gaps(chosen),
        folded=buckets.folded,
        lines=buckets.lines(),
        groups=groups[:MOST_GROUPS],
        hidden=len(groups[MOST_GROUPS:]),
        others=buckets.others,
        metrics=tuple(_metric(name, m) for name, m in list((reply.metadata.metrics or {}).items())[:MOST_METRICS] if m),
        url=ask.pages.flags(query.project, query.env) if query.project and query.env else ask.pages.home(),
    )


def _place(query: DeploysQuery) -> str:
    if query.project:
        return f"{query.project}/{query.env}" if query.env else query.project
    return f"{query.env} of all projects" if query.env else "all projects"


def _groups(buckets: Buckets) -> tuple[GroupView, ...]:
    return tuple(
        GroupView(name=name, deployments=sum_, share=_words.percent(sum_ / buckets.total) if buckets.total > 0 else "")
        for name, sum_ in buckets.ranked
    )


def _metric(name: str, metric: Metric) -> MetricView:
    unit = "" if metric.unit == "count" else metric.unit or ""  # "5 count per day" is what the API's example comes to
    value = "" if metric.value is None else f"{_words.number(metric.value)} {unit} {metric.modifier or ''}"
    return MetricView(
        name=_words.short(_words.phrase(name), 60),
        rating=_words.short(_words.phrase(metric.indicator or "unknown"), 40).lower(),
        value=_words.short(value, 60),
        tiers=tuple(_tier(tier) for tier in (metric.tiers or ())[:MOST_TIERS]),
    )


def _tier(tier: Tier) -> str:
    rating = _words.short(_words.phrase(tier.indicator or "unknown"), 40).lower()
    return f"{rating}: {_words.short(tier.description or 'not described', 80)}"


ENDPOINT = Endpoint[DeploysQuery, ChartReply, DeploysView](
    name="deploys",
    summary="How often was deployed, with the best and the worst day",
    examples=(
        "deploys web/production",
        "deploys web/production since=2w by=application",
        "deploys platform/production since=8w expand=metrics",
    ),
    query=DeploysQuery,
    reply=ChartReply,
    view=DeploysView,
    fetch=fetch,
    show=show,
    doubted=lambda query, reply: {"app": query.app or ()} if undeployed(reply) else {},
)
