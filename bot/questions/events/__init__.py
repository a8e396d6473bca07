"""Flag events, by flag: incidents and other changes, who made them, why, and how many people they affected.

event.py    an event: its decoded fields, what it did to the flag, its wording, and the comment on it
stories.py  groups events into stories, such as off and on again, and words them
words.py    the words of a sentence that asks for this
"""

from asyncio import gather
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from bot.errors import Failure, NotAllowed
from bot.launchdarkly import Version, replace
from bot.lines.param_types import Boolean, Cursor, IntRange, InvalidValue, Key, Keys, TimeSpec
from bot.lines.spec import Parameter, Params, bot_param
from bot.lines.timespec import format_exact, resolve_time
from bot.messages import humanize
from bot.messages.mrkdwn import Timestamp
from bot.questions.base import (
    INSIGHTS,
    PENDING,
    AnswerView,
    Observation,
    Question,
    QuestionContext,
    View,
    no_access_text,
    result_or_failure,
)
from bot.questions.catalog import ChangedFlag, EnvironmentState, FlagsByKey
from bot.questions.daily_series import CountsByDay, count_by_day
from bot.questions.events.event import Event, EventsReply, Impact, event_view, with_comments
from bot.questions.events.stories import (
    MAX_STORIES,
    MAX_STORIES_ALONE,
    FlagStories,
    FlagStoriesView,
    describe_still,
    flag_stories_view,
    group_by_flag,
    incident_step,
)
from bot.questions.events.words import WORDS
from bot.questions.time_range import Days, Window, parse_window

PATH = "/api/v2/engineering-insights/flag-events"
MAX_SHOWN_FLAGS = 20
MAX_CHANGED_FLAGS = 10
MAX_PAGE_SIZE = 100
MAX_SKIPPED_EVENTS = 1000  # events fetched only to reach a page by its number
FURTHER = "4w"  # how far to look back if there are no events
MAX_PAGES = 5  # sequential, since each cursor comes from the previous page


class EventsParams(Params):
    positional = ("flag",)

    project: Annotated[Key, Parameter("projectKey", "project key")]
    env: Annotated[Key, Parameter("environmentKey", "environment key")]
    flag: Annotated[Key | None, Parameter("query", "only flags whose key contains this")] = None
    app: Annotated[Keys | None, Parameter("applicationKey", "only flags of these applications")] = None
    impact: Annotated[
        Literal["any", "none", "small", "medium", "large"],
        Parameter("impactSize", "share of users affected: none, under 20%, up to 80%, more"),
    ] = "large"
    experiments: Annotated[Boolean | None, Parameter("hasExperiments", "only with or only without an experiment")] = (
        None
    )
    global_: Annotated[
        Literal["include", "exclude"], Parameter("global", "include changes to the flag itself, in all environments")
    ] = "include"
    expand: Annotated[Literal["experiments"] | None, Parameter("expand", "also show the experiments")] = None
    limit: Annotated[int, IntRange(1, 100), Parameter("limit", "events per page")] = 20
    since: Annotated[TimeSpec, Parameter("from", "start time")] = "7d"
    until: Annotated[TimeSpec | None, Parameter("to", "end time")] = None
    page: Annotated[int, IntRange(1, 1000), bot_param("page number, newest first")] = 1
    after: Annotated[Cursor | None, Parameter("after", "older events, from this cursor")] = None
    before: Annotated[Cursor | None, Parameter("before", "newer events, from this cursor")] = None

    @property
    def skip_count(self) -> int:
        """How many newer events to skip; a cursor leads directly to its page."""
        return 0 if self.after or self.before else (self.page - 1) * self.limit

    def check(self) -> Any:
        if self.after and self.before:
            yield str(InvalidValue("Use either after or before, not both"))
        if self.skip_count > MAX_SKIPPED_EVENTS:
            problem = f"Page {self.page} is past the first {MAX_SKIPPED_EVENTS:,} events."
            yield f"{problem} Narrow the time with since and until."

    def corrected_values(self) -> dict[str, Any]:
        page = 1 if self.skip_count > MAX_SKIPPED_EVENTS else self.page
        return {**dict(self), "before": None if self.after else self.before, "page": page}


