"""Watch for new events of the requested impact.

While LaunchDarkly is still calculating an event's impact, it may yet reach the requested size. So events of all sizes
are fetched, from the oldest one that was still pending.
"""

from datetime import datetime

from bot.lines.timespec import format_exact
from bot.questions.base import QuestionContext
from bot.questions.events import EventsParams, event_view
from bot.questions.events.pagination import fetch_all
from bot.questions.events.reply import Event, Impact
from bot.schedules.watches.observation import PENDING, Observation


async def observe(params: EventsParams, ctx: QuestionContext, since: datetime) -> dict[str, Observation]:
    """Return the events since then, oldest first."""
    time_range = {"since": format_exact(since), "until": None, "after": None, "before": None}
    page = await fetch_all(params.model_copy(update={**time_range, "impact": "any"}), ctx)
    return {event.id: _observation(event, params, ctx) for event in reversed(page.events) if event.id}


def _observation(event: Event, params: EventsParams, ctx: QuestionContext) -> Observation:
    view, impact = event_view(event, params, ctx), event.impact or Impact()
    size = impact.size or (PENDING if impact.reason == PENDING else "unknown")
    return Observation(
        what=view.flag,
        state=size,
        says=" · ".join([f"{view.mark} {view.what}", view.who, view.impact, *view.shifts]),
        url=view.url,
        line=view.details,
        at=event.time,
        tells=params.impact in ("any", size) and size != PENDING,
    )
