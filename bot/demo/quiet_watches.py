"""Skip observations of watches that change nothing, up to the first one that does.

Every watch still asks LaunchDarkly each time it really would. An observation without changes just isn't recorded, so
that a week passes several times as fast.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.demo.clock import DemoClock
from bot.errors import Failure
from bot.schedules.change_detection import states_to_record
from bot.schedules.context import SchedulerContext
from bot.schedules.trigger import WatchTrigger, parse_trigger
from bot.schedules.watch_job import earliest_window_start, observe
from bot.store import QueryKey, Schedule, WatchState


@dataclass
class PendingCheck:
    """The next observation of a question, for all watches that share it."""

    query_key: QueryKey
    states: Sequence[Mapping[str, WatchState]]
    since: datetime

    async def has_changes(self, ctx: SchedulerContext) -> bool:
        """Return whether the watches must really run: something has changed, or the observation fails."""
        try:
            observed = await observe(ctx, self.query_key, self.since)
        except Failure:
            return True
        return any(states_to_record(states, observed) for states in self.states)


async def skip_quiet_checks(
    ctx: SchedulerContext, clock: DemoClock, watches: Sequence[Schedule], end: datetime
) -> None:
    """Move the clock from observation to observation until one has changes, or the next isn't before *end*."""
    checks = await _pending_checks(ctx, watches)
    while checks and (next_check := min(checks, key=lambda check: check.query_key.at)).query_key.at < end:
        clock.advance_to(next_check.query_key.at)
        if await next_check.has_changes(ctx):
            return
        next_check.query_key = replace(next_check.query_key, at=next_check.query_key.at + ctx.timing.watch_interval)


async def _pending_checks(ctx: SchedulerContext, watches: Sequence[Schedule]) -> list[PendingCheck]:
    watches_by_key: dict[QueryKey, list[Schedule]] = {}
    for watch in watches:
        trigger = parse_trigger(watch.cadence)
        if isinstance(trigger, WatchTrigger) and watch.next_at:
            watches_by_key.setdefault(QueryKey(watch.team, watch.line, trigger.zone, watch.next_at), []).append(watch)
    states = await ctx.store.watch_states.for_watches(watches)
    return [
        PendingCheck(
            query_key, [states[watch.id] for watch in group], earliest_window_start(group, states, query_key.at)
        )
        for query_key, group in watches_by_key.items()
    ]
