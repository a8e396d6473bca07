"""What the scheduler and its jobs work with: store, answers, publisher, clock, permissions and timing."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot.access import NO_RULES, AccessRules, Caller
from bot.answers import Answers
from bot.schedules.answer_store import AnswerStore
from bot.schedules.publisher import Publisher
from bot.schedules.triggers import is_missed

if TYPE_CHECKING:  # the command line loads this without the store
    from bot.store.store import Store

MAX_RETRY_DELAY = timedelta(minutes=5)


@dataclass(frozen=True)
class Timing:
    """Intervals, windows and limits of the scheduler."""

    catch_up_window: timedelta = timedelta(hours=1)  # a missed run is caught up within it, and skipped after it
    spread: timedelta = timedelta(minutes=1)  # schedules due in the same minute are staggered over it
    lease: timedelta = timedelta(minutes=5)  # how long a worker owns a run
    confirm_window: timedelta = timedelta(seconds=10)  # until a posted message is sure to be found by a search
    watch_interval: timedelta = timedelta(minutes=5)  # polling interval of watches
    max_alerts_per_hour: int = 6  # per watch; further alerts are held for one summary
    initial_backoff: timedelta = timedelta(seconds=10)  # after the first failure; doubles with each further one

    def backoff(self, attempt: int) -> timedelta:
        """Return how long to wait after that many failed attempts."""
        return min(self.initial_backoff * (1 << min(attempt, 10)), MAX_RETRY_DELAY)


@dataclass(frozen=True)
class SchedulerContext:
    """What the work on all schedules of a workspace shares."""

    store: "Store"
    answers: Answers
    publisher: Publisher
    now: Callable[[], datetime]
    team: str  # the workspace; the store may hold others
    worker: str  # this process's id; others may share the store
    timing: Timing = field(default_factory=Timing)
    delivering: set[tuple[str, datetime]] = field(default_factory=set)  # runs that this process is delivering
    answer_store: AnswerStore = field(init=False)
    rules: AccessRules = NO_RULES
    on_run_closed: Callable[[str, float], None] = lambda _, __: None  # gets a run's outcome and its lateness in seconds
    work_available: asyncio.Event = field(default_factory=asyncio.Event)  # set when there is work to do at once

    def __post_init__(self) -> None:
        object.__setattr__(self, "answer_store", AnswerStore(self.store))  # the class is frozen, and this is derived

    def caller(self, zone: str) -> Caller:
        """Return the caller of scheduled questions, which are asked in a time zone."""
        return Caller(ZoneInfo(zone), rules=self.rules, team=self.team)

    def is_late(self, due_at: datetime) -> bool:
        """Return whether a run that was due then is past the catch-up window."""
        return is_missed(due_at, self.now(), self.timing.catch_up_window)
