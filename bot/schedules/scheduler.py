"""Create runs for due schedules, collect the open runs to offer to the engine, and save what happens to them.

Several processes may do this at the same time for the same runs.
"""

import logging
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from zlib import crc32

from bot.schedules.context import SchedulerContext
from bot.schedules.lifecycle import notify_owner_of_failures, notify_owners_of_pause
from bot.schedules.runs import (
    MISSED_REASON,
    Change,
    Due,
    Missed,
    NotifyOwner,
    Offered,
    PauseChannel,
    Requested,
    Requeued,
    RunEvent,
    create,
    transition,
)
from bot.schedules.triggers import WatchTrigger, due, next_after, trigger_of, with_since
from bot.store import DueSchedule, QueryKey, Run, RunState, Schedule

log = logging.getLogger(__name__)

MAX_DISPATCHED = 500  # schedules, and open runs, at a time; the rest follow in the next dispatch
MAX_SCHEDULES_PER_TRANSACTION = 100


@dataclass(frozen=True)
class Offer:
    """Open runs that wait for the same answer, and whether it is stored already."""

    query_key: QueryKey
    runs: tuple[Run, ...]
    answered: bool

    @property
    def offer_count(self) -> int:
        return max(run.offered for run in self.runs)


async def collect_work(ctx: SchedulerContext, now: datetime) -> tuple[list[Offer], list[QueryKey]]:
    """Return the runs to answer and deliver, and the watches to check, that are due by *now*."""
    schedules = await ctx.store.schedules.due(ctx.team, now, MAX_DISPATCHED)
    due_schedules = list(filter(None, (_due_schedule(ctx, schedule, now) for schedule in schedules)))
    watch_keys, due_watches = _due_watches(ctx, schedules, now)
    await _save_due(ctx, due_schedules + due_watches)
    return list(_group_by_query(await ctx.store.runs.list_open(ctx.team, now, MAX_DISPATCHED))), watch_keys


async def defer(ctx: SchedulerContext, runs: Sequence[Run]) -> None:
    """Don't offer runs again that the engine has, except after a while, in case they were lost there."""
    offered = Offered(ctx.now() + 3 * ctx.timing.lease)
    await ctx.store.runs.offer((run, transition(run, offered, ctx.now())[0]) for run in runs)


async def requeue(ctx: SchedulerContext, schedule_ids: Collection[str], at: datetime) -> None:
    """Offer runs that nobody has leased again at once."""
    await record_all(ctx, await ctx.store.runs.list_at(schedule_ids, at), Requeued())


def _due_watches(
    ctx: SchedulerContext, schedules: Sequence[Schedule], now: datetime
) -> tuple[list[QueryKey], list[DueSchedule]]:
    """Return the watched questions to check, each once however many channels watch it, and the due watches.

    A question is checked at the same times by all processes, and at other times than other questions.
    """
    interval, query_keys, due_watches = int(ctx.timing.watch_interval.total_seconds()), set(), list[DueSchedule]()
    for schedule in schedules:
        if schedule.is_watch and schedule.next_at:
            offset = crc32(schedule.line.encode()) % interval
            at = (int(now.timestamp()) - offset) // interval * interval + offset
            query_keys.add(QueryKey(schedule.team, schedule.line, schedule.zone, datetime.fromtimestamp(at, UTC)))
            due_watches.append(DueSchedule(schedule, datetime.fromtimestamp(at + interval, UTC)))
    return sorted(query_keys), due_watches


async def _save_due(ctx: SchedulerContext, due_schedules: Sequence[DueSchedule]) -> None:
    """Save in batches: a long transaction would block all other writers."""
    for start in range(0, len(due_schedules), MAX_SCHEDULES_PER_TRANSACTION):
        await ctx.store.runs.create_due(due_schedules[start : start + MAX_SCHEDULES_PER_TRANSACTION])