class ChangedFlagView(View):
    """A flag that was changed in the window; without its events, nothing more is known."""

    flag: str
    url: str
    owner: str
    on: bool
    ago: str


class EventsView(AnswerView):
    scope: str
    impact: str
    flag: str
    start: Timestamp
    end: Timestamp
    total: str
    smaller: str  # the line that includes smaller changes, and the one that looks further back, if there are no events
    further: str
    empty_page: int
    still: str
    flags: tuple[FlagStoriesView, ...]
    folded: str
    older: str
    newer: str
    no_events: str
    changed: tuple[ChangedFlagView, ...]
    more_changed: str
    no_owners: str


@dataclass(frozen=True)
class FlagEvents:
    """A page of events, and the flags that were changed last; why they can't be read, if so."""

    page: EventsReply
    flags: FlagsByKey
    page_failure: NotAllowed | None = None
    flags_failure: Failure | None = None


async def fetch(params: EventsParams, ctx: QuestionContext) -> FlagEvents:
    _requested_window(params, ctx)  # before any request, since it may be mistyped
    page, flags = await gather(
        result_or_failure(fetch_page(params, ctx)),
        result_or_failure(ctx.catalog.recently_changed(params.project, params.env)),
    )
    known = {} if isinstance(flags, Failure) else flags
    if isinstance(page, NotAllowed) and known and not params.app:
        return FlagEvents(EventsReply(items=[]), known, page_failure=page)
    if isinstance(page, Failure):
        raise page
    described = replace(page, items=await with_comments(page.items or (), params.project, params.env, ctx))
    return FlagEvents(described, known, flags_failure=flags if isinstance(flags, Failure) else None)


async def fetch_flags(project: str, env: str, ctx: QuestionContext) -> FlagsByKey:
    """Fetch the owners, variations and states of the flags that were changed last. Events can do without."""
    flags = await result_or_failure(ctx.catalog.recently_changed(project, env))
    return {} if isinstance(flags, Failure) else flags


async def fetch_page(params: EventsParams, ctx: QuestionContext) -> EventsReply:
    """Fetch a page. A page number is reached by skipping the pages before it, in requests as large as possible."""
    to_skip, after = params.skip_count, params.after
    while to_skip:
        limit = min(to_skip, MAX_PAGE_SIZE)
        reply = await _fetch_page(params.model_copy(update={"limit": limit, "after": after}), ctx)
        to_skip, after = to_skip - limit, reply.next_cursor
        if after is None:
            return replace(reply, items=[], links=None)
    return await _fetch_page(params.model_copy(update={"after": after}), ctx)


async def _fetch_page(params: EventsParams, ctx: QuestionContext) -> EventsReply:
    """Fetch one page. The window excludes its end, but LaunchDarkly's `to` includes it: subtract a millisecond."""
    start, end = _requested_window(params, ctx).milliseconds
    excluded = ["since", "until"] + ["impact"] * (params.impact == "any")
    parameters = (
        *params.api_params(*excluded),
        ("from", str(start)),
        *((("to", str(end - 1)),) if params.until else ()),
    )
    return await ctx.launchdarkly.get(EventsReply, PATH, parameters, version=Version.BETA)


