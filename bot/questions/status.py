"""Flag status: how many flags are new, active, launched or inactive now, which ones, and who owns them."""

from asyncio import gather
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated

from bot.errors import Failure, NotAllowed
from bot.launchdarkly import Number, Version
from bot.lines.param_types import Key, Keys
from bot.lines.plain_words import Words
from bot.lines.spec import MAX_BUTTON_LINE_CHARS, Parameter, Params
from bot.messages import humanize
from bot.questions import history
from bot.questions.base import (
    INSIGHTS,
    AnswerView,
    Observation,
    Question,
    QuestionContext,
    View,
    failure_text,
    no_access_text,
    raise_if_all_failed,
    result_or_failure,
)
from bot.questions.catalog import STALE_STATUSES, Flag, FlagStatus
from bot.questions.chart import ChartReply, Series, Slice, has_merged_slices, pie_slices
from bot.store import Snapshot

PATH = "/api/v2/engineering-insights/charts/flags/status"
MAX_GROUPS = 10
MAX_NAMED_FLAGS = 5  # per status


@dataclass(frozen=True)
class NamedFlag:
    """A flag with its status. Without the catalog, only its key is known."""

    key: str
    status: FlagStatus
    flag: Flag | None = None

    @property
    def status_name(self) -> str:
        return (self.status.name or "").lower()

    @property
    def verdict(self) -> str:
        """LaunchDarkly's verdict on a launched or inactive flag; empty if it sends none."""
        stale = self.flag and self.flag.stale
        if not stale or self.status_name not in STALE_STATUSES:
            return ""
        return "ready to archive" if stale.archive else "ready to remove from code" if stale.code else ""

    @property
    def urgency(self) -> tuple[bool, bool, float]:
        """Sorts by what to deal with first: ready to go, temporary, old. Of the flags in use, the newest come first."""
        created = (self.flag and self.flag.created) or 0
        if not self.flag or self.status_name not in STALE_STATUSES:
            return False, False, -created
        return not self.verdict, not self.flag.temporary, created


@dataclass(frozen=True)
class NamedFlags:
    """The flags that aren't archived, and why the catalog couldn't be read, if so."""

    flags: tuple[NamedFlag, ...]
    catalog_failure: Failure | None = None

    def with_status(self, name: str) -> list[NamedFlag]:
        """Return the flags with this status, the most urgent first."""
        return sorted((flag for flag in self.flags if flag.status_name == name.lower()), key=lambda flag: flag.urgency)


async def fetch_named_flags(project: str, env: str, apps: Sequence[str], ctx: QuestionContext) -> NamedFlags:
    """Fetch the status of each flag in an environment: one request, besides the catalog's."""
    reply, catalog = await gather(
        ctx.catalog.statuses(project, env), result_or_failure(ctx.catalog.flags(project, apps))
    )
    statuses = reply.by_flag()
    if not isinstance(catalog, Failure):
        return NamedFlags(
            tuple(NamedFlag(flag.key, statuses[flag.key], flag) for flag in catalog.items if flag.key in statuses)
        )
    if apps:
        raise catalog  # only the catalog knows which flags an application evaluates
    return NamedFlags(tuple(NamedFlag(key, status) for key, status in statuses.items()), catalog)


@dataclass(frozen=True)
class StatusReply:
    """The chart, unless the plan or the token's role doesn't include it; the flags, or why they can't be named."""

    chart: ChartReply | NotAllowed
    named: NamedFlags | Failure
    snapshots: tuple[Snapshot, ...]


class StatusParams(Params):
    positional = ("env",)

    project: Annotated[Key, Parameter("projectKey", "project key")]
    env: Annotated[Key, Parameter("environmentKey", "environment key")]
    app: Annotated[Keys | None, Parameter("applicationKey", "only flags of these applications")] = None


# LaunchDarkly's definitions, in the order of a flag's lifecycle. https://launchdarkly.com/docs/home/releases/flag-health
MEANINGS = {
    "new": "created in the last week, not evaluated yet",
    "active": "evaluated, and changed or serving several variations in the last week",
    "launched": "everyone has been served one variation for a week",
    "inactive": "not evaluated for at least a week",
}


