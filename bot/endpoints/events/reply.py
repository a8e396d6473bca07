"""What LaunchDarkly sends of events, as far as it is shown. E-mail addresses are not read at all."""

from typing import Any

from pydantic import Field

from bot.launchdarkly import Reply


class VariationShare(Reply):
    value: Any = None
    before: float | None = None
    after: float | None = None


class Evaluations(Reply):
    variations: list[VariationShare] | None = None


class Impact(Reply):
    size: str | None = None
    percentage: float | None = None
    reason: str | None = None
    evaluations: Evaluations | None = Field(None, alias="evaluationsSummary")


class Member(Reply):
    first: str | None = Field(None, alias="firstName")
    last: str | None = Field(None, alias="lastName")


class Iteration(Reply):
    status: str | None = None


class Experiment(Reply):
    key: str | None = None
    name: str | None = None
    iteration: Iteration | None = None


class Experiments(Reply):
    items: list[Experiment] | None = None


class Event(Reply):
    flag: str = Field(alias="flagKey")
    kind: str | None = Field(None, alias="eventType")
    time: float | None = Field(None, alias="eventTime")
    description: str | None = None
    environment: str | None = Field(None, alias="environmentKey")
    member: Member | None = None
    impact: Impact | None = None
    experiments: Experiments | None = None


class Link(Reply):
    href: str | None = None


class EventsReply(Reply):
    total: int | None = Field(None, alias="totalCount")
    items: list[Event] | None = Field(...)
    links: dict[str, Link | None] | None = Field(None, alias="_links")
