"""Flag events: what was changed on flags, by whom, and how many people it moved.

reply.py       the decoded fields of events
impact.py      the size of an impact and the shifts between variations, in words
pagination.py  fetches all pages of events, for questions that need them
"""

from typing import Annotated, Any, Literal

from bot.launchdarkly import Version, cursor, replace
from bot.lines.param_types import Boolean, Cursor, IntRange, InvalidValue, Key, Keys, TimeSpec, is_key
from bot.lines.params import Parameter, Params, bot_param
from bot.messages import humanize
from bot.messages.mrkdwn import Timestamp
from bot.questions.base import Question, QuestionContext, View
from bot.questions.events.impact import MAX_SHIFTS, describe_impact, variation_shifts
from bot.questions.events.reply import Event, EventExperiments, EventsReply, Impact
from bot.questions.time_window import Window, parse_window

PATH = "/api/v2/engineering-insights/flag-events"
MAX_SHOWN_EVENTS = 20
MAX_PAGE_SIZE = 100
MAX_SKIPPED_EVENTS = 1000  # events fetched only to reach a page by its number


class EventsParams(Params):
    positional = ("flag",)

    project: Annotated[Key, Parameter("projectKey", "the key of the project")]
    env: Annotated[Key, Parameter("environmentKey", "the key of the environment")]
    flag: Annotated[Key | None, Parameter("query", "only flags whose key holds this")] = None
    app: Annotated[Keys | None, Parameter("applicationKey", "only flags of these applications")] = None
    impact: Annotated[
        Literal["any", "none", "small", "medium", "large"],
        Parameter("impactSize", "how large a share of people the event moved: none, under 20 %, up to 80 %, more"),
    ] = "large"
    experiments: Annotated[Boolean | None, Parameter("hasExperiments", "only with, or only without an experiment")] = (
        None
    )
    global_: Annotated[
        Literal["include", "exclude"], Parameter("global", "whether events of the flag in all environments count")
    ] = "include"
    expand: Annotated[Literal["experiments"] | None, Parameter("expand", "which experiments the events belong to")] = (
        None
    )
    limit: Annotated[int, IntRange(1, 100), Parameter("limit", "how many events a page holds")] = 20
    since: Annotated[TimeSpec, Parameter("from", "from when on")] = "7d"
    until: Annotated[TimeSpec | None, Parameter("to", "until when")] = None
    page: Annotated[int, IntRange(1, 1000), bot_param("which page, the newest events first")] = 1
    after: Annotated[Cursor | None, Parameter("after", "the page after this cursor")] = None
    before: Annotated[Cursor | None, Parameter("before", "the page before this cursor")] = None

    @property
    def skip_count(self) -> int:
        """How many newer events to skip; a cursor leads directly to its page."""
        return 0 if self.after or self.before else (self.page - 1) * self.limit

    def check(self) -> Any:
        if self.after and self.before:
            yield str(InvalidValue("A page is either after a cursor or before one, not both"))
        if self.skip_count > MAX_SKIPPED_EVENTS:
            problem = f"Page {self.page} is more than {MAX_SKIPPED_EVENTS:,} events away."
            yield f"{problem} Set since and until to narrow it down."

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


class EventsView(View):
    place: str
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
    url: str


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
        place=f"{params.project}/{params.env}",
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
        f"{humanize.truncate_text(e.name or e.key or 'without a name', 60)}"
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


QUESTION = Question[EventsParams, EventsReply, EventsView](
    name="events",
    summary="What was changed on flags, by whom, and how many people it moved",
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
)
