"""`watch`: a question is asked every few minutes, and only what is new is told.

First it is shown what that would have been in the last week; `watch on …` is what begins it.
"""

from typing import Annotated

from bot.commands.base import Circumstances, Order, Publication
from bot.commands.schedule_lookup import SAVED, begin, check
from bot.lines.param_types import Mistake
from bot.lines.params import Query, own
from bot.messages import humanize
from bot.questions.base import View
from bot.schedules.trigger import Watch
from bot.schedules.views import ItemView, ScheduleView, schedule_view

MOST_ITEMS = 5


class _On:
    """The one word before the question."""

    allowed = "on"

    def knows(self, word: str) -> bool:
        return word.lower() == self.allowed

    def read(self, word: str) -> str:
        if not self.knows(word):
            raise Mistake(f"“{word[:60]}” is neither on nor a question")
        return self.allowed

    def write(self, value: str) -> str:
        return value


class WatchQuery(Query):
    words = ("on",)
    saves = "question"

    on: Annotated[str | None, _On(), own("begins; without it, you see what you would have been told")] = None
    question: Annotated[str, SAVED, own("what is watched")]


class WatchView(View):
    """What was begun, or what it would be like."""

    line: str
    reached: bool
    begun: ScheduleView | None = None
    by: str = ""
    unchecked: str = ""  # why LaunchDarkly couldn't be asked before it was begun
    begin: str = ""
    items: tuple[ItemView, ...] = ()
    more: int = 0
    total: str = ""
    known: bool = False

    @property
    def public(self) -> bool:
        return self.begun is not None


async def publishes(query: WatchQuery, given: Circumstances) -> Publication | None:
    return Publication(query.question, Watch(given.zone.key).says()) if query.on else None


async def obey(query: WatchQuery, given: Circumstances) -> WatchView:
    found = Watch(given.zone.key)
    reached = await given.reach.is_in(given.place.channel)
    if query.on:
        schedule, unchecked = await begin(query.question, found, given)
        given.reach.wake()
        return WatchView(
            line=query.question,
            begun=schedule_view(schedule),
            by=given.place.user,
            reached=reached,
            unchecked=unchecked,
        )
    await check(query.question, found, given)
    week = await given.reach.last_week(query.question, given.zone, given.place.user)
    return WatchView(
        line=query.question,
        reached=reached,
        begin=f"watch on {query.question}",
        items=week.items[:MOST_ITEMS],
        more=len(week.items[MOST_ITEMS:]),
        total=humanize.count(len(week.items), "message"),
        known=week.known,
    )


ORDER = Order[WatchQuery, WatchView](
    name="watch",
    summary="Be told here when there is something new; first you see what that would have been",
    examples=(
        "watch events web/production",
        "watch on flag new-checkout web/production",
        "watch scores web/production",
    ),
    query=WatchQuery,
    guarded=True,
    publishes=publishes,
    view=WatchView,
    obey=obey,
)
