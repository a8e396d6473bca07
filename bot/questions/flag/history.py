"""The changes of a flag in the last weeks: since when it is off, who turned it off and why, as far as that is known."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from bot.lines.timespec import to_milliseconds
from bot.messages import humanize
from bot.messages.mrkdwn import Timestamp
from bot.questions.base import QuestionContext, View
from bot.questions.events import MAX_PAGE_SIZE, EventsParams, fetch_page
from bot.questions.events.event import AuditEntry, Event, Move, comment_on, find_move, who_made
from bot.questions.flag.reply import Environment, FlagReply

HISTORY_WEEKS = 12
TOGGLES = (Move.OFF, Move.ON)
MAX_COMMENT_CHARS = 150


@dataclass(frozen=True)
class FlagHistory:
    """The events of one flag, newest first; incomplete if older ones of these weeks weren't fetched."""

    events: tuple[Event, ...] = ()
    is_complete: bool = False


def history_params(flag: str, project: str, env: str) -> EventsParams:
    """Return what asks for all changes of a flag in the last weeks."""
    return EventsParams(project=project, env=env, flag=flag, impact="any", since=f"{HISTORY_WEEKS}w")


async def fetch_history(flag: str, project: str, env: str, ctx: QuestionContext) -> FlagHistory:
    """Fetch the latest changes of a flag in the last weeks."""
    params = history_params(flag, project, env).model_copy(update={"limit": MAX_PAGE_SIZE})
    page = await fetch_page(params, ctx)
    events = tuple(event for event in page.items or () if event.flag == flag)  # other keys may contain this one
    return FlagHistory(events, is_complete=page.next_cursor is None)


class TurnedOffView(View):
    """The event that turned the flag off."""

    when: Timestamp
    ago: str
    who: str
    comment: str


class OffView(View):
    """Why the flag is off: the event that turned it off, or for how long it has been off; neither if unknown."""

    event: TurnedOffView | None
    duration: str


def off_view(
    config: Environment, flag: FlagReply, history: FlagHistory, entries: Iterable[AuditEntry], ctx: QuestionContext
) -> OffView | None:
    """Build the view of an environment in which the flag is off; None if it is on."""
    if config.on:
        return None
    toggle = find_toggle(history)
    event = _turned_off_view(toggle, entries, ctx) if toggle and find_move(toggle) is Move.OFF else None
    return OffView(event=event, duration=_describe_duration(config, flag, history, ctx))


def find_toggle(history: FlagHistory) -> Event | None:
    """Return the event that turned the flag on or off last."""
    return next((event for event in history.events if find_move(event) in TOGGLES), None)


def _turned_off_view(event: Event, entries: Iterable[AuditEntry], ctx: QuestionContext) -> TurnedOffView:
    return TurnedOffView(
        when=humanize.timestamp(event.time, ctx.zone),
        ago=humanize.time_ago(event.time, ctx.now),
        who=who_made(event),
        comment=humanize.truncate_text(event.description or comment_on(event, entries) or "", MAX_COMMENT_CHARS),
    )


def _describe_duration(config: Environment, flag: FlagReply, history: FlagHistory, ctx: QuestionContext) -> str:
    """Say for how long the flag has been off: nothing was changed, or no event turned it on or off."""
    oldest = to_milliseconds(ctx.now - timedelta(weeks=HISTORY_WEEKS))
    is_untouched = config.modified is not None and config.modified < oldest
    if not is_untouched and (find_toggle(history) or not history.is_complete):
        return ""
    return "since the flag was created" if (flag.created or 0) >= oldest else "for more than twelve weeks"
