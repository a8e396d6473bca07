"""The store's records. Importing them needs no database library."""

from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any


@dataclass(frozen=True)
class DefaultsChange:
    """The last change of a channel's defaults; without values, they were removed."""

    values: dict[str, str]
    by: str
    at: datetime


class ScheduleState(StrEnum):
    """The state of a schedule."""

    ACTIVE = "active"
    PAUSED = "paused"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Schedule:
    """A saved question. Only an active one has a next run.

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
    state: ScheduleState
    why: str  # the reason if the bot paused it; empty if a person did
    next_at: datetime | None
    looked_at: datetime | None = None  # when a watch last observed

    @property
    def is_watch(self) -> bool:
        return not self.days


@dataclass(frozen=True, slots=True)
class LastChange:
    """Who last changed a schedule, or created it, and how it was before: a new one was stopped."""

    number: int  # counts the schedule's changes
    by: str
    at: datetime
    before: Schedule


@dataclass(frozen=True, slots=True)
class ChangedSchedule:
    """A schedule after a change, and the number of that change."""

    schedule: Schedule
    number: int


@dataclass(frozen=True, slots=True)
class Announcement:
    """A schedule's message in its channel."""

    schedule: str
    ts: str
    posted_at: datetime
    change: int  # the number of the change that it shows
    notice_ts: str = ""  # of the last short message below it
    notice_at: datetime | None = None


@dataclass(frozen=True, slots=True, order=True)
class QueryKey:
    """A question at a moment. Runs with the same key share one answer."""

    team: str
    line: str
    zone: str
    at: datetime


class RunState(StrEnum):
    """The state of a run. `bot/schedules/runs.py` draws how one leads to another."""

    WAITING = "waiting"  # nobody works on it
    LEASED = "leased"  # a worker holds it; each message that is in the channel is recorded
    POSTING = "posting"  # a worker holds it; one more message may be in the channel
    UNCONFIRMED = "unconfirmed"  # nobody works on it; one more message may be in the channel
    DELIVERED = "delivered"
    QUIET = "quiet"  # delivered, and nothing had changed
    SKIPPED = "skipped"
    FAILED = "failed"
    UNSURE = "unsure"  # it may have been delivered

    @property
    def is_open(self) -> bool:
        """Whether a run in this state has no outcome yet."""
        return self in OPEN_STATES


OPEN_STATES = (RunState.WAITING, RunState.LEASED, RunState.POSTING, RunState.UNCONFIRMED)


@dataclass(frozen=True, slots=True)
class Run:
    """One occurrence of a schedule. Only the transitions in `bot/schedules/runs.py` create and change it."""

    schedule: str
    at: datetime
    team: str
    line: str  # the schedule's line when the run was created, with the `since` that it needs
    zone: str
    by: str = ""  # who requested it; empty if it was scheduled
    outcome: RunState | None = None  # its final state; None while it is open
    why: str = ""
    offered: int = 0  # a version: grows with each offer, lease and release
    attempt: int = 0  # failed attempts
    offer_at: datetime | None = None  # when it is offered to the engine again
    leased_by: str = ""  # the last holder of the lease, and when it expires
    leased_until: datetime | None = None
    posted: int = 0  # how many of its messages are known to be in the channel
    posting: int | None = None  # the index of the message about to be posted
    posting_at: datetime | None = None
    ts: str = ""  # of the first message
    closed_at: datetime | None = None
    log: str = ""  # a line for each thing that happened to it: when, and what
    reply_to: datetime | None = None  # `at` of the schedule's run in whose thread it is posted
    message: dict[str, Any] | None = field(
        default=None, compare=False
    )  # this run's own message; read only to deliver it

    @property
    def state(self) -> RunState:
        """The final state, or what the lease and the marker say."""
        if self.outcome:
            return self.outcome
        if self.leased_until:
            return RunState.LEASED if self.posting is None else RunState.POSTING
        return RunState.WAITING if self.posting is None else RunState.UNCONFIRMED

    @property
    def fence(self) -> tuple[str, datetime | None, int, int, int | None]:
        """What a transition must find as the worker last knew it: the lease, and the progress made under it."""
        return self.leased_by, self.leased_until, self.attempt, self.posted, self.posting

    @property
    def query_key(self) -> QueryKey:
        return QueryKey(self.team, self.line, self.zone, self.at)


@dataclass(frozen=True, slots=True)
class DueSchedule:
    """A schedule that is due, its new runs, and when it is due next."""

    schedule: Schedule
    next_at: datetime
    runs: tuple[Run, ...] = ()


@dataclass(frozen=True, slots=True)
class WatchState:
    """The state in which a watch last observed a thing."""

    state: str
    says: str  # the state in words
    happened: float | None = None  # milliseconds since the epoch, as LaunchDarkly sends them
    seen_at: datetime | None = None  # the check that recorded it, which is `at` of the alert about it


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The metrics that an answer showed for a project and environment on a day, without those that were unknown."""

    place: str
    day: date  # in the caller's time zone
    numbers: dict[str, float]
    material: bool  # whether there was something to report
    span: str = "week"  # that the answer covered; empty if it was the days since the previous run
