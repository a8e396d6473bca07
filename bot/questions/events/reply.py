"""The decoded fields of flag events, limited to what is shown. Email addresses aren't decoded."""

from typing import Any

from bot.launchdarkly import Float64, Int64, Reply, field


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


class EventsReply(Reply, kw_only=True):
    total: Int64 | None = field(name="totalCount", default=None)
    items: list[Event] | None
    links: dict[str, EventsLink | None] | None = field(name="_links", default=None)
