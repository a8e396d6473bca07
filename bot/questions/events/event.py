"""An event: its decoded fields, what it did to the flag, its wording, and the comment on it.

Only fields that are shown are decoded; email addresses aren't. Where an event has no description, the audit log may
have a comment: that costs one request for all events of a page. A token that may not read the log gets no comments."""

import re
from collections.abc import Iterable, Sequence
from enum import Enum, auto
from math import ceil
from typing import Any
from urllib.parse import parse_qs, urlsplit

from bot.errors import Failure
from bot.launchdarkly import Float64, Int64, Reply, Version, field, replace
from bot.lines.param_types import is_key
from bot.messages import humanize
from bot.messages.mrkdwn import Timestamp
from bot.questions.base import PENDING, QuestionContext, View, result_or_failure
from bot.questions.catalog import FlagsByKey, Variation

CLOCK_SLACK_MS = 60_000  # between an event and the change of the flag that it reports
ROLLOUT_DESCRIPTION = re.compile(r"from (\d{1,3}(?:\.\d{1,3})?)\s?% to (\d{1,3}(?:\.\d{1,3})?)\s?%")
AUDIT_LOG_PATH = "/api/v2/auditlog"
MAX_AUDIT_ENTRIES = 20  # LaunchDarkly's maximum
MAX_SHIFTS = 3
MAX_NAME_CHARS = 30
IMPACT_MARKS = {"large": "🔴", "medium": "🟠", "small": "🟡", "none": "⚪"}
GOOD_MARK = "🟢"


class VariationShare(Reply):
    value: Any = None
    before: Float64 | None = None
    after: Float64 | None = None


class Evaluations(Reply):
    variations: list[VariationShare] | None = None


class Impact(Reply):
    size: str | None = None
    percentage: Float64 | None = None
    reason: str | None = None
    evaluations: Evaluations | None = field(name="evaluationsSummary", default=None)


class Member(Reply):
    first: str | None = field(name="firstName", default=None)
    last: str | None = field(name="lastName", default=None)


class Iteration(Reply):
    status: str | None = None


class EventExperiment(Reply):
    key: str | None = None
    name: str | None = None
    iteration: Iteration | None = None


class EventExperiments(Reply):
    items: list[EventExperiment] | None = None


class Event(Reply):
    flag: str = field(name="flagKey")
    id: str | None = None
    kind: str | None = field(name="eventType", default=None)
    time: Float64 | None = field(name="eventTime", default=None)
    description: str | None = None
    environment: str | None = field(name="environmentKey", default=None)
    member: Member | None = None
    impact: Impact | None = None
    experiments: EventExperiments | None = None


class EventsLink(Reply):
    href: str | None = None

    def cursor(self, name: str) -> str | None:
        """Return the cursor in the link.

        The link itself isn't followed: the API's own example omits the other parameters, and it may lead elsewhere.
        """
        try:
            values = parse_qs(urlsplit(self.href or "").query).get(name)
        except ValueError:  # not an address at all
            return None
        return values[0] if values else None


class EventsReply(Reply, kw_only=True):
    total: Int64 | None = field(name="totalCount", default=None)
    items: list[Event] | None
    links: dict[str, EventsLink | None] | None = field(name="_links", default=None)

    @property
    def next_cursor(self) -> str | None:
        """The cursor of the next page, which has older events."""
        return self._cursor("next", "after")

    @property
    def previous_cursor(self) -> str | None:
        """The cursor of the previous page, which has newer events."""
        return self._cursor("prev", "before")

    def _cursor(self, name: str, parameter: str) -> str | None:
        link = (self.links or {}).get(name)
        return link.cursor(parameter) if link else None


class Move(Enum):
    """What an event did to a flag."""

    OFF = auto()
    ON = auto()
    BACK = auto()
    FORWARD = auto()
    OTHER = auto()


TARGETING_MOVES = {"disabled_targeting": Move.OFF, "enabled_targeting": Move.ON}
UPWARD = (Move.ON, Move.FORWARD)


def find_move(event: Event) -> Move:
    """Return what an event did to its flag."""
    if event.kind != "updated_rollout":
        return TARGETING_MOVES.get(event.kind or "", Move.OTHER)
    before, after = rollout_percentages(event) or (0.0, 0.0)
    if before == after:
        return Move.OTHER
    return Move.BACK if after < before else Move.FORWARD


def rollout_percentages(event: Event) -> tuple[float, float] | None:
    """Return the percentages of a rollout before and after: as described, else the shares of `true`.

    A change of the last minutes has no shares yet."""
    if described := ROLLOUT_DESCRIPTION.search(event.description or ""):
        return float(described[1]), float(described[2])
    evaluations = (event.impact or Impact()).evaluations
    shares = evaluations.variations or [] if evaluations else []
    before, after = sum(share.before or 0 for share in shares), sum(share.after or 0 for share in shares)
    on = next((share for share in shares if share.value is True), None)
    if on is None or before <= 0 or after <= 0:
        return None
    return 100 * (on.before or 0) / before, 100 * (on.after or 0) / after


class EventView(View):
    flag: str
    owner: str
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


