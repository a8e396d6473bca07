"""The watch job: observe a question once for all channels that watch it, and alert each about what is new to it.

The first check is silent. A channel that reaches the hourly limit of alerts gets one last alert, which offers to mute
the watch; later changes are posted when the hour is over.

An incident whose start was alerted about, such as a flag that goes off, ends in a reply in the alert's thread.
"""

import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from bot.access import Caller
from bot.answers import Fetch
from bot.errors import TRANSIENT_FAILURES, Failure, Rejected, TryLater
from bot.lines.timespec import to_milliseconds
from bot.messages import humanize
from bot.questions import discover
from bot.questions.base import AnyQuestion, Observation, QuestionContext, failure_text
from bot.schedules.alerts import WatchPreview, item_view, reply_view, update_view
from bot.schedules.change_detection import OVERLAP_MILLISECONDS, ObservedChange, states_to_record, window_start
from bot.schedules.context import SchedulerContext, serialize_message
from bot.schedules.incidents import Resolution, assess
from bot.schedules.lifecycle import notify_owner
from bot.schedules.runs import MAX_REASON_CHARS, Alerted, CheckFailed, create
from bot.store import QueryKey, Run, Schedule, WatchState

log = logging.getLogger(__name__)

MAX_REPLIES = 29  # of a check, a second apart: the next check is 30 seconds later at the earliest
MAX_LOOKBACK = timedelta(days=1)  # for events that LaunchDarkly is still calculating, and after an outage
HOUR = timedelta(hours=1)

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


async def preview_last_week(ctx: SchedulerContext, line: str, caller: Caller) -> WatchPreview:
    """Return the alerts that a watch of this question would have sent in the last seven days."""
    observations, zone = await _observe_for(ctx, line, caller, ctx.now() - timedelta(days=7)), caller.zone.key
    known = all(observation.at is not None for observation in observations.values())
    changes = [replace(change, late=False) for change in assess({}, observations, ctx.now()).changes]
    return WatchPreview(tuple(item_view([change], zone) for change in reversed(changes)) if known else (), known)


async def check_watch(ctx: SchedulerContext, query_key: QueryKey) -> list[Run]:
    """Observe a question, record each channel's alert and replies, and return the runs that deliver them."""
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
    return [
        run
        for schedule in watches
        for run in await _record_and_alert(ctx, schedule, known_states[schedule.id], observations, query_key)
    ]


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
) -> list[Run]:
    """Record the new states, the alert about them and the replies to earlier alerts; return what is to deliver."""
    if schedule.looked_at is None:
        await ctx.store.watch_states.record(schedule, states_to_record(known_states, observations), query_key.at, [])
        return []
    findings = assess(known_states, observations, query_key.at)
    alerts = await _alerts_last_hour(ctx, schedule, query_key.at) if findings.changes else 0
    if alerts > ctx.timing.max_alerts_per_hour:
        return []
    is_storm = alerts == ctx.timing.max_alerts_per_hour
    runs = [
        *_alert_runs(ctx, schedule, query_key, findings.changes, is_storm),
        *_reply_runs(ctx, schedule, query_key, findings.resolutions),
    ]
    return runs if await ctx.store.watch_states.record(schedule, findings.states, query_key.at, runs) else []


def _alert_runs(
    ctx: SchedulerContext, schedule: Schedule, query_key: QueryKey, changes: Sequence[ObservedChange], is_storm: bool
) -> Iterator[Run]:
    if changes:
        view = update_view(schedule, changes, query_key.zone, storm=is_storm)
        message = serialize_message(ctx.answers.notice("watch_update", view))
        yield create(Alerted(schedule, query_key.at, message=message), ctx.now())


def _reply_runs(
    ctx: SchedulerContext, schedule: Schedule, query_key: QueryKey, resolutions: Sequence[Resolution]
) -> Iterator[Run]:
    """Create a reply in the thread of each alert. Each is due a second after the one before: its time is its key."""
    alerts_at = sorted({resolution.alert_at for resolution in resolutions})[:MAX_REPLIES]
    for number, alert_at in enumerate(alerts_at, 1):
        view = reply_view([each for each in resolutions if min(each.alert_at, alerts_at[-1]) == alert_at])
        message = serialize_message(ctx.answers.notice("watch_reply", view))
        at = query_key.at + timedelta(seconds=number)
        yield create(Alerted(schedule, at, message=message, reply_to=alert_at), ctx.now())


async def _alerts_last_hour(ctx: SchedulerContext, schedule: Schedule, now: datetime) -> int:
    """Count the alerts of the last hour."""
    return await ctx.store.runs.count_alerts(schedule.id, now - HOUR)
