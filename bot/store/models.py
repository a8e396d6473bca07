"""The store's records. Importing them needs no database library."""

from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any


@dataclass(frozen=True)
class DefaultsChange:
    """The last change of a channel's defaults; without values, they were removed."""

    values: dict[str, str]
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Schedule:
    """A saved question: active, paused or stopped. Only an active one has a next run.

    It runs on some days at a local time; a watch has no days and no time, and runs every few minutes.
    """

    id: str
    team: str
    channel: str
    number: int  # what people call it; unique within the channel
    owner: str
    days: tuple[int, ...]  # 0 is Monday
    ordinal: int  # 0: every week; 1 to 4: the first to the fourth of the month; -1: the last
    local_time: time | None
    zone: str
    line: str
    state: str
    why: str  # the reason if the bot paused it; empty if a person did
    next_at: datetime | None
    looked_at: datetime | None = None  # when a watch last observed

    @property
    def is_watch(self) -> bool:
        return not self.days


@dataclass(frozen=True, slots=True, order=True)
class QueryKey:
    """A question at a moment. Runs with the same key share one answer."""

    team: str
    line: str
    zone: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Run:
    """One occurrence of a schedule: open, or delivered, quiet, skipped, failed or unsure."""

    schedule: str
    at: datetime
    team: str
    line: str  # the schedule's line when the run was created
    zone: str
    by: str  # who requested it; empty if it was scheduled
    state: str
    why: str
    offered: int  # a version: grows with each offer, lease and release
    attempt: int  # failed attempts
    taken_by: str  # the last holder of the lease, and when it expires
    taken_until: datetime | None
    posted: int  # how many of its messages are known to be in the channel
    posting: int | None  # the index of the message about to be posted
    posting_at: datetime | None
    ts: str  # of the first message
    said: dict[str, Any] | None = field(default=None, compare=False)  # this run's own message; only a lease reads it

    @property
    def query_key(self) -> QueryKey:
        return QueryKey(self.team, self.line, self.zone, self.at)


@dataclass(frozen=True, slots=True)
class DueSchedule:
    """A schedule that is due: its runs until now, and when it is due next. A run with a reason is skipped, and one
    with an empty reason is open."""

    schedule: Schedule
    zone: str
    next_at: datetime
    runs: tuple[tuple[datetime, str], ...] = ()


@dataclass(frozen=True, slots=True)
class WatchState:
    """The state in which a watch last observed a thing."""

    state: str
    says: str  # the state in words
    happened: float | None = None  # milliseconds since the epoch, as LaunchDarkly sends them


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The metrics that an answer showed for a project and environment on a day, without those that were unknown."""

    place: str
    day: date  # in the caller's time zone
    numbers: dict[str, float]
    material: bool  # whether there was something to report
