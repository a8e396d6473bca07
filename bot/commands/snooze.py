"""`snooze`: skip a schedule's next run, or all runs until a given time."""

from dataclasses import replace
from datetime import datetime, time, timedelta
from functools import partial
from typing import Annotated
from zoneinfo import ZoneInfo

from bot.commands.base import Command, CommandContext
from bot.commands.schedule_lookup import ChangedView, NumberParams, changed_fields, edit_schedule, resolve_schedule
from bot.errors import Rejected
from bot.lines.param_types import InvalidValue, closest_match
from bot.lines.spec import bot_param
from bot.lines.timespec import DAY_NAMES, normalize_time, resolve_time, to_milliseconds
from bot.messages import humanize
from bot.messages.mrkdwn import Timestamp
from bot.schedules.triggers import next_run_at, trigger_of
from bot.store import Schedule

PAST_WORDS = ("now", "today", "yesterday")
TOMORROW = "tomorrow"
DAYS_PER_WEEK = 7


class _FutureTimeType:
    """A time in the future, stored as it was typed.

    A question looks back and a command looks ahead, so `2w` and `monday` mean something else here than in `timespec`.
    """

    hint = "2w, 3d, tomorrow, monday or 2026-12-24"

    def read(self, word: str) -> str:
        time_spec = TOMORROW if word.lower() == TOMORROW else normalize_time(word)
        if time_spec is None or time_spec in PAST_WORDS:
            suggestion = None if time_spec in PAST_WORDS else closest_match(word, (*DAY_NAMES, TOMORROW))
            raise InvalidValue(f"“{word[:60]}” isn't a future time. Try {self.hint}", suggestion)
        return time_spec

    def write(self, value: str) -> str:
        return value


FUTURE_TIME = _FutureTimeType()


class SnoozeParams(NumberParams):
    until: Annotated[str | None, FUTURE_TIME, bot_param("skip every run until then, instead of one")] = None


class SnoozedView(ChangedView):
    until: Timestamp  # also of a watch, which has no next run


async def execute(params: SnoozeParams, ctx: CommandContext) -> SnoozedView:
    schedule = await resolve_schedule(params.number, ctx)
    changed = await edit_schedule(schedule, partial(_snooze, params=params, ctx=ctx), ctx)
    until = to_milliseconds(changed.schedule.next_at or ctx.now)
    return SnoozedView(**changed_fields(changed, ctx), until=humanize.timestamp(until, ZoneInfo(schedule.zone)))


def _snooze(schedule: Schedule, params: SnoozeParams, ctx: CommandContext) -> Schedule:
    if schedule.next_at is None:
        raise Rejected(f"Schedule {schedule.number} is paused.", f"Resume it with `resume {schedule.number}`.")
    default_until = "1d" if schedule.is_watch else None  # a watch has no next run to skip
    silent_until = _silent_until(params.until or default_until, schedule.next_at, ctx)
    return replace(schedule, next_at=next_run_at(trigger_of(schedule), silent_until))


def _silent_until(time_spec: str | None, next_at: datetime, ctx: CommandContext) -> datetime:
    if time_spec is None:
        return next_at
    until = _resolve_future_time(time_spec, ctx.now, ctx.caller.zone)
    if until <= ctx.now:
        raise Rejected("That time has passed.", "Give a later one, such as 2026-12-24, or none to skip one run.")
    return until - timedelta(microseconds=1)  # a run due exactly then isn't skipped


def _resolve_future_time(time_spec: str, now: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment that a time spec means. A day means its beginning, and a weekday is never today."""
    local_now = now.astimezone(zone)
    if time_spec in (TOMORROW, *DAY_NAMES):
        days = (
            1 if time_spec == TOMORROW else (DAY_NAMES.index(time_spec) - local_now.weekday() - 1) % DAYS_PER_WEEK + 1
        )
        return datetime.combine(local_now.date() + timedelta(days=days), time(), zone)
    resolved = resolve_time(time_spec, now, zone)
    return resolved if time_spec[-1] not in "mhdw" else now + (now - resolved)


COMMAND = Command[SnoozeParams, SnoozedView](
    name="snooze",
    summary="Skip a schedule's next run",
    examples=("snooze 3", "snooze 3 until=2026-12-24"),
    params=SnoozeParams,
    restricted=True,
    view=SnoozedView,
    execute=execute,
)
