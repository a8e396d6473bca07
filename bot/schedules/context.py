"""What the scheduler and its jobs work with: store, stored answers, publisher, clock, permissions and timing."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol
from zoneinfo import ZoneInfo

from bot.access import NO_RULES, AccessRules, Caller
from bot.answers import Answer, Answers
from bot.cache import BoundedCache
from bot.messages.message import Message
from bot.schedules.heartbeat import Heartbeat
from bot.schedules.triggers import is_missed
from bot.store import QueryKey, Snapshot

if TYPE_CHECKING:  # the command line loads this without the store
    from bot.store.store import Store

MAX_RETRY_DELAY = timedelta(minutes=5)
MAX_CACHED_ANSWERS = 64  # a few kilobytes each

StoredPayload = dict[str, Any]


class Publisher(Protocol):
    """Posts messages into channels and to people."""

    def throttle(self, channel: str) -> AbstractAsyncContextManager[None]:
        """Wait for the channel's rate limit before entering the block."""

    async def post(
        self, channel: str, message: Message, key: str = "", thread: str = "", *, may_send: Callable[[], bool] = ...
    ) -> str:
        """Post a message with the key as metadata, into a thread if one is named, and return its `ts`.

        *may_send* is called immediately before each request; raise `Unavailable` if it returns False.
        """

    async def update(self, channel: str, ts: str, message: Message) -> None:
        """Replace a message. Raise `InvalidMessage` if it can't be, such as one that was deleted."""

    async def find(self, channel: str, key: str, since: datetime, thread: str = "") -> str | None:
        """Return the `ts` of the bot's message with this key, posted since then; None if it isn't in the channel.

        Raise `RateLimited` or `Unavailable` where a retry may succeed, and `HistoryUnavailable` where the bot may not
        search.
        """

    async def permalink(self, channel: str, ts: str) -> str:
        """Return a message's URL, or "" if it is unavailable."""

    async def can_join(self, channel: str) -> bool:
        """Return whether the bot may join a channel by itself."""

    async def send_dm(self, user: str, message: Message) -> None:
        """Send a direct message. Never raises: failures are logged."""


@dataclass
class StoredAnswer:
    """An answer, loaded from the store."""

    message: Message
    quiet: bool
    snapshot: Snapshot | None  # to be saved with the first delivery; None once it is saved


class AnswerStore:
    """Loads answers from the store, and caches those used last. Their messages never change."""

    def __init__(self, store: "Store") -> None:
        self._store = store
        self._recent = BoundedCache[QueryKey, StoredAnswer](MAX_CACHED_ANSWERS)

    async def get(self, query_key: QueryKey) -> StoredAnswer | None:
        """Return the answer to a query, if there is one."""
        if stored := self._recent.get(query_key):
            return stored
        if stored := await self._load(query_key):
            self._recent.put(query_key, stored)
        return stored

    async def _load(self, query_key: QueryKey) -> StoredAnswer | None:
        row = await self._store.runs.get_answer(query_key)
        if row is None:
            return None
        payload, quiet = row
        return StoredAnswer(deserialize_message(payload), quiet, _snapshot(payload))


def serialize_message(message: Message) -> StoredPayload:
    """Convert a message to its stored form."""
    return {**message.payload(), "thread": [serialize_message(reply) for reply in message.thread]}


def deserialize_message(payload: StoredPayload) -> Message:
    """Restore a message from its stored form."""
    return Message(payload["text"], tuple(payload["blocks"]), tuple(map(deserialize_message, payload["thread"])))


def serialize_answer(answer: Answer) -> StoredPayload:
    """Convert an answer to its stored form: its message, with the snapshot beside it."""
    snapshot = answer.snapshot
    extra = {"snapshot": asdict(snapshot) | {"day": snapshot.day.isoformat()}} if snapshot else {}
    return serialize_message(answer.message) | extra


def _snapshot(payload: StoredPayload) -> Snapshot | None:
    fields = payload.get("snapshot")
    return Snapshot(**fields | {"day": date.fromisoformat(fields["day"])}) if fields else None


@dataclass(frozen=True)
class Timing:
    """Intervals, windows and limits of the scheduler."""

    catch_up_window: timedelta = timedelta(hours=1)  # a missed run is caught up within it, and skipped after it
    spread: timedelta = timedelta(minutes=1)  # schedules due in the same minute are staggered over it
    lease: timedelta = timedelta(minutes=5)  # how long a worker owns a run
    worker_timeout: timedelta = timedelta(seconds=15)  # how long a worker keeps its runs without a heartbeat
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
    heartbeat: Heartbeat = field(init=False)
    rules: AccessRules = NO_RULES
    on_run_closed: Callable[[str, float], None] = lambda _, __: None  # gets a run's outcome and its lateness in seconds
    work_available: asyncio.Event = field(default_factory=asyncio.Event)  # set when there is work to do at once

    def __post_init__(self) -> None:
        # The class is frozen, and these are derived.
        object.__setattr__(self, "answer_store", AnswerStore(self.store))
        heartbeat = Heartbeat(self.store, self.team, self.worker, self.timing.worker_timeout, self.now)
        object.__setattr__(self, "heartbeat", heartbeat)

    def caller(self, zone: str) -> Caller:
        """Return the caller of scheduled questions, which are asked in a time zone."""
        return Caller(ZoneInfo(zone), rules=self.rules, team=self.team)

    def is_late(self, due_at: datetime, attempt: int) -> bool:
        """Return whether it is too late to begin an attempt: retries are due within the window, and may start later."""
        grace = MAX_RETRY_DELAY if attempt else timedelta()
        return is_missed(due_at, self.now(), self.timing.catch_up_window + grace)
