"""The flag-status chart: how many flags are new, active, launched or inactive now, and what is worth a look."""

from typing import Annotated

from bot.launchdarkly import Number, Version
from bot.lines.param_types import Key, Keys
from bot.lines.params import Parameter, Query
from bot.messages import humanize
from bot.questions import history
from bot.questions.base import Ask, Endpoint, View
from bot.questions.chart import ChartReply, Series, Slice, folded, slices

PATH = "/api/v2/engineering-insights/charts/flags/status"
MOST_ROWS = 50


class StatusQuery(Query):
    words = ("env",)

    project: Annotated[Key, Parameter("projectKey", "the key of the project")]
    env: Annotated[Key, Parameter("environmentKey", "the key of the environment")]
    app: Annotated[Keys | None, Parameter("applicationKey", "only flags of these applications")] = None


# What LaunchDarkly means by each, in the order of a flag's life. https://launchdarkly.com/docs/home/releases/flag-health
MEANINGS = {
    "new": "created less than a week ago, never evaluated",
    "active": "evaluated, and changed or serving several variations within a week",
    "launched": "everybody has been served one variation for a week: remove it from the code",
    "inactive": "not evaluated for a week or longer: archive it",
}
DONE = ("launched", "inactive")


class StatusRow(View):
    name: str
    flags: Number
    share: str
    meaning: str


class StatusView(View):
    place: str
    apps: str
    total: str
    rows: tuple[StatusRow, ...]
    hidden: int
    slices: tuple[Slice, ...]
    folded: bool
    done: str
    done_share: str
    weeks: str
    url: str


async def fetch(query: StatusQuery, ask: Ask) -> ChartReply:
    return await ask.launchdarkly.get(ChartReply, PATH, query.parameters(), version=Version.BETA)


def show(query: StatusQuery, reply: ChartReply, ask: Ask) -> StatusView:
    counts = counted(reply)
    total, done = sum(flags for _, flags in counts), finished(counts)
    return StatusView(
        place=f"{query.project}/{query.env}",
        apps=humanize.listed(list(query.app or ())),
        total=humanize.count(total, "flag"),
        rows=tuple(_row(name, flags, total) for name, flags in counts[:MOST_ROWS]),
        hidden=len(counts[MOST_ROWS:]),
        slices=slices(counts),
        folded=folded(counts),
        done=humanize.count(done, "flag") if done else "",
        done_share=_share(done, total),
        weeks=history.line(ask, history.DONE, done if counts else None),
        url=ask.pages.flags(query.project, query.env),
    )


def counted(reply: ChartReply) -> list[tuple[str, Number]]:
    """The flags of each status, in the order of a flag's life."""
    counts = ((_name(series), _flags(series)) for series in reply.series or ())
    return sorted(counts, key=lambda pair: _order(pair[0]))


def finished(counts: list[tuple[str, Number]]) -> Number:
    """The flags that are worth a look."""
    return sum(flags for name, flags in counts if name.lower() in DONE)


def uncounted(reply: ChartReply) -> bool:
    """Whether there is not one flag."""
    return not any(flags for _, flags in counted(reply))


def _name(series: Series) -> str:
    return humanize.short(series.metadata.name or "without a name", 60)


def _flags(series: Series) -> Number:
    """The count where it is said; else the last point: the chart shows the present."""
    if series.metadata.count is not None:
        return series.metadata.count
    return next((point.y for point in reversed(series.data or []) if point.y is not None), 0)


def _order(name: str) -> int:
    known = list(MEANINGS)
    return known.index(name.lower()) if name.lower() in known else len(known)


def _row(name: str, flags: Number, total: Number) -> StatusRow:
    return StatusRow(name=name, flags=flags, share=_share(flags, total), meaning=MEANINGS.get(name.lower(), ""))


def _share(flags: Number, total: Number) -> str:
    return humanize.percent(flags / total) if total > 0 else "–"


ENDPOINT = Endpoint[StatusQuery, ChartReply, StatusView](
    name="status",
    summary="How many flags are new, active, launched or inactive, and what is worth a look",
    examples=("status web/production", "status platform/production app=payments"),
    query=StatusQuery,
    reply=ChartReply,
    view=StatusView,
    fetch=fetch,
    show=show,
    place=lambda query: history.place(query.project, query.env, query.app),
    doubted=lambda query, reply: {"app": query.app or ()} if uncounted(reply) else {},
)
