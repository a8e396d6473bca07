"""What the work by the clock needs: the store, the one door to answers, the way into channels, and how long to wait."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.answers import Answers
from bot.lines.parser import Understood
from bot.questions.catalog import Allows, everything
from bot.schedules.answer_store import AtHand
from bot.schedules.publisher import Post
from bot.store.store import Store

LONGEST_WAIT = timedelta(minutes=5)


@dataclass(frozen=True)
class Times:
    """How long what may take."""

    window: timedelta = timedelta(hours=1)  # so late may a slot still be caught up
    spread: timedelta = timedelta(minutes=1)  # so far are those spread that are due in the same minute
    lease: timedelta = timedelta(minutes=5)  # so long has somebody a slot to himself
    settling: timedelta = timedelta(seconds=10)  # until what was posted surely can be found
    watch: timedelta = timedelta(minutes=5)  # so often looks a watch
    storm: int = 6  # messages of a watch in an hour; what is more becomes one summary
    first_wait: timedelta = timedelta(seconds=10)  # after a first failure; each further one waits twice as long

    def wait(self, attempt: int) -> timedelta:
        """How long to wait after that many attempts."""
        return min(self.first_wait * (1 << min(attempt, 10)), LONGEST_WAIT)


@dataclass(frozen=True)
class Rounds:
    """The rounds that the bot makes by the clock, as far as they are the same for all schedules."""

    store: Store
    answers: Answers
    post: Post
    now: Callable[[], datetime]
    team: str  # the workspace, of which there may be others in the store
    me: str  # this process, among others that share the store
    times: Times = field(default_factory=Times)
    at_work: set[tuple[str, datetime]] = field(default_factory=set)  # slots to which this process delivers
    at_hand: AtHand = field(init=False)
    may: Callable[[Understood], None] = lambda _: None  # what the settings allow to be asked
    allows: Allows = everything  # and of which projects may be told
    closed: Callable[[str, float], None] = lambda _, __: None  # told of each slot: its outcome, how many seconds late
    speaks_in: Callable[[str], bool] = lambda _: True  # and in which channels

    def __post_init__(self) -> None:
        object.__setattr__(self, "at_hand", AtHand(self.store))  # so a frozen dataclass sets what it derives

    def late(self, at: datetime) -> bool:
        """Whether what was due at that moment is too late by now."""
        return self.now() > at + self.times.window