class NamedFlagView(View):
    key: str
    url: str
    owner: str
    facts: tuple[str, ...]


class StatusGroupView(View):
    """The flags of one status: how many there are, and the first of them."""

    name: str
    flags: Number
    share: str
    meaning: str
    done: bool
    named: tuple[NamedFlagView, ...]
    more: str
    all_line: str


class StatusView(AnswerView):
    scope: str
    apps: str
    total: str
    groups: tuple[StatusGroupView, ...]
    hidden: int
    slices: tuple[Slice, ...]
    folded: bool
    done: str
    done_share: str
    weeks: str
    no_chart: str
    no_names: str
    no_owners: str


async def fetch(params: StatusParams, ctx: QuestionContext) -> StatusReply:
    chart, named = await gather(
        result_or_failure(ctx.launchdarkly.get(ChartReply, PATH, params.api_params(), version=Version.BETA)),
        result_or_failure(fetch_named_flags(params.project, params.env, params.app or (), ctx)),
    )
    if isinstance(chart, Failure) and not isinstance(chart, NotAllowed):
        raise chart
    raise_if_all_failed(chart, named)
    key = history.key_for(params.project, params.env, params.app)
    return StatusReply(chart, named, await history.load_snapshots(ctx.read_snapshots, key, ctx.today))


def build_view(params: StatusParams, reply: StatusReply, ctx: QuestionContext) -> StatusView:
    counts = flag_counts(reply)
    total, done = sum(flags for _, flags in counts), count_done(counts)
    named = NamedFlags(()) if isinstance(reply.named, Failure) else reply.named
    return StatusView(
        scope=f"{params.project}/{params.env}",
        apps=humanize.join_truncated(list(params.app or ())),
        total=humanize.count(total, "flag"),
        groups=tuple(_group(params, count, total, named, ctx) for count in _done_first(counts)[:MAX_GROUPS]),
        hidden=len(counts[MAX_GROUPS:]),
        slices=pie_slices(counts),
        folded=has_merged_slices(counts),
        done=humanize.count(done, "flag") if done else "",
        done_share=_share(done, total),
        weeks=history.describe_weeks(
            reply.snapshots, ctx.today, history.DONE_FLAGS, done if chart_counts(reply) else None
        ),
        no_chart=no_access_text(reply.chart, INSIGHTS),
        no_names=no_access_text(reply.named, "the flags") or failure_text(reply.named),
        no_owners=no_access_text(named.catalog_failure, "the list of flags") or failure_text(named.catalog_failure),
        url=ctx.urls.flags(params.project, params.env),
    )


def flag_counts(reply: StatusReply) -> list[tuple[str, Number]]:
    """Count the flags of each status, in the order of a flag's lifecycle: as in the chart, else one by one."""
    if isinstance(reply.chart, NotAllowed) and not isinstance(reply.named, Failure):
        return _sorted_counts(Counter(flag.status_name.capitalize() for flag in reply.named.flags).items())
    return chart_counts(reply)


def chart_counts(reply: StatusReply) -> list[tuple[str, Number]]:
    """Count the flags of each status as in the chart; empty without one. Only these are comparable over weeks."""
    chart = () if isinstance(reply.chart, NotAllowed) else reply.chart.series or ()
    return _sorted_counts((series.metadata.name or "", _flag_count(series)) for series in chart)


def _sorted_counts(counts: Iterable[tuple[str, Number]]) -> list[tuple[str, Number]]:
    named = ((humanize.truncate_text(name or "unnamed", 60), flags) for name, flags in counts)
    return sorted(named, key=lambda pair: _lifecycle_position(pair[0]))


def count_done(counts: list[tuple[str, Number]]) -> Number:
    """Count the flags that are launched or inactive."""
    return sum(flags for name, flags in counts if _is_done(name))


def has_no_flags(reply: StatusReply) -> bool:
    """Return whether there are no flags."""
    return not any(flags for _, flags in flag_counts(reply))


def _flag_count(series: Series) -> Number:
    """Return the series' count, else its last point: the chart shows the present."""
    if series.metadata.count is not None:
        return series.metadata.count
    return next((point.y for point in reversed(series.data or []) if point.y is not None), 0)


