"""The watch job: observe a question once for all channels that watch it, and alert each about what is new to it.

The first check is silent. A channel that reaches the hourly limit of alerts gets one last alert, which offers to mute
the watch; later changes are posted when the hour is over.

Only identities and states are compared, never rendered text, and each change is reported once.
"""

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from bot.access import Caller
from bot.answers import Fetch
from bot.errors import TRANSIENT_FAILURES, Failure, Rejected, TryLater
from bot.lines.timespec import to_milliseconds
from bot.messages import humanize
from bot.questions import discover
from bot.questions.base import PENDING, AnyQuestion, Observation, QuestionContext, View, failure_text
from bot.schedules.context import SchedulerContext, serialize_message
from bot.schedules.lifecycle import notify_owner
from bot.schedules.runs import MAX_REASON_CHARS, Alerted, CheckFailed, create
from bot.schedules.views import WatchItemView, WatchPreview
from bot.store import QueryKey, Run, Schedule, WatchState

log = logging.getLogger(__name__)

MAX_ALERT_ITEMS = 10
MAX_LOOKBACK = timedelta(days=1)  # for events that LaunchDarkly is still calculating, and after an outage
HOUR = timedelta(hours=1)
OVERLAP_MILLISECONDS = 900_000  # between a watch's windows, as events may be reported late
LATE_AFTER_MILLISECONDS = 3_600_000  # events older than this are flagged as late


ObserveFunction = Callable[[Any, QuestionContext, datetime], Awaitable[dict[str, Observation]]]


def observer_for(name: str) -> ObserveFunction:
    """Return a function that observes a question from a time on, or raise Rejected if it can't be watched."""
    questions = discover()
    if questions[name].observe is None:
        watchable = humanize.join_with_and([name for name, question in questions.items() if question.observe])
        raise Rejected(f"I can't watch `{name}`.", f"I can watch {watchable}.")
    return partial(_observe, questions[name])


async def _observe(question: AnyQuestion, params: Any, ctx: QuestionContext, since: datetime) -> dict[str, Observation]:
    fetch_since = question.fetch_since
    reply = await (fetch_since(params, ctx, since) if fetch_since else question.fetch(params, ctx))
    return question.observe(params, reply, ctx) if question.observe else {}


def first_observation(line: str, now: datetime) -> Fetch:
    """Return a fetch that does a watch's first check, which is silent."""
    observe_question = observer_for(line.partition(" ")[0])
    return lambda params, ctx: observe_question(params, ctx, now - timedelta(milliseconds=OVERLAP_MILLISECONDS))


@dataclass(frozen=True)
class ObservedChange:
    """An observation that is new, or whose state has changed."""

    observation: Observation
    before: str  # the previous state as people read it; empty for a new observation
    late: bool


def detect_changes(
    known_states: Mapping[str, WatchState], observations: Mapping[str, Observation], now: float
) -> list[ObservedChange]:
    """Return the changes to alert about, in the order of the observations."""
    return [
        ObservedChange(
            observation, _previous_label(known_states.get(key)), _is_late(known_states.get(key), observation, now)
        )
        for key, observation in observations.items()
        if observation.tells and (key not in known_states or known_states[key].state != observation.state)
    ]


def _previous_label(previous: WatchState | None) -> str:
    return previous.says if previous and previous.state != PENDING else ""


def _is_late(previous: WatchState | None, observation: Observation, now: float) -> bool:
    """Return whether an event was pending when it was first seen, or happened long ago."""
    return observation.at is not None and (
        bool(previous and previous.state == PENDING) or now - observation.at > LATE_AFTER_MILLISECONDS
    )


def states_to_record(
    known_states: Mapping[str, WatchState], observations: Mapping[str, Observation]
) -> dict[str, WatchState]:
    """Return the states to add to the known ones: those alerted about, and pending ones that may become changes."""
    return {
        key: WatchState(observation.state, observation.says, observation.at)
        for key, observation in observations.items()
        if (key in known_states and known_states[key].state != observation.state)
        or (key not in known_states and (observation.tells or observation.state == PENDING))
    }


def window_start(known_states: Iterable[WatchState], looked_at: float, max_lookback: float) -> float:
    """Return the start of a watch's next window, in milliseconds.

    It is the last check, or the oldest event that was still pending then, but at most `max_lookback` before the last
    check. The windows overlap, as events may be reported a little late.
    """
    pending = [known.happened for known in known_states if known.state == PENDING and known.happened is not None]
    return max(min([looked_at, *pending]) - OVERLAP_MILLISECONDS, looked_at - max_lookback)


class WatchUpdateView(View):
    """A watch's alert."""

    number: int
    line: str
    total: str
    items: tuple[WatchItemView, ...]
    more: str
    late: str
    storm: bool
    mute: str


async def preview_last_week(ctx: SchedulerContext, line: str, caller: Caller) -> WatchPreview:
    """Return the alerts that a watch of this question would have sent in the last seven days."""
    observations, zone = await _observe_for(ctx, line, caller, ctx.now() - timedelta(days=7)), caller.zone.key
    changes = [
        ObservedChange(observation, "", late=False) for observation in observations.values() if observation.tells
    ]
    known = all(observation.at is not None for observation in observations.values())
    return WatchPreview(tuple(item_view(change, zone) for change in reversed(changes)) if known else (), known)


