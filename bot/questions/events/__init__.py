"""Flag events: what was changed on flags, by whom, and how many people it moved.

reply.py    what LaunchDarkly sends of events, as far as it is shown
impact.py   how large an impact was, and how it moved the share of each variation, in words
pagination.py page after page, for whoever wants them all
"""

from typing import Annotated, Any, Literal

from bot.launchdarkly import Version, cursor, replace
from bot.lines.param_types import Cursor, Key, Keys, Mistake, When, Whole, YesNo, is_key
from bot.lines.params import Parameter, Query, own
from bot.messages import humanize
from bot.messages.mrkdwn import Stamp
from bot.questions.base import Ask, Endpoint, View
from bot.questions.events.impact import MOST_SHIFTS, shifts, size
from bot.questions.events.reply import Event, EventsReply, Experiments, Impact
from bot.questions.time_window import Window, window

PATH = "/api/v2/engineering-insights/flag-events"
MOST_EVENTS = 20
LARGEST_PAGE = 100
MAX_PASSED = 1000  # events that are read only to find a page by its number


class EventsQuery(Query):
    words = ("flag",)

    project: Annotated[Key, Parameter("projectKey", "the key of the project")]
    env: Annotated[Key, Parameter("environmentKey", "the key of the environment")]
    flag: Annotated[Key | None, Parameter("query", "only flags whose key holds this")] = None
    app: Annotated[Keys | None, Parameter("applicationKey", "only flags of these applications")] = None
    impact: Annotated[
        Literal["any", "none", "small", "medium", "large"],
        Parameter("impactSize", "how large a share of people the event moved: none, under 20 %, up to 80 %, more"),
    ] = "large"
    experiments: Annotated[YesNo | None, Parameter("hasExperiments", "only with, or only without an experiment")] = None
    global_: Annotated[
        Literal["include", "exclude"], Parameter("global", "whether events of the flag in all environments count")
    ] = "include"
    expand: Annotated[Literal["experiments"] | None, Parameter("expand", "which experiments the events belong to")] = (
        None
    )
    limit: Annotated[int, Whole(1, 100), Parameter("limit", "how many events a page holds")] = 20
    since: Annotated[When, Parameter("from", "from when on")] = "7d"
    until: Annotated[When | None, Parameter("to", "until when")] = None
    page: Annotated[int, Whole(1, 1000), own("which page, the newest events first")] = 1
    after: Annotated[Cursor | None, Parameter("after", "the page after this cursor")] = None
    before: Annotated[Cursor | None, Parameter("before", "the page before this cursor")] = None

    @property
    def passed(self) -> int:
        """How many newer events have to be passed over; a cursor leads to its page directly."""
        return 0 if self.after or self.before else (self.page - 1) * self.limit

    def check(self) -> Any:
        if self.after and self.before:
            yield str(Mistake("A page is either after a cursor or before one, not both"))
        if self.passed > MAX_PASSED:
            yield f"Page {self.page} is more than {MAX_PASSED:,} events away. Set since and until to narrow it down."

    def instead(self) -> dict[str, Any]:
        page = 1 if self.passed > MAX_PASSED else self.page
        return {**dict(self), "before": None if self.after else self.before, "page": page}


class EventView(View):
    flag: str
    url: str
    what: str
    who: str
    when: Stamp
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
    start: Stamp
    end: Stamp
    total: str
    none: bool
    page: int
    events: tuple[EventView, ...]
    folded: str
    elsewhere: str
    older: str
    newer: str
    url: str


async def fetch(query: EventsQuery, ask: Ask) -> EventsReply:
    """A page by its number is found by passing over those before it, as few and as large as can be."""
    passed, after = query.passed, query.after
    while passed:
        limit = min(passed, LARGEST_PAGE)
        reply = await _fetch_page(query.model_copy(update={"limit": limit, "after": after}), ask)
        passed, after = passed - limit, cursor_in(reply, "next", "after")
        if after is None:
            return replace(reply, items=[], links=None)
    return await _fetch_page(query.model_copy(update={"after": after}), ask)


async def _fetch_page(query: EventsQuery, ask: Ask) -> EventsReply:
    """What happens at the moment of an end belongs to the time that follows."""
    start, end = _window(query, ask).milliseconds
    left_out = ["since", "until"] + ["impact"] * (query.impact == "any")
    sent = (*query.parameters(*left_out), ("from", str(start)), *((("to", str(end - 1)),) if query.until else ()))
    return await ask.launchdarkly.get(EventsReply, PATH, sent, version=Version.BETA)