def _lifecycle_position(name: str) -> int:
    statuses = list(MEANINGS)
    return statuses.index(name.lower()) if name.lower() in statuses else len(statuses)


def _is_done(name: str) -> bool:
    return name.lower() in STALE_STATUSES


def _done_first(counts: list[tuple[str, Number]]) -> list[tuple[str, Number]]:
    return sorted(counts, key=lambda pair: not _is_done(pair[0]))


def _share(flags: Number, total: Number) -> str:
    return humanize.percent(flags / total) if total > 0 else "–"


def _group(
    params: StatusParams, count: tuple[str, Number], total: Number, named: NamedFlags, ctx: QuestionContext
) -> StatusGroupView:
    name, number = count
    flags = named.with_status(name)
    hidden = len(flags) - MAX_NAMED_FLAGS
    return StatusGroupView(
        name=name,
        flags=number,
        share=_share(number, total),
        meaning=MEANINGS.get(name.lower(), ""),
        done=_is_done(name),
        named=tuple(_named_flag_view(params, flag, ctx) for flag in flags[:MAX_NAMED_FLAGS]),
        more=humanize.count(hidden, "more flag") if hidden > 0 else "",
        all_line=_all_line(params, name) if hidden > 0 or (number and _is_done(name)) else "",
    )


def _named_flag_view(params: StatusParams, named: NamedFlag, ctx: QuestionContext) -> NamedFlagView:
    flag = named.flag
    is_kept = flag and flag.temporary is False and named.status_name in STALE_STATUSES
    facts = (named.verdict, "permanent" if is_kept else "", _age(named, ctx))
    return NamedFlagView(
        key=humanize.truncate_text(named.key, 80),
        url=ctx.urls.flag(params.project, named.key, (params.env,)),
        owner=(f"owned by {flag.owner}" if flag.owner else "no owner") if flag else "",
        facts=tuple(fact for fact in facts if fact),
    )


def _age(named: NamedFlag, ctx: QuestionContext) -> str:
    """Return when an inactive flag was evaluated last, and how old any other is; empty if unknown."""
    if named.status_name == "inactive" and named.status.evaluated:
        return f"evaluated {humanize.time_ago(named.status.evaluated, ctx.now)}"
    created = named.flag and named.flag.created
    return f"{humanize.time_ago(created, ctx.now).removesuffix(' ago')} old" if created else ""


def _all_line(params: StatusParams, status: str) -> str:
    """Write the line that asks for all flags of a status, or their changes, if a button can carry it."""
    apps = f" app={','.join(params.app)}" if params.app else ""
    scope = f"{params.project}/{params.env}{apps}"
    line = f"cleanup {scope}" if _is_done(status) else f"events {scope} impact=any"
    return line if len(line) <= MAX_BUTTON_LINE_CHARS else ""


def observe(params: StatusParams, reply: StatusReply, ctx: QuestionContext) -> dict[str, Observation]:
    """Return the number of flags in each status."""
    line = QUESTION.line(dict(params))
    url = ctx.urls.flags(params.project, params.env)
    return {
        name: Observation(what=f"Flags {name.lower()}", state=str(flags), says=f"{flags:,}", url=url, line=line)
        for name, flags in flag_counts(reply)[:MAX_GROUPS]
    }


QUESTION = Question[StatusParams, StatusReply, StatusView](
    name="status",
    summary="Flags by lifecycle stage, named with their owners",
    examples=("status web/production", "status platform/production app=payments"),
    label="Flags by status",
    words=Words(
        strong="how many flags, how many feature flags, how many toggles, flag status*, status of our flags, "
        "status of the flags, lifecycle, launched, inactive, active flags, new flags, flag inventory, "
        "flags by status, number of flags, state of our flags, overview of our flags",
        weak="flag*, toggle*, status*, stage*, how many, number of, total, active, state, overview, breakdown, "
        "inventory, count, list, in use, being used, unused",
    ),
    params=StatusParams,
    reply=StatusReply,
    view=StatusView,
    fetch=fetch,
    build_view=build_view,
    suspect_keys=lambda params, reply: {"app": params.app or ()} if has_no_flags(reply) else {},
    observe=observe,
)
