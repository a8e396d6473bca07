"""`every`: a question is asked by the clock, and its answer posted where that was ordered."""

from dataclasses import replace
from typing import Annotated

from bot.commands.base import Circumstances, Order, Publication
from bot.commands.quiet_preview import PreviewView, preview
from bot.commands.schedule_lookup import SAVED, ChangedView, begin
from bot.lines.params import Query, own
from bot.schedules.recurrence import CADENCE, Cadence
from bot.schedules.views import schedule_view


class EveryQuery(Query):
    words = ("when",)
    saves = "question"

    when: Annotated[Cadence, CADENCE, own("on which days, at what time, in which time zone")]
    question: Annotated[str, SAVED, own("what is asked")]


class EveryView(ChangedView):
    reached: bool
    preview: PreviewView | None
    unchecked: str  # why LaunchDarkly couldn't be asked before it was saved


def _cadence(query: EveryQuery, given: Circumstances) -> Cadence:
    return replace(query.when, zone=query.when.zone or given.zone.key)


async def publishes(query: EveryQuery, given: Circumstances) -> Publication:
    return Publication(query.question, _cadence(query, given).says())


async def obey(query: EveryQuery, given: Circumstances) -> EveryView:
    """The question is kept, and is due at the next moment of its cadence."""
    cadence = _cadence(query, given)
    schedule, unchecked = await begin(query.question, cadence, given)
    reached = await given.reach.is_in(given.place.channel)
    looked_back = await preview(schedule.line, given)
    return EveryView(
        schedule=schedule_view(schedule),
        by=given.place.user,
        reached=reached,
        preview=looked_back,
        unchecked=unchecked,
    )


ORDER = Order[EveryQuery, EveryView](
    name="every",
    summary="Ask a question by the clock, and post the answer here",
    examples=(
        "every monday 9:00 digest web/production",
        "every weekday 17:30 Europe/Berlin events web/production since=1d",
        "every first monday 9:00 scores web/production",
    ),
    query=EveryQuery,
    guarded=True,
    publishes=publishes,
    view=EveryView,
    obey=obey,
)
