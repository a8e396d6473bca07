"""Deployments against large-impact flag changes, day by day, and the days with only one of them."""

from asyncio import gather
from dataclasses import dataclass
from typing import Annotated

from bot.errors import Failure
from bot.lines.param_types import Key, Keys, TimeSpec
from bot.lines.plain_words import Words
from bot.lines.spec import Parameter, Params
from bot.messages import humanize
from bot.questions.base import (
    AnswerView,
    Question,
    QuestionContext,
    View,
    failure_text,
    raise_if_all_failed,
    result_or_failure,
)
from bot.questions.chart import ChartReply, Lines
from bot.questions.daily_series import DeploysVsChanges, deploys_by_day
from bot.questions.deploys import QUESTION as DEPLOYS
from bot.questions.deploys import DeploysParams, has_no_deploys
from bot.questions.events import QUESTION as EVENTS
from bot.questions.events import EventList, EventsParams, fetch_all
from bot.questions.time_range import Days

MAX_LISTED_DAYS = 5  # days with a button each; more are named, and the rest counted
MAX_NAMED_DAYS = 14
MAX_NAMED_FLAGS = 3


class ReleasesParams(Params):
    positional = ("env",)

    project: Annotated[Key, Parameter("projectKey", "project key")]
    env: Annotated[Key, Parameter("environmentKey", "environment key")]
    app: Annotated[Keys | None, Parameter("applicationKey", "only these applications")] = None
    since: Annotated[TimeSpec, Parameter("from", "first day; the last full day is yesterday")] = "2w"


@dataclass(frozen=True)
class ReleasesReply:
    """The replies to both parts, or their failures."""

    deploys: ChartReply | Failure
    changes: EventList | Failure


class DayView(View):
    """A day with large changes and no deployment."""

    name: str
    changes: str
    flags: str
    line: str


class ReleasesView(AnswerView):
    scope: str
    apps: str
    span: str
    days: str
    zone: str
    deployments: str
    changes: str
    unread: str
    has_both: bool
    only_changed: str
    only_deployed: str
    both: str
    unexplained: str
    listed: tuple[DayView, ...]
    further: str
    deployed: str
    lines: Lines | None
    folded: str
    gaps: str
    partly: str
    shifted: bool
    no_deploys: str
    no_changes: str
    stopped: str
    deploys_line: str
    changes_line: str


@dataclass(frozen=True)
class ReleasesPartParams:
    """The params of both parts, for the same days."""

    days: Days
    deploys: DeploysParams
    changes: EventsParams


def _part_params(params: ReleasesParams, ctx: QuestionContext) -> ReleasesPartParams:
    days = Days.since(params.since, ctx, corrected=QUESTION.line({**dict(params), "since": "2w"}))
    project, env, app, (since, until) = params.project, params.env, params.app, days.absolute
    return ReleasesPartParams(
        days,
        DeploysParams(project=project, env=env, app=app, since=since, until=until),
        EventsParams(project=project, env=env, app=app, since=since, until=until),
    )


async def fetch(params: ReleasesParams, ctx: QuestionContext) -> ReleasesReply:
    part_params = _part_params(params, ctx)
    deploys, changes = await gather(
        result_or_failure(DEPLOYS.fetch(part_params.deploys, ctx)),
        result_or_failure(fetch_all(part_params.changes, ctx)),
    )
    raise_if_all_failed(deploys, changes)
    return ReleasesReply(deploys, changes)


