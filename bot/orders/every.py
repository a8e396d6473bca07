"""`every`: a question is asked by the clock, and its answer posted where that was ordered."""

from dataclasses import replace
from typing import Annotated

from bot.endpoints._query import Query, own
from bot.errors import Refused
from bot.orders._order import Circumstances, Order
from bot.orders._schedules import LONGEST, SAVED, ChangedView
from bot.schedules.cadence import CADENCE, Cadence
from bot.schedules.due import following
from bot.schedules.views import schedule_view
from bot.store import Schedule

MOST = 20  # schedules of a channel


class EveryQuery(Query):
    words = ("when",)
    saves = "question"

    when: Annotated[Cadence, CADENCE, own("on which days, at what time, in which time zone")]
    question: Annotated[str, SAVED, own("what is asked")]


class EveryView(ChangedView):
    reached: bool


async def obey(query: EveryQuery, given: Circumstances) -> EveryView:
    """The question is kept, and is due at the next moment of its cadence."""
    cadence = replace(query.when, zone=query.when.zone or given.zone.key)
    await _check(query, cadence, given)
    new = Schedule(
        id="",
        team=given.place.team,
        channel=given.place.channel,
        number=0,
        owner=given.place.user,
        cadence=str(cadence),
        line=query.question,
        state="active",
        why="",
        next_at=following(cadence, given.now),
    )
    schedule = await given.store.schedules.add(new, given.now)
    reached = await given.reach.is_in(given.place.channel)
    return EveryView(schedule=schedule_view(schedule), by=given.place.user, reached=reached)


async def _check(query: EveryQuery, cadence: Cadence, given: Circumstances) -> None:
    if len(query.question) > LONGEST:
        raise Refused("That question is too long to be kept.", f"It may have {LONGEST} characters.")
    there = await given.store.schedules.of(given.place.team, given.place.channel)
    for schedule in there:
        if (schedule.line, schedule.cadence) == (query.question, str(cadence)):
            raise Refused(f"That is asked here already: it is number {schedule.number}.", "`schedules` shows it.")
    if len(there) >= MOST:
        raise Refused(f"This channel has {MOST} schedules, and may not have more.", "Stop one; `schedules` shows them.")


ORDER = Order[EveryQuery, EveryView](
    name="every",
    summary="Ask a question by the clock, and post the answer here",
    examples=(
        "every monday 9:00 digest web/production",
        "every weekday 17:30 Europe/Berlin events web/production since=1d",
        "every first monday 9:00 scores web/production",
    ),
    query=EveryQuery,
    public=True,
    guarded=True,
    view=EveryView,
    obey=obey,
)