def event_view(
    event: Event, project: str, env: str, ctx: QuestionContext, flags: FlagsByKey | None = None
) -> EventView:
    """Build the view of an event. `flags` name its flag's owner and variations."""
    mark, impact = describe_impact(event.impact or Impact())
    flag = (flags or {}).get(event.flag)
    all_shifts = variation_shifts(event.impact, (flag and flag.variations) or ())
    environment = event.environment or env
    return EventView(
        flag=humanize.truncate_text(event.flag, 80),
        owner=flag.owner if flag else "",
        url=ctx.urls.flag(project, event.flag, (environment,)),
        what=humanize.truncate_text(event.description or humanize.sentence_case(event.kind or "changed"), 200),
        who=who_made(event),
        when=humanize.timestamp(event.time, ctx.zone),
        mark=GOOD_MARK if find_move(event) in UPWARD else mark,
        impact=impact,
        shifts=all_shifts[:MAX_SHIFTS],
        more_shifts=len(all_shifts[MAX_SHIFTS:]),
        experiments=_experiment_names(event.experiments),
        details=f"flag {event.flag} {project}/{environment}" if is_key(event.flag) and is_key(environment) else "",
    )


def who_made(event: Event) -> str:
    """Name the person who made a change."""
    return humanize.person_name(event.member.first, event.member.last) if event.member else "automation"


def _experiment_names(experiments: EventExperiments | None) -> str:
    names = [
        f"{humanize.truncate_text(e.name or e.key or 'unnamed', 60)}"
        + (f" ({humanize.truncate_text(e.iteration.status, 20)})" if e.iteration and e.iteration.status else "")
        for e in (experiments.items if experiments else None) or ()
    ]
    return humanize.join_truncated(names, 3)


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


def variation_shifts(impact: Impact | None, variations: Sequence[Variation]) -> tuple[str, ...]:
    """Describe how the share of each variation shifted, the largest shift first.

    Of two variations, only one: the other half says the same."""
    shares = impact.evaluations.variations or [] if impact and impact.evaluations else []
    before, after = sum(share.before or 0 for share in shares), sum(share.after or 0 for share in shares)
    if before <= 0 or after <= 0:
        return ()
    changes = [
        (_variation_name(n, share, variations), (share.before or 0) / before, (share.after or 0) / after)
        for n, share in enumerate(_without_other_half(shares))
    ]
    changes.sort(key=lambda change: abs(change[2] - change[1]), reverse=True)
    percentages = ((name, humanize.percent(old), humanize.percent(new)) for name, old, new in changes)
    return tuple(f"{name}: {old} → {new}" for name, old, new in percentages if old != new)


def _without_other_half(shares: Sequence[VariationShare]) -> Sequence[VariationShare]:
    """Return one of two variations: of a boolean flag, `true`."""
    if len(shares) != 2:
        return shares
    return [share for share in shares if share.value is True] or shares[:1]


def _variation_name(position: int, share: VariationShare, variations: Sequence[Variation]) -> str:
    """Return the name of the variation with this value. A value that could be JSON isn't shown."""
    indexes = [n for n, variation in enumerate(variations) if _is_same(variation.value, share.value)]
    if indexes and (name := humanize.truncate_text(variations[indexes[0]].name or "", MAX_NAME_CHARS)):
        return name
    if isinstance(share.value, bool | int | float) or _is_plain_text(share.value):
        return humanize.format_value(share.value, MAX_NAME_CHARS)
    return f"variation {[*indexes, position][0] + 1}"


def _is_plain_text(value: object) -> bool:
    return isinstance(value, str) and bool(humanize.truncate_text(value, 1)) and value.lstrip()[:1] not in ("{", "[")


def _is_same(value: object, other: object) -> bool:
    """Compare two values as JSON does, where `true` isn't 1. Values nested too deeply to compare are different."""
    try:
        return isinstance(value, bool) == isinstance(other, bool) and value == other
    except RecursionError:
        return False


class AuditTarget(Reply):
    resources: list[str] | None = None


class AuditEntry(Reply):
    """An entry of the audit log. Its author isn't decoded: the event names them."""

    date: Float64
    comment: str | None = None
    target: AuditTarget | None = None

    def is_about(self, event: Event) -> bool:
        """Return whether this is the entry of the event: the same flag, at about the same time."""
        resources = (self.target and self.target.resources) or ()
        is_same_flag = any(resource.endswith(f":flag/{event.flag}") for resource in resources)
        return is_same_flag and abs(self.date - (event.time or 0)) <= CLOCK_SLACK_MS


class AuditLog(Reply):
    items: list[AuditEntry] | None = None


async def with_comments(events: Sequence[Event], project: str, env: str, ctx: QuestionContext) -> list[Event]:
    """Describe the incidents that have no description by their comments."""
    silent = [event for event in events if not event.description and find_move(event) is not Move.OTHER]
    entries = await fetch_entries(silent, project, env, ctx) if silent else ()
    return [event if event.description else replace(event, description=comment_on(event, entries)) for event in events]


async def fetch_entries(events: Sequence[Event], project: str, env: str, ctx: QuestionContext) -> Sequence[AuditEntry]:
    """Fetch the entries of the events' time span; none if the token may not read them."""
    times = [event.time for event in events if event.time]
    if not times:
        return ()
    flags = {event.flag for event in events}
    flag = next(iter(flags)) if len(flags) == 1 and all(map(is_key, flags)) else "*"
    parameters = (
        ("spec", f"proj/{project}:env/{env}:flag/{flag}"),
        ("after", str(int(min(times)) - CLOCK_SLACK_MS)),
        ("before", str(ceil(max(times)) + CLOCK_SLACK_MS)),
        ("limit", str(MAX_AUDIT_ENTRIES)),
    )
    log = await result_or_failure(ctx.launchdarkly.get(AuditLog, AUDIT_LOG_PATH, parameters, version=Version.CURRENT))
    return () if isinstance(log, Failure) else log.items or ()


def comment_on(event: Event, entries: Iterable[AuditEntry]) -> str | None:
    """Return the comment on an event, if there is one."""
    return next((entry.comment for entry in entries if entry.comment and entry.is_about(event)), None)