async def check_watch(ctx: SchedulerContext, query_key: QueryKey) -> list[Run]:
    """Observe a question, record an alert for each channel with changes, and return the runs that deliver them."""
    watches = await ctx.store.schedules.list_watching(query_key.team, query_key.line, query_key.zone)
    if not watches:
        return []
    known_states = await ctx.store.watch_states.for_watches(watches)
    try:
        observations = await observe(ctx, query_key, earliest_window_start(watches, known_states, query_key.at))
    except Failure as failure:
        log.info("not checked", extra={"facts": {"question": query_key.line, "outcome": failure.outcome}})
        await _handle_failure(ctx, watches, query_key, failure)
        return []
    alerted = [
        schedule.id
        for schedule in watches
        if await _record_and_alert(ctx, schedule, known_states[schedule.id], observations, query_key)
    ]
    return [run for run in await ctx.store.runs.list_awaiting(query_key) if run.schedule in alerted]


async def observe(ctx: SchedulerContext, query_key: QueryKey, since: datetime) -> dict[str, Observation]:
    """Return what a question observes from that time on."""
    return await _observe_for(ctx, query_key.line, ctx.caller(query_key.zone), since)


async def _observe_for(ctx: SchedulerContext, line: str, caller: Caller, since: datetime) -> dict[str, Observation]:
    parsed, question_ctx = ctx.answers.prepare_question(line, caller)
    return await observer_for(parsed.spec.name)(parsed.params, question_ctx, since)


def earliest_window_start(
    watches: Sequence[Schedule], known_states: Mapping[str, Mapping[str, WatchState]], now: datetime
) -> datetime:
    """Return the start of the window that covers what each of the watches needs."""
    starts = [
        window_start(
            known_states[watch.id].values(),
            to_milliseconds(watch.looked_at or now),
            MAX_LOOKBACK / timedelta(milliseconds=1),
        )
        for watch in watches
    ]
    return datetime.fromtimestamp(min(starts) / 1000, UTC)


async def _handle_failure(
    ctx: SchedulerContext, watches: Sequence[Schedule], query_key: QueryKey, failure: Failure
) -> None:
    """Back off after a transient failure; notify each owner once of a permanent one."""
    if isinstance(failure, TRANSIENT_FAILURES):
        await _back_off(ctx, watches, failure)
        return
    explanation = humanize.truncate_text(failure_text(failure), MAX_REASON_CHARS)
    for schedule in watches:
        recent = await ctx.store.runs.history([schedule.id], 1)
        already_reported = any(
            run.why == explanation and _is_since_last_look(run.at, schedule.looked_at) for run in recent
        )
        failed = create(CheckFailed(schedule, query_key.at, why=explanation), ctx.now())
        if not already_reported and await ctx.store.runs.add(failed):
            await notify_owner(ctx, schedule, explanation)


def _is_since_last_look(failed_at: datetime, looked_at: datetime | None) -> bool:
    """Return whether this was after the last successful check."""
    return looked_at is None or failed_at > looked_at


async def _back_off(ctx: SchedulerContext, watches: Sequence[Schedule], failure: Failure) -> None:
    """Wait after a rate limit, and for longer than LaunchDarkly asks for: digests come first."""
    if isinstance(failure, TryLater):
        retry_at = ctx.now() + max(2 * ctx.timing.watch_interval, timedelta(seconds=failure.retry_after or 0))
        for schedule in watches:
            await ctx.store.schedules.change(schedule.id, ctx.now(), next_at=retry_at)


async def _record_and_alert(
    ctx: SchedulerContext,
    schedule: Schedule,
    known_states: Mapping[str, WatchState],
    observations: Mapping[str, Observation],
    query_key: QueryKey,
) -> bool:
    """Record the new states and the alert about them, if any; return whether there is an alert to deliver."""
    changes = detect_changes(known_states, observations, to_milliseconds(query_key.at)) if schedule.looked_at else []
    alerts = await _alerts_last_hour(ctx, schedule, query_key.at) if changes else 0
    if alerts > ctx.timing.max_alerts_per_hour:
        return False
    view = (
        _update_view(schedule, changes, query_key, storm=alerts == ctx.timing.max_alerts_per_hour) if changes else None
    )
    alert = _alert_run(ctx, schedule, query_key, view) if view else None
    new_states = states_to_record(known_states, observations)
    runs = [alert] if alert else []
    return await ctx.store.watch_states.record(schedule, new_states, query_key.at, runs) and alert is not None


def _alert_run(ctx: SchedulerContext, schedule: Schedule, query_key: QueryKey, view: WatchUpdateView) -> Run:
    message = serialize_message(ctx.answers.notice("watch_update", view))
    return create(Alerted(schedule, query_key.at, message=message), ctx.now())


async def _alerts_last_hour(ctx: SchedulerContext, schedule: Schedule, now: datetime) -> int:
    """Count the alerts of the last hour."""
    return await ctx.store.runs.count_alerts(schedule.id, now - HOUR)


def _update_view(
    schedule: Schedule, changes: Sequence[ObservedChange], query_key: QueryKey, *, storm: bool
) -> WatchUpdateView:
    shown = changes[:MAX_ALERT_ITEMS]
    late = sum(change.late for change in changes)
    more = len(changes) - len(shown)
    return WatchUpdateView(
        number=schedule.number,
        line=schedule.line,
        total=humanize.count(len(changes), "change"),
        items=tuple(item_view(change, query_key.zone) for change in shown),
        more=humanize.count(more, "more change") if more else "",
        late=humanize.count(late, "change") if late else "",
        storm=storm,
        mute=f"snooze {schedule.number} until=1d",
    )


def item_view(change: ObservedChange, zone: str) -> WatchItemView:
    """Build the view of a change."""
    observation = change.observation
    return WatchItemView(
        what=humanize.truncate_text(observation.what, 80),
        owner=observation.owner,
        url=observation.url,
        before=change.before,
        says=observation.says,
        when=humanize.timestamp(observation.at, ZoneInfo(zone)) if observation.at is not None else None,
        late=change.late,
        line=observation.line,
    )
