"""Comments: what people wrote about a change in LaunchDarkly's audit log, for incidents whose events have no text.

One request for a page of events, and none if every incident is described. A token that may not read the audit log
costs nothing but that request.
"""

from collections.abc import Iterable, Sequence
from math import ceil

from bot.errors import Failure
from bot.launchdarkly import Float64, Reply, Version, replace
from bot.lines.param_types import is_key
from bot.questions.base import QuestionContext, result_or_failure
from bot.questions.events.event import CLOCK_SLACK_MS, Event, Move, find_move

PATH = "/api/v2/auditlog"
MAX_ENTRIES = 20  # LaunchDarkly's maximum


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
        ("limit", str(MAX_ENTRIES)),
    )
    log = await result_or_failure(ctx.launchdarkly.get(AuditLog, PATH, parameters, version=Version.CURRENT))
    return () if isinstance(log, Failure) else log.items or ()


def comment_on(event: Event, entries: Iterable[AuditEntry]) -> str | None:
    """Return the comment on an event, if there is one."""
    return next((entry.comment for entry in entries if entry.comment and entry.is_about(event)), None)
