"""What the commands that act on schedules share: parameters, lookup, checks and creation."""

from functools import partial
from typing import TYPE_CHECKING, Annotated, ClassVar

from bot.commands.base import CommandContext, Publication
from bot.errors import NotFound, Rejected
from bot.lines.param_types import IntRange, InvalidValue
from bot.lines.spec import Params, bot_param
from bot.questions.base import View
from bot.schedules.question_check import CheckedQuestion, QuestionCheck, check_channel, check_question
from bot.schedules.triggers import Trigger, next_run_at, trigger_fields, trigger_of, with_span
from bot.schedules.views import ScheduleView, schedule_view
from bot.store import Schedule, ScheduleState

if TYPE_CHECKING:
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
    """A schedule that somebody has changed."""

    schedule: ScheduleView
    by: str

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
    schedule = await store.schedules.find(team, channel, number)
    if schedule is None:
        raise NotFound(f"There's no schedule {number} in this channel.", "`schedules` lists them.")
    if schedule.state is ScheduleState.STOPPED:
        restart = "watch on" if schedule.is_watch else f"every {trigger_of(schedule)}"
        raise NotFound(
            f"Schedule {number} was stopped.", f"To start it again, type `/insights {restart} {schedule.line}`."
        )
    return schedule


def publication(schedule: Schedule) -> Publication:
    return Publication(schedule.line, trigger_of(schedule).describe())


def changed_view(schedule: Schedule, ctx: CommandContext) -> ChangedView:
    return ChangedView(schedule=schedule_view(schedule), by=ctx.caller.user)


async def create_schedule(question: str, trigger: Trigger, ctx: CommandContext) -> tuple[Schedule, str]:
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
    return await ctx.store.schedules.add(new, ctx.now, partial(check_channel, checked.line, trigger)), checked.unchecked


async def check_answer(question: str, trigger: Trigger, ctx: CommandContext) -> CheckedQuestion:
    """Ask a question once before it is saved; what keeps it from being answered is raised."""
    return await QuestionCheck(ctx.scheduler.answers, ctx.scheduler.now).check(question, trigger, ctx.caller)


async def check_can_schedule(question: str, trigger: Trigger, ctx: CommandContext) -> None:
    """Raise if a question can't be scheduled, or the channel has no room for it."""
    check_question(question, trigger)
    check_channel(question, trigger, await ctx.store.schedules.list_for_channel(ctx.caller.team, ctx.caller.channel))
