"""What the store keeps, as everybody else sees it. Whoever only reads these needs no database."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True)
class DefaultsChange:
    """The last word on a channel's defaults; with no values, they were taken back."""

    values: dict[str, str]
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Schedule:
    """A saved question: active, paused or stopped. Only an active one has a next moment."""

    id: str
    team: str
    channel: str
    number: int  # by which the people of its channel call it
    owner: str
    cadence: str
    line: str
    state: str
    why: str  # it is paused, where nobody paused it
    next_at: datetime | None
    looked_at: datetime | None = None  # the last time, for one that only speaks when there is something new


@dataclass(frozen=True, slots=True, order=True)
class QueryKey:
    """The same question at the same moment, whoever wants its answer."""

    team: str
    line: str
    zone: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Run:
    """A moment at which a schedule was due: open, or delivered, quiet, skipped, failed or unsure."""

    schedule: str
    at: datetime
    team: str
    line: str  # as it was then
    zone: str
    by: str  # who asked for it; empty: the clock
    state: str
    why: str
    offered: int  # grows with each offer, and each time that somebody takes it or lets it go
    attempt: int  # how many were in vain
    taken_by: str  # who was at it last, and until when it was theirs
    taken_until: datetime | None
    posted: int  # how many messages of it surely stand in the channel
    posting: int | None  # which one somebody was about to post
    posting_at: datetime | None
    ts: str  # of the first message
    said: dict[str, Any] | None = field(default=None, compare=False)  # to it alone; only who takes it reads that

    @property
    def query_key(self) -> QueryKey:
        return QueryKey(self.team, self.line, self.zone, self.at)


@dataclass(frozen=True, slots=True)
class DueSchedule:
    """A schedule that is due: its slots until then, and when it is due next. A slot comes with the reason why it is
    skipped, or is open."""

    schedule: Schedule
    zone: str
    next_at: datetime
    runs: tuple[tuple[datetime, str], ...] = ()


@dataclass(frozen=True, slots=True)
class WatchState:
    """A thing that a watch has seen, in the state in which it was then."""

    state: str
    says: str  # the state, as people read it
    happened: float | None = None  # in LaunchDarkly's milliseconds


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The numbers that an answer told of a place, on a day. What could not be had is not among them."""

    place: str
    day: date  # where it was asked
    numbers: dict[str, float]
    material: bool  # whether there was something to speak about
