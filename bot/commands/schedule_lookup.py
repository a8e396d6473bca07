"""What the commands that act on schedules share: parameters, lookup, checks and creation."""

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from bot.commands.base import CommandContext, Publication
from bot.errors import NotFound, Rejected
from bot.lines.param_types import IntRange, InvalidValue
from bot.lines.spec import Params, bot_param
from bot.questions.base import View
from bot.schedules.question_check import CheckedQuestion, QuestionCheck, check_channel, check_question
from bot.schedules.triggers import Trigger, describe_trigger, next_run_at, trigger_fields, trigger_of, with_span
from bot.schedules.views import ScheduleView, schedule_view
from bot.store import ChangedSchedule, Schedule, ScheduleState

if TYPE_CHECKING:
    from bot.store.schedules import ScheduleEdit
    from bot.store.store import Store

NUMBER_PARAM = bot_param("schedule number; not needed if the channel has only one")


class _SavedQuestionType:
    """A question's line, stored as it was parsed."""

    hint = "a question"

    def read(self, line: str) -> str:
        return line

    def write(self, line: str) -> str:
        return line


SAVED_QUESTION = _SavedQuestionType()


class _ScheduleNumberType(IntRange):
    """A schedule's number. A mistake gets no suggestion, because another number is another schedule."""

    def read(self, word: str) -> int:
        try:
            return super().read(word)
        except InvalidValue:
            raise InvalidValue(f"“{word[:60]}” isn't a schedule number") from None


SCHEDULE_NUMBER = _ScheduleNumberType(1, 100_000)


class NumberParams(Params):
    """The parameters of a command that takes only a schedule's number."""

    positional: ClassVar[tuple[str, ...]] = ("number",)

    number: Annotated[int | None, SCHEDULE_NUMBER, NUMBER_PARAM] = None


class ChangedView(View):
    """A schedule that somebody has created or changed."""

    schedule_id: str
    schedule: ScheduleView
    by: str
    change: int  # the number of the change

    @property
    def undo(self) -> str:
        """The line that undoes this change, as long as it is the last one."""
        return f"undo {self.schedule.number} change={self.change}"

    @property
    def public(self) -> bool:
        return True


async def resolve_schedule(number: int | None, ctx: CommandContext) -> Schedule:
    """Return the channel's schedule with this number, or its only one; never a stopped one."""
    schedules = await ctx.store.schedules.list_for_channel(ctx.caller.team, ctx.caller.channel)
    if number is None and len(schedules) > 1:
        numbers = ", ".join(str(schedule.number) for schedule in schedules)
        raise Rejected(f"This channel has several schedules: {numbers}.", "Which one? `schedules` lists them.")
    if number is None and not schedules:
        raise NotFound("This channel has no schedules.", "See `help every` to add one.")
    matching = [schedule for schedule in schedules if number in (None, schedule.number)]
    return matching[0] if matching else await get_schedule(number or 0, ctx.store, ctx.caller.team, ctx.caller.channel)


async def get_schedule(number: int, store: "Store", team: str, channel: str) -> Schedule:
    """Return a channel's schedule; if it doesn't exist or was stopped, raise NotFound with what to do instead."""
    schedule = await find_schedule(number, store, team, channel)
    _check_not_stopped(schedule)
    return schedule


async def find_schedule(number: int, store: "Store", team: str, channel: str) -> Schedule:
    """Return a channel's schedule, even if it was stopped; if it doesn't exist, raise NotFound."""
    schedule = await store.schedules.find(team, channel, number)
    if schedule is None:
        raise NotFound(f"There's no schedule {number} in this channel.", "`schedules` lists them.")
    return schedule


def _check_not_stopped(schedule: Schedule) -> None:
    if schedule.state is ScheduleState.STOPPED:
        raise NotFound(f"Schedule {schedule.number} was stopped.", restart_hint(schedule))


def restart_hint(schedule: Schedule) -> str:
    """Return what to type to start a stopped schedule again."""
    restart = "watch on" if schedule.is_watch else f"every {trigger_of(schedule)}"
    return f"To start it again, type `/insights {restart} {schedule.line}`."


def publication(schedule: Schedule) -> Publication:
    return Publication(schedule.line, describe_trigger(trigger_of(schedule), schedule.line))


async def edit_schedule(schedule: Schedule, edit: "ScheduleEdit", ctx: CommandContext) -> ChangedSchedule:
    """Change a schedule, unless somebody has stopped it in the meantime."""

    def edit_unless_stopped(current: Schedule) -> Schedule:
        _check_not_stopped(current)
        return edit(current)

    return await ctx.store.schedules.edit(schedule.id, edit_unless_stopped, ctx.caller.user, ctx.now)


def changed_view(changed: ChangedSchedule, ctx: CommandContext) -> ChangedView:
    return ChangedView(**changed_fields(changed, ctx))


def changed_fields(changed: ChangedSchedule, ctx: CommandContext) -> dict[str, Any]:
    """Return the fields of a `ChangedView`, for one that has more."""
    schedule = changed.schedule
    return {
        "schedule_id": schedule.id,
        "schedule": schedule_view(schedule),
        "by": ctx.caller.user,
        "change": changed.number,
    }


async def create_schedule(question: str, trigger: Trigger, ctx: CommandContext) -> tuple[ChangedSchedule, str]:
    """Save a schedule if the channel has room for it and LaunchDarkly can answer its question.

    Also return why the question couldn't be checked, or an empty string.
    """
    await check_can_schedule(question, trigger, ctx)
    checked = await check_answer(question, trigger, ctx)
    new = Schedule(
        id="",
        team=ctx.caller.team,
        channel=ctx.caller.channel,
        number=0,
        owner=ctx.caller.user,
        **trigger_fields(trigger),
        line=with_span(checked.line, trigger),
        state=ScheduleState.ACTIVE,
        why="",
        next_at=next_run_at(trigger, ctx.now),
    )
    added = await ctx.store.schedules.add(new, ctx.now, partial(check_channel, checked.line, trigger))
    return ChangedSchedule(added, 1), checked.unchecked


async def check_answer(question: str, trigger: Trigger, ctx: CommandContext) -> CheckedQuestion:
    """Ask a question once before it is saved; what keeps it from being answered is raised."""
    return await QuestionCheck(ctx.scheduler.answers, ctx.scheduler.now).check(question, trigger, ctx.caller)


async def check_can_schedule(question: str, trigger: Trigger, ctx: CommandContext) -> None:
    """Raise if a question can't be scheduled, or the channel has no room for it."""
    check_question(question, trigger)
    check_channel(question, trigger, await ctx.store.schedules.list_for_channel(ctx.caller.team, ctx.caller.channel))
