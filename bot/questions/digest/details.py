"""The large changes of a week: by flag, the one that moved most people first, and day by day beside the deployments."""

from collections.abc import Iterable

from bot.messages import humanize
from bot.questions.base import QuestionContext, View
from bot.questions.catalog import FlagsByKey
from bot.questions.chart import ChartReply, Lines
from bot.questions.daily_series import DeploysVsChanges, deploys_by_day
from bot.questions.events import EventList, EventsParams
from bot.questions.events.event import Event, EventView, event_view
from bot.questions.time_range import Days

MAX_CHANGES = 5  # per flag
MAX_NAMES = 3


class FlagChangesView(View):
    """The changes of one flag."""

    largest: EventView
    changes: str
    who: str
    experiments: str
    listed: tuple[EventView, ...]
    more: int


class ChangesView(View):
    """All large changes. Changes without experiment data count as unknown, not as "without an experiment"."""

    total: str
    none: bool
    flags: str
    experiments: str
    unknown_experiments: str
    groups: tuple[FlagChangesView, ...]
    hidden: str
    unread: str


def build_changes_view(
    params: EventsParams, changes: EventList, ctx: QuestionContext, flags: FlagsByKey, max_flags: int
) -> ChangesView:
    groups = _by_flag(changes.events)
    unknown_experiments = sum(1 for event in changes.events if event.experiments is None)
    views = [_flag_changes_view(group, params, ctx, flags) for group in groups[:max_flags]]
    return ChangesView(
        total=humanize.count(changes.total, "large change"),
        none=changes.total <= 0,
        flags=humanize.count(len(groups), "flag"),
        experiments=_experiment_summary(changes, unknown_experiments),
        unknown_experiments=humanize.count(unknown_experiments, "change") if unknown_experiments else "",
        groups=tuple(views),
        hidden=_hidden_summary(groups[max_flags:]),
        unread=humanize.count(changes.unread, "more change") if changes.unread > 0 else "",
    )


def _experiment_summary(changes: EventList, unknown_experiments: int) -> str:
    """Describe how many of the changes had no experiment."""
    without = sum(1 for event in changes.events if event.experiments and not event.experiments.items)
    if not without:
        return "all in experiments" if changes.events and not unknown_experiments else ""
    count = "all " if without == changes.total else f"{without:,} "
    return f"{count if changes.total > 1 else ''}without an experiment"


def _by_flag(events: Iterable[Event]) -> list[list[Event]]:
    """Group changes by flag; sort changes and flags by impact, the largest first."""
    groups: dict[str, list[Event]] = {}
    for event in events:
        groups.setdefault(event.flag, []).append(event)
    sorted_groups = (sorted(group, key=_share_moved, reverse=True) for group in groups.values())
    return sorted(sorted_groups, key=lambda group: (_share_moved(group[0]), len(group)), reverse=True)


def _share_moved(event: Event) -> float:
    """Return the percentage of people that a change moved; -1 if unknown, to sort last."""
    return -1 if event.impact is None or event.impact.percentage is None else event.impact.percentage


def _flag_changes_view(
    events: list[Event], params: EventsParams, ctx: QuestionContext, flags: FlagsByKey
) -> FlagChangesView:
    views = [event_view(event, params.project, params.env, ctx, flags) for event in events]
    by_time = sorted(range(len(events[:MAX_CHANGES])), key=lambda n: events[n].time or 0)
    known = [event.experiments for event in events if event.experiments]
    names = dict.fromkeys(view.experiments for view in views if view.experiments)
    return FlagChangesView(
        largest=views[0],
        changes=humanize.count(len(events), "change") if len(events) > 1 else "",
        who=humanize.join_truncated(list(dict.fromkeys(view.who for view in views)), MAX_NAMES),
        experiments=humanize.join_truncated(list(names), MAX_NAMES)
        or ("no experiment" if len(known) == len(events) else ""),
        listed=tuple(views[n] for n in by_time),
        more=len(events) - len(by_time),
    )


def _hidden_summary(groups: list[list[Event]]) -> str:
    """Summarize the flags and changes that don't fit."""
    if not groups:
        return ""
    return f"{humanize.count(len(groups), 'more flag')} ({humanize.count(sum(map(len, groups)), 'change')})"


class DigestDaysView(View):
    total: str
    gaps: str
    partly: str
    apart: str
    lines: Lines | None
    shifted: bool


def build_days_view(week: Days, reply: ChartReply | None, changes: EventList | None) -> DigestDaysView:
    """Build the view of both; a missing reply is unknown."""
    comparison = DeploysVsChanges(
        week,
        deploys_by_day(week, reply) if reply else {},
        changes.by_day(week) if changes else {},
        has_unread=bool(changes and changes.unread > 0),
    )
    return DigestDaysView(
        total=comparison.deployments_total,
        gaps=comparison.gaps,
        partly=comparison.partial_until,
        apart=week.names_of(comparison.days_with_changes_only),
        lines=comparison.chart.lines,
        shifted=comparison.needs_utc_offset_note,
    )