def build_view(params: EventsParams, reply: FlagEvents, ctx: QuestionContext) -> EventsView:
    items = reply.page.items or []
    groups = group_by_flag(items, flag_states(reply.flags, params.env))
    total = len(items) if reply.page.total is None else max(reply.page.total, len(items))
    window = _requested_window(params, ctx)
    changed = _changed_flags(params, reply.flags, window, ctx) if reply.page_failure else []
    more_changed = len(changed) - MAX_CHANGED_FLAGS
    most = MAX_STORIES if len(groups) > 1 else MAX_STORIES_ALONE
    return EventsView(
        scope=f"{params.project}/{params.env}",
        impact="" if params.impact == "any" else params.impact.capitalize(),
        flag=params.flag or "",
        start=humanize.timestamp(window.milliseconds[0], ctx.zone),
        end=humanize.timestamp(window.milliseconds[1], ctx.zone),
        total=_describe_position(params, reply.page, total),
        smaller=_wider_line(params, impact="any") if not total and params.impact != "any" else "",
        further=_wider_line(params, since=FURTHER) if not total and _is_recent(window, ctx) else "",
        empty_page=params.page if total and not items else 0,
        still=describe_still(groups),
        flags=tuple(
            flag_stories_view(group, params.project, params.env, ctx, reply.flags, most)
            for group in groups[:MAX_SHOWN_FLAGS]
        ),
        folded=_hidden_summary(groups[MAX_SHOWN_FLAGS:]),
        older=_page_line(params, window, params.page + 1, after=reply.page.next_cursor),
        newer=_page_line(params, window, max(params.page - 1, 1), before=reply.page.previous_cursor),
        no_events=no_access_text(reply.page_failure, INSIGHTS),
        changed=tuple(changed[:MAX_CHANGED_FLAGS]),
        more_changed=humanize.count(more_changed, "more flag") if more_changed > 0 else "",
        no_owners="Owners and current states are missing: I can't read the list of flags."
        if reply.flags_failure
        else "",
        url=ctx.urls.flags(params.project, params.env),
    )


def flag_states(flags: FlagsByKey, env: str) -> dict[str, EnvironmentState]:
    """Return the current states of flags in an environment, as far as they are known."""
    states = {key: (flag.environments or {}).get(env) for key, flag in flags.items()}
    return {key: state for key, state in states.items() if state}


def _changed_flags(
    params: EventsParams, flags: FlagsByKey, window: Window, ctx: QuestionContext
) -> list[ChangedFlagView]:
    """List the flags whose targeting was changed in the window, the latest first."""
    start, end = window.milliseconds
    states = flag_states(flags, params.env)
    return [
        _changed_flag_view(params, flags[key], state, ctx)
        for key, state in states.items()
        if start <= (state.modified or 0) < end and (params.flag or "") in key
    ]


def _changed_flag_view(
    params: EventsParams, flag: ChangedFlag, state: EnvironmentState, ctx: QuestionContext
) -> ChangedFlagView:
    return ChangedFlagView(
        flag=humanize.truncate_text(flag.key, 80),
        url=ctx.urls.flag(params.project, flag.key, (params.env,)),
        owner=flag.owner,
        on=bool(state.on),
        ago=humanize.time_ago(state.modified, ctx.now),
    )


def _describe_position(params: EventsParams, page: EventsReply, total: int) -> str:
    """Describe which events of how many are shown: `6–10 of 106 events`. A cursor's position may be unknown."""
    shown = len(page.items or ())
    if shown in (0, total):
        return humanize.count(total, "event") if total else "No events"
    is_known = params.page > 1 or not page.previous_cursor
    first = (params.page - 1) * params.limit + 1
    last = first + shown - 1
    if not is_known or last > total:
        return f"{shown:,} of {humanize.count(total, 'event')}"
    return f"{first:,}{f'–{last:,}' if last > first else ''} of {humanize.count(total, 'event')}"


def _requested_window(params: EventsParams, ctx: QuestionContext) -> Window:
    corrected = QUESTION.line({**dict(params), "since": "7d", "until": None})
    return parse_window(params.since, params.until, ctx, corrected=corrected)


def _page_line(params: EventsParams, window: Window, number: int, **cursor: str | None) -> str:
    """Write the line that asks for another page of exactly this window, whenever the button is pressed.

    The cursor finds the page even if events were added since; the page number is for people."""
    if not any(cursor.values()):
        return ""
    since, until = window.absolute
    page = {"since": since, "until": until, "page": number, "after": None, "before": None, **cursor}
    return QUESTION.button_line({**dict(params), **page})


def _wider_line(params: EventsParams, **wider: str) -> str:
    first_page = {"page": 1, "after": None, "before": None}
    return QUESTION.button_line({**dict(params), **first_page, **wider})


def _is_recent(window: Window, ctx: QuestionContext) -> bool:
    """Return whether a window starts later than the one that looks further back."""
    return window.start > resolve_time(FURTHER, ctx.now, ctx.zone)


