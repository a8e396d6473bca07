"""What the scheduler and its jobs work with: store, answers, publisher, clock, permissions and timing."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.answers import Answers
from bot.lines.parser import ParsedLine
from bot.questions.catalog import ProjectFilter, allow_all
from bot.schedules.answer_store import AnswerStore
from bot.schedules.publisher import Publisher
from bot.schedules.triggers import is_missed
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

    store: Store
    answers: Answers
    publisher: Publisher
    now: Callable[[], datetime]
    team: str  # the workspace; the store may hold others
    worker: str  # this process's id; others may share the store
    timing: Timing = field(default_factory=Timing)
    delivering: set[tuple[str, datetime]] = field(default_factory=set)  # runs that this process is delivering
    answers_cache: AnswerStore = field(init=False)
    authorize: Callable[[ParsedLine], None] = lambda _: None  # raises for lines that the settings don't allow
    is_project_allowed: ProjectFilter = allow_all  # which projects may be mentioned
    on_run_closed: Callable[[str, float], None] = lambda _, __: None  # gets a run's outcome and its lateness in seconds
    is_channel_allowed: Callable[[str], bool] = lambda _: True  # which channels may be posted in

    def __post_init__(self) -> None:
        object.__setattr__(self, "answers_cache", AnswerStore(self.store))  # the class is frozen, and this is derived

    def is_late(self, due_at: datetime) -> bool:
        """Return whether a run that was due then is past the catch-up window."""
        return is_missed(due_at, self.now(), self.timing.catch_up_window)