def build_view(params: ReleasesParams, reply: ReleasesReply, ctx: QuestionContext) -> ReleasesView:
    part_params = _part_params(params, ctx)
    days, changes = part_params.days, None if isinstance(reply.changes, Failure) else reply.changes
    comparison = _comparison(days, reply.deploys, changes)
    newest = comparison.days_with_changes_only[::-1]
    deployed = [_name_with_deploys(n, comparison) for n in comparison.days_with_deploys_only[::-1]]
    return ReleasesView(
        scope=f"{params.project}/{params.env}",
        apps=humanize.join_truncated(list(params.app or ())),
        span=days.label,
        days=humanize.count(len(days.dates), "day"),
        zone=ctx.zone.key,
        deployments=comparison.deployments_total,
        changes=_changes_total(changes) if changes else "",
        unread=humanize.count(changes.unread, "more change") if changes and changes.unread > 0 else "",
        has_both=bool(comparison.deploy_counts and comparison.change_counts),
        only_changed=_day_count(comparison.days_with_changes_only),
        only_deployed=_day_count(comparison.days_with_deploys_only),
        both=_day_count(comparison.days_with_both),
        unexplained=_day_count(comparison.changes_without_deploy_data, none=""),
        listed=tuple(_day_view(n, part_params, comparison, changes) for n in newest[:MAX_LISTED_DAYS] if changes),
        further=humanize.join_truncated([days.names[n] for n in newest[MAX_LISTED_DAYS:]], MAX_NAMED_DAYS),
        deployed=humanize.join_truncated(deployed, MAX_NAMED_DAYS),
        lines=comparison.chart.lines,
        folded=comparison.chart.point_width,
        gaps=comparison.gaps,
        partly=comparison.partial_until,
        shifted=comparison.needs_utc_offset_note,
        no_deploys=failure_text(reply.deploys),
        no_changes=failure_text(reply.changes),
        stopped=failure_text(changes.failure) if changes else "",
        deploys_line=DEPLOYS.button_line(part_params.deploys),
        changes_line=EVENTS.button_line(part_params.changes),
        url=ctx.urls.flags(params.project, params.env),
    )


def _comparison(days: Days, deploys: ChartReply | Failure, changes: EventList | None) -> DeploysVsChanges:
    """Compare the counts of each day. Without a reply, there are none."""
    deploy_counts = {} if isinstance(deploys, Failure) else deploys_by_day(days, deploys)
    change_counts = changes.by_day(days) if changes else {}
    return DeploysVsChanges(days, deploy_counts, change_counts, has_unread=bool(changes and changes.unread > 0))


def _suspect_keys(params: ReleasesParams, reply: ReleasesReply) -> dict[str, tuple[str, ...]]:
    """Suspect the applications if there are neither deployments nor changes."""
    has_deploys = isinstance(reply.deploys, Failure) or not has_no_deploys(reply.deploys)
    has_changes = isinstance(reply.changes, Failure) or bool(reply.changes.events)
    return {} if has_deploys or has_changes else {"app": params.app or ()}


def _changes_total(changes: EventList) -> str:
    return humanize.count(changes.total, "large-impact change") if changes.total > 0 else "no large-impact change"


def _day_count(days: list[int], none: str = "no day") -> str:
    return humanize.count(len(days), "day") if days else none


def _name_with_deploys(n: int, comparison: DeploysVsChanges) -> str:
    return f"{comparison.days.names[n]} ({humanize.number(comparison.deploy_counts[n])})"


def _day_view(n: int, part_params: ReleasesPartParams, comparison: DeploysVsChanges, changes: EventList) -> DayView:
    """Build the view of a day's changes, with the line that asks for exactly these."""
    days = part_params.days
    flags = dict.fromkeys(
        humanize.truncate_text(event.flag, 60) for event in changes.events if days.index_of(event.time) == n
    )
    since, until = days.window(n, n).absolute
    return DayView(
        name=days.names[n],
        changes=humanize.count(comparison.change_counts[n], "large change"),
        flags=humanize.join_truncated(list(flags), MAX_NAMED_FLAGS),
        line=EVENTS.button_line({**dict(part_params.changes), "since": since, "until": until}),
    )


QUESTION = Question[ReleasesParams, ReleasesReply, ReleasesView](
    name="releases",
    summary="Deployments vs. large flag changes, day by day",
    examples=(
        "releases web/production",
        "releases mobile/production app=ios-app since=7d",
        "releases platform/production since=8w",
    ),
    label="Deployments and changes",
    words=Words(
        strong="deployments and changes, deployments vs, deployments without, release day*, behind a flag, decouple*",
        weak="release*, deploy*, ship*, day by day, per day, together, how often, how much",
        covers_today=False,
    ),
    params=ReleasesParams,
    reply=ReleasesReply,
    view=ReleasesView,
    fetch=fetch,
    build_view=build_view,
    suspect_keys=_suspect_keys,
)