def _due_schedule(ctx: SchedulerContext, schedule: Schedule, now: datetime) -> DueSchedule | None:
    """Return a schedule's runs up to now: missed ones as skipped, and the latest as open if it can be caught up."""
    recurrence, next_at = trigger_of(schedule), schedule.next_at
    if isinstance(recurrence, WatchTrigger) or next_at is None:
        return None
    latest = due(recurrence, next_at, now, ctx.timing.catch_up_window)
    if latest is None or next_at + _stagger(schedule, ctx.timing.spread) > now:
        return None
    missed_at = (*latest.missed, latest.at) if latest.late else latest.missed
    events = [Missed(schedule, at, why=MISSED_REASON) for at in missed_at]
    runs = [create(event, now) for event in events]
    if not latest.late:
        runs.append(create(Due(with_since(schedule, latest.at), latest.at), now))
    return DueSchedule(schedule, next_after(recurrence, latest.at), tuple(runs))


def _stagger(schedule: Schedule, spread: timedelta) -> timedelta:
    """Return a schedule's own delay: many are due at Monday 9:00, so they are spread out."""
    return spread * (int(schedule.id[:4], 16) / 0xFFFF)


def _group_by_query(open_runs: list[tuple[Run, bool]]) -> Iterator[Offer]:
    def group_key(pair: tuple[Run, bool]) -> tuple[QueryKey, bool]:
        run, answered = pair
        return run.query_key, answered

    for (query_key, answered), pairs in groupby(sorted(open_runs, key=group_key), key=group_key):
        yield Offer(query_key, tuple(run for run, _ in pairs), answered)


class LeaseLost(Exception):
    """The event came too late, or another worker has taken the run over."""


async def request_run(ctx: SchedulerContext, schedule: Schedule, at: datetime, by: str) -> None:
    """Add a run that somebody wants now."""
    await ctx.store.runs.add(create(Requested(with_since(schedule, at), at, by), ctx.now()))


async def record(ctx: SchedulerContext, run: Run, event: RunEvent) -> Change:
    """Save what an event makes of a run, and return that with what to do next; raise LeaseLost if it comes too late."""
    after, effects = transition(run, event, ctx.now())
    if after is run:
        raise LeaseLost
    pause = next((effect for effect in effects if isinstance(effect, PauseChannel)), None)
    if pause:
        await _save_and_pause(ctx, run, after, pause)
    elif not await ctx.store.runs.save([(run, after)]):
        raise LeaseLost
    await _follow_up(ctx, (after, effects))
    return after, effects


async def record_all(ctx: SchedulerContext, runs: Sequence[Run], event: RunEvent) -> None:
    """Save what an event makes of several runs, without those for which it comes too late."""
    changes = {run: transition(run, event, ctx.now()) for run in runs}
    saved = await ctx.store.runs.save((run, after) for run, (after, _) in changes.items() if after is not run)
    for after, effects in changes.values():
        if after in saved:
            await _follow_up(ctx, (after, effects))


async def _save_and_pause(ctx: SchedulerContext, run: Run, after: Run, pause: PauseChannel) -> None:
    paused = await ctx.store.runs.save_and_pause((run, after), pause.channel, pause.code, ctx.now())
    if paused is None:
        raise LeaseLost
    await notify_owners_of_pause(ctx, paused, pause.code)


async def _follow_up(ctx: SchedulerContext, change: Change) -> None:
    run, effects = change
    if run.outcome:
        _report_outcome(ctx, run, run.outcome)
    for effect in effects:
        if isinstance(effect, NotifyOwner):
            await notify_owner_of_failures(ctx, run, at_once=effect.at_once)


def _report_outcome(ctx: SchedulerContext, run: Run, outcome: RunState) -> None:
    ctx.on_run_closed(outcome, (ctx.now() - run.at).total_seconds())
    facts = {
        "question": run.line,
        "outcome": outcome,
        "why": run.why,
        "schedule": run.schedule,
        "attempt": run.attempt,
    }
    is_delivered = outcome in (RunState.DELIVERED, RunState.QUIET)
    log.info("delivered" if is_delivered else "not delivered", extra={"facts": facts})