def _hidden_summary(groups: Sequence[FlagStories]) -> str:
    """Summarize the events of the flags that don't fit, and how many of them have a large impact."""
    events = [event for group in groups for story in group.stories for event in story.events]
    if not events:
        return ""
    large = sum(1 for event in events if event.impact and event.impact.size == "large")
    return f"{humanize.count(len(events), 'more event')} of this page" + (f" ({large} large)" if large else "")


@dataclass(frozen=True)
class EventList:
    """The events that were fetched, the total, and the failure that stopped fetching, if any."""

    events: tuple[Event, ...]
    total: int
    failure: Failure | None = None

    @property
    def unread(self) -> int:
        return self.total - len(self.events)

    def by_day(self, days: Days) -> CountsByDay:
        """Count the events of each day."""
        return count_by_day(days, (event.time for event in self.events), has_unread=self.unread > 0)


async def fetch_all(params: EventsParams, ctx: QuestionContext, max_pages: int = MAX_PAGES) -> EventList:
    """Fetch pages from the first one until a page repeats, is empty or has no next cursor.

    A failure of the first page is raised; a later one is returned with the events fetched so far."""
    pages: list[list[Event]] = []
    total, after, failure = 0, params.after, None
    while len(pages) < max_pages:
        reply = await result_or_failure(
            fetch_page(params.model_copy(update={"limit": MAX_PAGE_SIZE, "after": after, "page": 1}), ctx)
        )
        if isinstance(reply, Failure):
            failure = reply
            break
        total = max(total, reply.total or 0)
        if not reply.items or reply.items in pages:
            break
        pages.append(reply.items)
        after = reply.next_cursor
        if after is None:
            break
    if failure and not pages:
        raise failure
    events = tuple(event for page in pages for event in page)[: max_pages * MAX_PAGE_SIZE]
    return EventList(events, max(total, len(events)), failure)


async def fetch_since(params: EventsParams, ctx: QuestionContext, since: datetime) -> FlagEvents:
    """Fetch the events of all sizes since then: while LaunchDarkly is calculating an event's impact, it may yet reach
    the requested size."""
    time_range = {"since": format_exact(since), "until": None, "after": None, "before": None}
    events = await fetch_all(params.model_copy(update={**time_range, "impact": "any"}), ctx)
    flags = await fetch_flags(params.project, params.env, ctx) if events.events else {}
    return FlagEvents(EventsReply(items=list(events.events), total=events.total), flags)


def alerts_when(params: EventsParams) -> str:
    special = {"any": "when something changes", "none": "when a change affects nobody"}
    return special.get(params.impact, f"when there's a {params.impact} change")


def observe(params: EventsParams, reply: FlagEvents, ctx: QuestionContext) -> dict[str, Observation]:
    """Return the events, oldest first."""
    events = reversed(reply.page.items or ())
    return {event.id: _observation(event, params, ctx, reply.flags) for event in events if event.id}


def _observation(event: Event, params: EventsParams, ctx: QuestionContext, flags: FlagsByKey) -> Observation:
    view, impact = event_view(event, params.project, params.env, ctx, flags), event.impact or Impact()
    size = impact.size or (PENDING if impact.reason == PENDING else "unknown")
    return Observation(
        what=view.flag,
        owner=view.owner,
        state=size,
        says=" · ".join([f"{view.mark} {view.what}", view.who, view.impact, *view.shifts]),
        url=view.url,
        line=view.details,
        at=event.time,
        step=incident_step(event, view),
        tells=params.impact in ("any", size) and size != PENDING,
    )


QUESTION = Question[EventsParams, FlagEvents, EventsView](
    name="events",
    summary="Flag changes: incidents, who made them, why, and how many users they affected",
    examples=(
        "events web/production",
        "events checkout web/production impact=any limit=5 since=2w",
        "events mobile/production impact=medium expand=experiments",
    ),
    label="Recent changes",
    flag_label="What happened to {}",
    words=WORDS,
    params=EventsParams,
    reply=FlagEvents,
    view=EventsView,
    fetch=fetch,
    build_view=build_view,
    suspect_keys=lambda params, reply: {} if reply.page.items or reply.page_failure else {"app": params.app or ()},
    observe=observe,
    alerts_when=alerts_when,
    fetch_since=fetch_since,
)
