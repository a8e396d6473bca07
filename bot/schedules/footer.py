"""The footer of scheduled messages: who scheduled or requested it, the next run, and the missed runs before it."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.lines.timespec import to_milliseconds
from bot.messages import humanize
from bot.messages.message import Message
from bot.questions.base import View
from bot.schedules.context import SchedulerContext
from bot.schedules.views import ScheduleView, schedule_view
from bot.store import Run, Schedule

MAX_MISSED_DAYS = 3
MAX_MISSED_RUNS = 30  # more aren't loaded

DeliveryTarget = tuple[Schedule, list[datetime]]  # a run's schedule, and the runs missed before it


class ScheduleFooterView(View):
    """The footer of a scheduled message."""

    schedule: ScheduleView
    by: str
    missed: str


def with_schedule_footer(ctx: SchedulerContext, target: DeliveryTarget, run: Run, message: Message) -> Message:
    """Return the message with the footer below it."""
    schedule, missed_at = target
    missed_days = [humanize.format_day(to_milliseconds(at), ZoneInfo(run.zone)) for at in missed_at]
    view = ScheduleFooterView(
        schedule=schedule_view(schedule), by=run.by, missed=_format_days(list(dict.fromkeys(missed_days)))
    )
    footer = ctx.answers.notice("schedule_footer", view)
    return replace(message, text=f"{message.text} {footer.text}", blocks=(*message.blocks, *footer.blocks))


def _format_days(days: list[str]) -> str:
    """List the latest days in chronological order, and count the earlier ones."""
    earlier = [humanize.count(len(days) - MAX_MISSED_DAYS, "earlier day")] if len(days) > MAX_MISSED_DAYS else []
    return humanize.join_with_and([*earlier, *reversed(days[:MAX_MISSED_DAYS])])
