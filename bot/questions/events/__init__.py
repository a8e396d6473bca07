"""Flag events: changes of flags, who made them, and how many people they affected.

reply.py  the decoded fields of events
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from bot.errors import Failure
from bot.launchdarkly import Version, cursor, replace
from bot.lines.param_types import Boolean, Cursor, IntRange, InvalidValue, Key, Keys, TimeSpec, is_key
from bot.lines.spec import Parameter, Params, bot_param
from bot.lines.timespec import format_exact
from bot.messages import humanize
from bot.messages.mrkdwn import Timestamp
from bot.questions.base import (
    PENDING,
    AnswerView,
    Observation,
    Question,
    QuestionContext,
    View,
    result_or_failure,
)
from bot.questions.daily_series import CountsByDay, count_by_day
from bot.questions.events.reply import Event, EventExperiments, EventsReply, Impact
from bot.questions.time_range import Days, Window, parse_window

PATH = "/api/v2/engineering-insights/flag-events"
MAX_SHOWN_EVENTS = 20
MAX_PAGE_SIZE = 100
MAX_SKIPPED_EVENTS = 1000  # events fetched only to reach a page by its number
MAX_SHIFTS = 3
IMPACT_MARKS = {"large": "🔴", "medium": "🟠", "small": "🟡", "none": "⚪"}
MAX_PAGES = 5  # sequential, since each cursor comes from the previous page
MAX_EVENTS = MAX_PAGES * MAX_PAGE_SIZE


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


class EventView(View):
    flag: str
    url: str
    what: str
    who: str
    when: Timestamp
    mark: str
    impact: str
    shifts: tuple[str, ...]
    more_shifts: int
    experiments: str
    details: str


class EventsView(AnswerView):
    scope: str
    impact: str
    flag: str
    start: Timestamp
    end: Timestamp
    total: str
    none: bool
    page: int
    events: tuple[EventView, ...]
    folded: str
    elsewhere: str
    older: str
    newer: str


async def fetch(params: EventsParams, ctx: QuestionContext) -> EventsReply:
    """Fetch a page. A page number is reached by skipping the pages before it, in requests as large as possible."""
    to_skip, after = params.skip_count, params.after
    while to_skip:
        limit = min(to_skip, MAX_PAGE_SIZE)
        reply = await _fetch_page(params.model_copy(update={"limit": limit, "after": after}), ctx)
        to_skip, after = to_skip - limit, cursor_from(reply, "next", "after")
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


def build_view(params: EventsParams, reply: EventsReply, ctx: QuestionContext) -> EventsView:
    items = reply.items or []
    shown, hidden = items[:MAX_SHOWN_EVENTS], items[MAX_SHOWN_EVENTS:]
    total = len(items) if reply.total is None else max(reply.total, len(items))
    window = _requested_window(params, ctx)
    return EventsView(
        scope=f"{params.project}/{params.env}",
        impact="" if params.impact == "any" else params.impact.capitalize(),
        flag=params.flag or "",
        start=humanize.timestamp(window.milliseconds[0], ctx.zone),
        end=humanize.timestamp(window.milliseconds[1], ctx.zone),
        total=humanize.count(total, "event"),
        none=not total,
        events=tuple(event_view(event, params, ctx) for event in shown),
        folded=_hidden_summary(hidden),
        elsewhere=humanize.count(total - len(items), "event") if total > len(items) else "",
        page=params.page if params.page > 1 else 0,
        older=_page_line(params, window, params.page + 1, after=cursor_from(reply, "next", "after")),
        newer=_page_line(params, window, max(params.page - 1, 1), before=cursor_from(reply, "prev", "before")),
        url=ctx.urls.flags(params.project, params.env),
    )


def _requested_window(params: EventsParams, ctx: QuestionContext) -> Window:
    corrected = QUESTION.line({**dict(params), "since": "7d", "until": None})
    return parse_window(params.since, params.until, ctx, corrected=corrected)


def cursor_from(reply: EventsReply, link: str, name: str) -> str | None:
    """Return the cursor parameter `name` from one of the reply's links."""
    link_object = (reply.links or {}).get(link)
    return cursor(link_object.href, name) if link_object else None


def _page_line(params: EventsParams, window: Window, number: int, **cursor: str | None) -> str:
    """Write the line that asks for another page of exactly this window, whenever the button is pressed.

    The cursor finds the page even if events were added since; the page number is for people."""
    if not any(cursor.values()):
        return ""
    since, until = window.absolute
    page = {"since": since, "until": until, "page": number, "after": None, "before": None, **cursor}
    return QUESTION.button_line({**dict(params), **page})


