"""Events are watched for those that were asked for. While LaunchDarkly still counts how large one is, it may become
one of them; so events of all sizes are looked at, from the oldest on that was still being counted."""

from datetime import datetime

from bot.lines.timespec import exact
from bot.questions.base import Ask
from bot.questions.events import EventsQuery, view_of
from bot.questions.events.pagination import read
from bot.questions.events.reply import Event, Impact
from bot.schedules.watches.observation import WAITING, Sight


async def see(query: EventsQuery, ask: Ask, since: datetime) -> dict[str, Sight]:
    window = {"since": exact(since), "until": None, "after": None, "before": None}
    found = await read(query.model_copy(update={**window, "impact": "any"}), ask)
    return {event.id: _sight(event, query, ask) for event in reversed(found.events) if event.id}


def _sight(event: Event, query: EventsQuery, ask: Ask) -> Sight:
    view, impact = view_of(event, query, ask), event.impact or Impact()
    size = impact.size or (WAITING if impact.reason == WAITING else "unknown")
    return Sight(
        what=view.flag,
        state=size,
        says=" · ".join([f"{view.mark} {view.what}", view.who, view.impact, *view.shifts]),
        url=view.url,
        line=view.details,
        at=event.time,
        tells=query.impact in ("any", size) and size != WAITING,
    )
