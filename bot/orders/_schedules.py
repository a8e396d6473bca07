"""What the orders that look after schedules have in common."""

from typing import Annotated, ClassVar

from bot.endpoints._endpoint import View
from bot.endpoints._query import Query, own
from bot.endpoints._values import Mistake, Whole
from bot.errors import NotFound, Refused
from bot.orders._order import Circumstances
from bot.schedules.rhythm import Rhythm, next_of
from bot.schedules.views import ScheduleView, schedule_view
from bot.store import Schedule

NUMBER = own("which schedule of this channel; where there is only one, that one")


class _Saved:
    """A question, as it was understood."""

    allowed = "a question"

    def read(self, line: str) -> str:
        return line

    def write(self, line: str) -> str:
        return line


SAVED = _Saved()
MOST = 20  # schedules of a channel
LONGEST = 500  # characters of a question; the engine keeps it in the name of its work


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
    chosen = [schedule for schedule in found if number in (None, schedule.number)]
    if not chosen:
        what = (
            f"There is no schedule {number} in this channel." if number else "There are no schedules in this channel."
        )
        raise NotFound(what, "`schedules` shows those that there are.")
    return chosen[0]


def changed(schedule: Schedule, given: Circumstances) -> ChangedView:
    return ChangedView(schedule=schedule_view(schedule), by=given.place.user)


async def begin(question: str, found: Rhythm, given: Circumstances) -> Schedule:
    """Keep a question, if there is room for it here and it is not here already."""
    await check_room(question, found, given)
    new = Schedule(
        id="",
        team=given.place.team,
        channel=given.place.channel,
        number=0,
        owner=given.place.user,
        cadence=str(found),
        line=question,
        state="active",
        why="",
        next_at=next_of(found, given.now),
    )
    return await given.store.schedules.add(new, given.now)


async def check_room(question: str, found: Rhythm, given: Circumstances) -> None:
    """Whether a question can be kept here."""
    if len(question) > LONGEST:
        raise Refused("That question is too long to be kept.", f"It may have {LONGEST} characters.")
    there = await given.store.schedules.of(given.place.team, given.place.channel)
    for schedule in there:
        if (schedule.line, schedule.cadence) == (question, str(found)):
            raise Refused(f"That is asked here already: it is number {schedule.number}.", "`schedules` shows it.")
    if len(there) >= MOST:
        raise Refused(f"This channel has {MOST} schedules, and may not have more.", "Stop one; `schedules` shows them.")