def event_view(event: Event, params: EventsParams, ctx: QuestionContext) -> EventView:
    """Build the view of an event."""
    mark, impact = describe_impact(event.impact or Impact())
    all_shifts = variation_shifts(event.impact)
    environment = event.environment or params.env
    return EventView(
        flag=humanize.truncate_text(event.flag, 80),
        url=ctx.urls.flag(params.project, event.flag, (environment,)),
        what=humanize.truncate_text(event.description or humanize.sentence_case(event.kind or "changed"), 200),
        who=humanize.person_name(event.member.first, event.member.last) if event.member else "automation",
        when=humanize.timestamp(event.time, ctx.zone),
        mark=mark,
        impact=impact,
        shifts=all_shifts[:MAX_SHIFTS],
        more_shifts=len(all_shifts[MAX_SHIFTS:]),
        experiments=_experiment_names(event.experiments),
        details=f"flag {event.flag} {params.project}/{environment}"
        if is_key(event.flag) and is_key(environment)
        else "",
    )


def _experiment_names(experiments: EventExperiments | None) -> str:
    names = [
        f"{humanize.truncate_text(e.name or e.key or 'unnamed', 60)}"
        + (f" ({humanize.truncate_text(e.iteration.status, 20)})" if e.iteration and e.iteration.status else "")
        for e in (experiments.items if experiments else None) or ()
    ]
    return humanize.join_truncated(names, 3)


def _hidden_summary(events: list[Event]) -> str:
    """Summarize the events that don't fit, and how many of them have a large impact."""
    if not events:
        return ""
    large = sum(1 for event in events if event.impact and event.impact.size == "large")
    return f"{humanize.count(len(events), 'more event')} of this page" + (f" ({large} large)" if large else "")


def describe_impact(impact: Impact) -> tuple[str, str]:
    """Return the mark and description of an impact. No size isn't "none": evaluations may still be counted."""
    if impact.size:
        share = f" ({humanize.percent(impact.percentage / 100)})" if impact.percentage is not None else ""
        size_text = "no" if impact.size == "none" else humanize.truncate_text(impact.size, 30)
        return IMPACT_MARKS.get(impact.size, "⚪"), f"{size_text} impact{share}"
    if impact.reason == PENDING:
        return "⏳", "impact not known yet"
    if impact.reason == "global":
        return "🌐", "flag settings, all environments"
    return "⚪", "impact unknown"


def variation_shifts(impact: Impact | None) -> tuple[str, ...]:
    """Describe how the share of each variation shifted, the largest shift first."""
    shares = impact.evaluations.variations or [] if impact and impact.evaluations else []
    before, after = sum(share.before or 0 for share in shares), sum(share.after or 0 for share in shares)
    if before <= 0 or after <= 0:
        return ()
    changes = [(humanize.format_value(s.value, 30), (s.before or 0) / before, (s.after or 0) / after) for s in shares]
    changes.sort(key=lambda change: abs(change[2] - change[1]), reverse=True)
    return tuple(f"{name}: {humanize.percent(old)} → {humanize.percent(new)}" for name, old, new in changes)


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


async def fetch_all(params: EventsParams, ctx: QuestionContext) -> EventList:
    """Fetch pages from the first one until a page repeats, is empty or has no next cursor.

    A failure of the first page is raised; a later one is returned with the events fetched so far."""
    pages: list[list[Event]] = []
    total, after, failure = 0, params.after, None
    while len(pages) < MAX_PAGES:
        reply = await result_or_failure(
            fetch(params.model_copy(update={"limit": MAX_PAGE_SIZE, "after": after, "page": 1}), ctx)
        )
        if isinstance(reply, Failure):
            failure = reply
            break
        total = max(total, reply.total or 0)
        if not reply.items or reply.items in pages:
            break
        pages.append(reply.items)
        after = cursor_from(reply, "next", "after")
        if after is None:
            break
    if failure and not pages:
        raise failure
    events = tuple(event for page in pages for event in page)[:MAX_EVENTS]
    return EventList(events, max(total, len(events)), failure)


async def fetch_since(params: EventsParams, ctx: QuestionContext, since: datetime) -> EventsReply:
    """Fetch the events of all sizes since then: while LaunchDarkly is calculating an event's impact, it may yet reach
    the requested size."""
    time_range = {"since": format_exact(since), "until": None, "after": None, "before": None}
    events = await fetch_all(params.model_copy(update={**time_range, "impact": "any"}), ctx)
    return EventsReply(items=list(events.events), total=events.total)


def observe(params: EventsParams, reply: EventsReply, ctx: QuestionContext) -> dict[str, Observation]:
    """Return the events, oldest first."""
    return {event.id: _observation(event, params, ctx) for event in reversed(reply.items or ()) if event.id}


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


QUESTION = Question[EventsParams, EventsReply, EventsView](
    name="events",
    summary="Flag changes: who made them and how many users they affected",
    examples=(
        "events web/production",
        "events checkout web/production impact=any limit=5 since=2w",
        "events mobile/production impact=medium expand=experiments",
    ),
    params=EventsParams,
    reply=EventsReply,
    view=EventsView,
    fetch=fetch,
    build_view=build_view,
    suspect_keys=lambda params, reply: {} if reply.items else {"app": params.app or ()},
    observe=observe,
    fetch_since=fetch_since,
)
