"""What the work by the clock needs: the store, the one door to answers, the way into channels, and how long to wait."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.answers import Answers
from bot.lines.parser import ParsedLine
from bot.questions.catalog import ProjectFilter, allow_all
from bot.schedules.answer_store import AnswerStore
from bot.schedules.publisher import Publisher
from bot.store.store import Store

MAX_RETRY_DELAY = timedelta(minutes=5)


@dataclass(frozen=True)
class Timing:
    """How long what may take."""

    catch_up_window: timedelta = timedelta(hours=1)  # so late may a slot still be caught up
    spread: timedelta = timedelta(minutes=1)  # so far are those spread that are due in the same minute
    lease: timedelta = timedelta(minutes=5)  # so long has somebody a slot to himself
    confirm_window: timedelta = timedelta(seconds=10)  # until what was posted surely can be found
    watch_interval: timedelta = timedelta(minutes=5)  # so often looks a watch
    max_alerts_per_hour: int = 6  # messages of a watch in an hour; what is more becomes one summary
    initial_backoff: timedelta = timedelta(seconds=10)  # after a first failure; each further one waits twice as long

    def backoff(self, attempt: int) -> timedelta:
        """How long to wait after that many attempts."""
        return min(self.initial_backoff * (1 << min(attempt, 10)), MAX_RETRY_DELAY)


@dataclass(frozen=True)
class SchedulerContext:
    """The rounds that the bot makes by the clock, as far as they are the same for all schedules."""

    store: Store
    answers: Answers
    publisher: Publisher
    now: Callable[[], datetime]
    team: str  # the workspace, of which there may be others in the store
    worker: str  # this process, among others that share the store
    timing: Timing = field(default_factory=Timing)
    delivering: set[tuple[str, datetime]] = field(default_factory=set)  # slots to which this process delivers
    answers_cache: AnswerStore = field(init=False)
    authorize: Callable[[ParsedLine], None] = lambda _: None  # what the settings allow to be asked
    is_project_allowed: ProjectFilter = allow_all  # and of which projects may be told
    on_run_closed: Callable[[str, float], None] = lambda _, __: None  # a run's outcome, and how many seconds late
    is_channel_allowed: Callable[[str], bool] = lambda _: True  # and in which channels

    def __post_init__(self) -> None:
        object.__setattr__(self, "answers_cache", AnswerStore(self.store))  # so a frozen dataclass sets what it derives

    def is_late(self, due_at: datetime) -> bool:
        """Whether what was due at that moment is too late by now."""
        return self.now() > due_at + self.timing.catch_up_window
