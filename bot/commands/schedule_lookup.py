"""What the orders that look after schedules have in common."""

from functools import partial
from typing import TYPE_CHECKING, Annotated, ClassVar

from bot.commands.base import Circumstances, Publication
from bot.errors import NotFound, Refused
from bot.lines.param_types import Mistake, Whole
from bot.lines.params import Query, own
from bot.questions.base import View
from bot.schedules.limits import check_question, check_room
from bot.schedules.trigger import Rhythm, Watch, next_of, rhythm
from bot.schedules.views import ScheduleView, schedule_view
from bot.store import Schedule

if TYPE_CHECKING:
    from bot.store.store import Store

NUMBER = own("which schedule of this channel; where there is only one, that one")


class _Saved:
    """A question, as it was understood."""

    allowed = "a question"

    def read(self, line: str) -> str:
        return line

    def write(self, line: str) -> str:
        return line


SAVED = _Saved()


class _Number(Whole):
    """A schedule's number. Another number is another schedule, so none is suggested."""

    def read(self, word: str) -> int:
        try:
            return super().read(word)
        except Mistake:
            raise Mistake(f"“{word[:60]}” isn't a schedule number") from None


SCHEDULE_NUMBER = _Number(1, 100_000)


class NumberQuery(Query):
    """Which schedule is meant."""

    words: ClassVar[tuple[str, ...]] = ("number",)

    number: Annotated[int | None, SCHEDULE_NUMBER, NUMBER] = None


class ChangedView(View):
    """A schedule that somebody has changed."""

    schedule: ScheduleView
    by: str

    @property
    def public(self) -> bool:
        return True


async def meant(number: int | None, given: Circumstances) -> Schedule:
    """The schedule that is meant, which is not stopped."""
    found = await given.store.schedules.of(given.place.team, given.place.channel)
    if number is None and len(found) > 1:
        numbers = ", ".join(str(schedule.number) for schedule in found)
        raise Refused(f"This channel has several schedules: {numbers}.", "Say which one; `schedules` shows them.")
    if number is None and not found:
        raise NotFound("There are no schedules in this channel.", "`help every` shows how to make one.")
    chosen = [schedule for schedule in found if number in (None, schedule.number)]
    return chosen[0] if chosen else await find(number or 0, given.store, given.place.team, given.place.channel)


async def find(number: int, store: "Store", team: str, channel: str) -> Schedule:
    """Return a channel's schedule; if it is gone, raise what to do instead."""
    schedule = await store.schedules.find(team, channel, number)
    if schedule is None:
        raise NotFound(f"There is no schedule {number} in this channel.", "`schedules` shows those that there are.")
    if schedule.state == "stopped":
        found = rhythm(schedule.cadence)
        again = f"watch on {schedule.line}" if isinstance(found, Watch) else f"every {found} {schedule.line}"
        raise NotFound(f"Schedule {number} was stopped.", f"To start it again, type `/insights {again}`.")
    return schedule


def publication(schedule: Schedule) -> Publication:
    return Publication(schedule.line, rhythm(schedule.cadence).says())


def changed(schedule: Schedule, given: Circumstances) -> ChangedView:
    return ChangedView(schedule=schedule_view(schedule), by=given.place.user)


async def begin(question: str, found: Rhythm, given: Circumstances) -> tuple[Schedule, str]:
    """Save a question that can be answered, if there is room for it here; and why it couldn't be checked, if so."""
    await check(question, found, given)
    checked = await given.reach.check(question, found, given.place.user)
    new = Schedule(
        id="",
        team=given.place.team,
        channel=given.place.channel,
        number=0,
        owner=given.place.user,
        cadence=str(found),
        line=checked.line,
        state="active",
        why="",
        next_at=next_of(found, given.now),
    )
    return await given.store.schedules.add(new, given.now, partial(check_room, checked.line, found)), checked.unchecked


async def check(question: str, found: Rhythm, given: Circumstances) -> None:
    """Whether a question can be saved here."""
    check_question(question, found)
    check_room(question, found, await given.store.schedules.of(given.place.team, given.place.channel))