def show(query: EventsQuery, reply: EventsReply, ask: Ask) -> EventsView:
    items = reply.items or []
    shown, folded = items[:MOST_EVENTS], items[MOST_EVENTS:]
    total = len(items) if reply.total is None else max(reply.total, len(items))
    chosen = _window(query, ask)
    return EventsView(
        place=f"{query.project}/{query.env}",
        impact="" if query.impact == "any" else query.impact.capitalize(),
        flag=query.flag or "",
        start=humanize.stamp(chosen.milliseconds[0], ask.zone),
        end=humanize.stamp(chosen.milliseconds[1], ask.zone),
        total=humanize.count(total, "event"),
        none=not total,
        events=tuple(view_of(event, query, ask) for event in shown),
        folded=_folded(folded),
        elsewhere=humanize.count(total - len(items), "event") if total > len(items) else "",
        page=query.page if query.page > 1 else 0,
        older=_page(query, chosen, query.page + 1, after=cursor_in(reply, "next", "after")),
        newer=_page(query, chosen, max(query.page - 1, 1), before=cursor_in(reply, "prev", "before")),
        url=ask.pages.flags(query.project, query.env),
    )


def _window(query: EventsQuery, ask: Ask) -> Window:
    instead = ENDPOINT.line({**dict(query), "since": "7d", "until": None})
    return window(query.since, query.until, ask, instead=instead)


def cursor_in(reply: EventsReply, link: str, name: str) -> str | None:
    """The cursor of a link of the answer, to be asked with under this *name*."""
    found = (reply.links or {}).get(link)
    return cursor(found.href, name) if found else None


def _page(query: EventsQuery, chosen: Window, number: int, **cursor: str | None) -> str:
    """The line that asks for another page of just this window, however much later the button is pressed.

    The cursor finds the page even if events were added since; people read and type the number."""
    if not any(cursor.values()):
        return ""
    since, until = chosen.absolute
    page = {"since": since, "until": until, "page": number, "after": None, "before": None, **cursor}
    return ENDPOINT.way({**dict(query), **page})


def view_of(event: Event, query: EventsQuery, ask: Ask) -> EventView:
    """An event as a person reads it."""
    mark, impact = size(event.impact or Impact())
    moved = shifts(event.impact)
    environment = event.environment or query.env
    return EventView(
        flag=humanize.short(event.flag, 80),
        url=ask.pages.flag(query.project, event.flag, (environment,)),
        what=humanize.short(event.description or humanize.phrase(event.kind or "changed"), 200),
        who=humanize.person(event.member.first, event.member.last) if event.member else "automation",
        when=humanize.stamp(event.time, ask.zone),
        mark=mark,
        impact=impact,
        shifts=moved[:MOST_SHIFTS],
        more_shifts=len(moved[MOST_SHIFTS:]),
        experiments=_experiments(event.experiments),
        details=f"flag {event.flag} {query.project}/{environment}"
        if is_key(event.flag) and is_key(environment)
        else "",
    )


def _experiments(experiments: Experiments | None) -> str:
    names = [
        f"{humanize.short(e.name or e.key or 'without a name', 60)}"
        + (f" ({humanize.short(e.iteration.status, 20)})" if e.iteration and e.iteration.status else "")
        for e in (experiments.items if experiments else None) or ()
    ]
    return humanize.listed(names, 3)


def _folded(events: list[Event]) -> str:
    """What a message has no room for, with what matters of it."""
    if not events:
        return ""
    large = sum(1 for event in events if event.impact and event.impact.size == "large")
    return f"{humanize.count(len(events), 'more event')} of this page" + (f" ({large} large)" if large else "")


ENDPOINT = Endpoint[EventsQuery, EventsReply, EventsView](
    name="events",
    summary="What was changed on flags, by whom, and how many people it moved",
    examples=(
        "events web/production",
        "events checkout web/production impact=any limit=5 since=2w",
        "events mobile/production impact=medium expand=experiments",
    ),
    query=EventsQuery,
    reply=EventsReply,
    view=EventsView,
    fetch=fetch,
    show=show,
    doubted=lambda query, reply: {} if reply.items else {"app": query.app or ()},
)
