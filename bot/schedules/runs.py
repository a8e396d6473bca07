"""The state machine of a run, which is one occurrence of a schedule: every transition, as a pure function.

    new                         ── Due, Requested, Alerted ──► waiting
    new                         ── Missed ───────────────────► skipped
    new                         ── CheckFailed ──────────────► failed

    waiting, leased             ── Leased ───────────────────► leased
    leased                      ── PostBegun ────────────────► posting
    posting                     ── Posted, Confirmed ────────► leased, delivered, quiet
    posting                     ── NotPosted ────────────────► leased
    posting, unconfirmed        ── Leased ───────────────────► posting
    leased                      ── Finished ─────────────────► delivered, quiet

    waiting, leased             ── Retried ──────────────────► waiting
    posting, unconfirmed        ── Retried ──────────────────► unconfirmed
    leased                      ── WorkerLost ───────────────► waiting
    posting                     ── WorkerLost ───────────────► unconfirmed

    waiting, leased             ── Skipped ──────────────────► skipped, delivered
    waiting, leased             ── GaveUp, ChannelLost ──────► failed, delivered
    posting, unconfirmed        ── Skipped, GaveUp, ChannelLost, Unverifiable ──► unsure, delivered

    waiting, leased, posting, unconfirmed ── Offered, Requeued ──► same

A worker must hold the lease to work on a run, and stores a heartbeat every few seconds meanwhile. Others take over a
lease when it expires, or end it early when that worker's heartbeat stops (WorkerLost). The store saves a transition
only if lease and progress are still as the worker last knew them: after a takeover, the first worker can record
nothing more, and so begins no post.

A message is sent only in `posting`, which is stored before. While a run is in `posting` or `unconfirmed`, its message
may be in the channel, whatever happened to the worker. The run continues only with Posted (Slack accepted it),
Confirmed (a search found it) or NotPosted (Slack refused it, or a search didn't find it). Where nobody can tell, it
ends as unsure, rather than post twice. A worker sends nothing more once half of its lease, or half of the worker
timeout since its last heartbeat, is over (`heartbeat.py`): so the next worker's search comes after everything that it
sent. After such a gap, it sends nothing under a lease from before the gap: others may be ending that lease.

An event that no line above allows comes too late: it changes nothing. `Run` is plain data in `bot/store/models.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from bot.messages import humanize
from bot.store.models import OPEN_STATES, Run, RunState, Schedule

MAX_REASON_CHARS = 300
MISSED_REASON = "The bot was offline."
INCOMPLETE_REASON = "The thread replies are missing."
UNCONFIRMED_REASON = "Slack didn't confirm the post."
NO_HISTORY_REASON = "I can't read this channel's history, so I won't risk a duplicate."
UNVERIFIED_REASON = f"Possibly posted. {NO_HISTORY_REASON}"
PARTLY_UNVERIFIED_REASON = f"The thread replies may be missing. {NO_HISTORY_REASON}"


@dataclass(frozen=True)
class RunEvent:
    """Something that happens to a run."""


@dataclass(frozen=True)
class _Creation(RunEvent):
    schedule: Schedule
    at: datetime
    by: str = ""  # who requested it
    why: str = ""  # why it is over from the start
    message: dict[str, Any] | None = None  # the run's own
    reply_to: datetime | None = None  # the earlier run in whose thread it is posted


class Due(_Creation):
    """The schedule is due."""


class Missed(_Creation):
    """The schedule was due too long ago to catch up."""


class Requested(_Creation):
    """Somebody wants the schedule to run now."""


class Alerted(_Creation):
    """A watch has something to tell."""


class CheckFailed(_Creation):
    """A watch couldn't be checked."""


@dataclass(frozen=True)
class Offered(RunEvent):
    """The engine has the run; it gets it again then, in case it is lost there."""

    offer_at: datetime


@dataclass(frozen=True)
class Requeued(RunEvent):
    """The engine has lost the run, and gets it again at once."""


@dataclass(frozen=True)
class Leased(RunEvent):
    """A worker takes the run, until then."""

    by: str
    until: datetime
    asked_at: datetime | None = None  # when the question was answered


@dataclass(frozen=True)
class PostBegun(RunEvent):
    """A message is about to be sent. This is stored before it is."""

    part: int


@dataclass(frozen=True)
class Posted(RunEvent):
    """A message is in the channel. After the last one the run is over."""

    part: int
    ts: str
    is_last: bool
    quiet: bool = False


@dataclass(frozen=True)
class Confirmed(Posted):
    """A search has found a message that an earlier attempt sent."""


@dataclass(frozen=True)
class NotPosted(RunEvent):
    """The message is certainly not in the channel."""


@dataclass(frozen=True)
class Finished(RunEvent):
    """All messages were in the channel already."""

    quiet: bool = False


@dataclass(frozen=True)
class _Ending(RunEvent):
    by: str = field(default="", kw_only=True)  # the worker with the lease; all others wait until that has expired


@dataclass(frozen=True)
class Retried(_Ending):
    """An attempt failed, and another one follows."""

    retry_at: datetime


@dataclass(frozen=True)
class Skipped(_Ending):
    """The run need not be delivered any more."""

    why: str


@dataclass(frozen=True)
class GaveUp(_Ending):
    """The run can't be delivered; it never could if that is permanent."""

    why: str
    permanent: bool = False


@dataclass(frozen=True)
class ChannelLost(GaveUp):
    """The channel is gone or closed to the bot."""

    channel: str = ""
    code: str = ""


class WorkerLost(_Ending):
    """The worker with the lease has no heartbeat any more."""


@dataclass(frozen=True)
class Unverifiable(RunEvent):
    """Nobody can tell whether the message is in the channel."""


@dataclass(frozen=True)
class RunEffect:
    """Something that a job does after the transition is stored."""


@dataclass(frozen=True)
class Post(RunEffect):
    """Post the message with this index, if there is one."""

    part: int


@dataclass(frozen=True)
class Search(RunEffect):
    """Search the channel for the message with this index."""

    part: int


@dataclass(frozen=True)
class NotifyOwner(RunEffect):
    """Tell the owner that the schedule fails, at once or after several failures in a row."""

    at_once: bool


@dataclass(frozen=True)
class PauseChannel(RunEffect):
    """Pause the channel's schedules, in the same transaction, and tell their owners."""

    channel: str
    code: str


Change = tuple[Run, tuple[RunEffect, ...]]


def create(event: RunEvent, now: datetime) -> Run:
    """Return the run that this event creates."""
    return _apply(BY_STATE_AND_EVENT[None, type(event)], None, event, now)[0]


def transition(run: Run, event: RunEvent, now: datetime) -> Change:
    """Return the run after the event, and what to do; the same run, and nothing, if the event comes too late."""
    rule = BY_STATE_AND_EVENT.get((run.state, type(event)))
    is_foreign = isinstance(event, _Ending) and _is_held(run, now) and event.by != run.leased_by
    return _apply(rule, run, event, now) if rule and not is_foreign else (run, ())


def _create(_: None, event: _Creation, now: datetime) -> Change:
    schedule = event.schedule
    run = Run(schedule.id, event.at, schedule.team, schedule.line, schedule.zone, event.by, message=event.message)
    return replace(run, offer_at=min(event.at, now), reply_to=event.reply_to), ()


def _create_skipped(_: None, event: Missed, now: datetime) -> Change:
    return _close(_create(_, event, now)[0], RunState.SKIPPED, event.why, event.at), ()


def _create_failed(_: None, event: CheckFailed, now: datetime) -> Change:
    return _close(_create(_, event, now)[0], RunState.FAILED, event.why, event.at), ()


def _offer(run: Run, event: Offered, now: datetime) -> Change:
    return _offer_next(run, event.offer_at), ()


def _requeue(run: Run, event: Requeued, now: datetime) -> Change:
    return (run if _is_held(run, now) else _offer_next(run, now)), ()


def _lease(run: Run, event: Leased, now: datetime) -> Change:
    if _is_held(run, now) and run.leased_by != event.by:
        return run, ()
    leased = replace(_offer_next(run, event.until), leased_by=event.by, leased_until=event.until)
    if event.asked_at and " asked\n" not in run.log:
        leased = _log(leased, event.asked_at, "asked")
    if run.leased_until and run.leased_by != event.by:
        leased = _log(leased, now, "taken over")
    return leased, (Post(run.posted) if run.posting is None else Search(run.posting),)


def _begin_post(run: Run, event: PostBegun, now: datetime) -> Change:
    return replace(run, posting=event.part, posting_at=now), ()


def _record_post(run: Run, event: Posted, now: datetime) -> Change:
    posted = replace(run, posted=event.part + 1, posting=None, posting_at=None, ts=run.ts if event.part else event.ts)
    return _finish(posted, event, now) if event.is_last else (posted, (Post(event.part + 1),))


def _clear_marker(run: Run, event: NotPosted, now: datetime) -> Change:
    return replace(run, posting=None, posting_at=None), (Post(run.posted),)


def _finish(run: Run, event: Finished | Posted, now: datetime) -> Change:
    return _close(run, RunState.QUIET if event.quiet else RunState.DELIVERED, "", now), ()


def _retry(run: Run, event: Retried, now: datetime) -> Change:
    released = replace(_offer_next(run, event.retry_at), leased_by="", leased_until=None)
    return replace(released, attempt=run.attempt + 1), ()


def _lose_worker(run: Run, event: WorkerLost, now: datetime) -> Change:
    return replace(run, leased_by="", leased_until=None, offered=run.offered + 1), ()


def _skip(run: Run, event: Skipped, now: datetime) -> Change:
    return (_close_begun(run, event.why, now) or _close(run, RunState.SKIPPED, event.why, now)), ()


def _give_up(run: Run, event: GaveUp, now: datetime) -> Change:
    if begun := _close_begun(run, event.why, now):
        return begun, ()
    return _close(run, RunState.FAILED, event.why, now), (NotifyOwner(at_once=event.permanent),)


def _lose_channel(run: Run, event: ChannelLost, now: datetime) -> Change:
    closed, effects = _give_up(run, event, now)
    return closed, (*effects, PauseChannel(event.channel, event.code))


def _leave_unverified(run: Run, event: Unverifiable, now: datetime) -> Change:
    outcome = (RunState.DELIVERED, PARTLY_UNVERIFIED_REASON) if run.posted else (RunState.UNSURE, UNVERIFIED_REASON)
    return _close(run, *outcome, now), ()


def _is_held(run: Run, now: datetime) -> bool:
    return run.leased_until is not None and run.leased_until > now


def _offer_next(run: Run, offer_at: datetime) -> Run:
    return replace(run, offer_at=offer_at, offered=run.offered + 1)


def _close_begun(run: Run, why: str, now: datetime) -> Run | None:
    """Close a run of which something was or may have been posted."""
    if run.posted:
        return _close(run, RunState.DELIVERED, f"{INCOMPLETE_REASON} {why}", now)
    return _close(run, RunState.UNSURE, UNCONFIRMED_REASON, now) if run.posting is not None else None


def _close(run: Run, outcome: RunState, why: str, now: datetime) -> Run:
    reason = humanize.truncate_text(why, MAX_REASON_CHARS)
    return replace(run, outcome=outcome, why=reason, closed_at=now, offer_at=None, leased_until=None, message=None)


@dataclass(frozen=True)
class Transition:
    """A line of the diagram, for one event: it leads from these states to one of those, by this function."""

    states: tuple[RunState | None, ...]
    event: type[RunEvent]
    targets: tuple[RunState, ...]
    apply: Callable[[Any, Any, datetime], Change]


def _apply(rule: Transition, run: Run | None, event: RunEvent, now: datetime) -> Change:
    after, effects = rule.apply(run, event, now)
    if after is run:
        return run, ()
    if after.state not in rule.targets:
        raise AssertionError(f"{event} must not lead to {after.state}")
    entry = LOG_ENTRIES.get(type(event))
    return _log(after, now, entry) if entry else after, effects


def _log(run: Run, at: datetime, entry: str) -> Run:
    """Add a line to the run's log: the second of the epoch, and what happened."""
    return replace(run, log=f"{run.log}{int(at.timestamp())} {entry}\n")


WAITING, LEASED, POSTING, UNCONFIRMED, DELIVERED, QUIET, SKIPPED, FAILED, UNSURE = RunState
KNOWN, UNKNOWN = (WAITING, LEASED), (POSTING, UNCONFIRMED)

TRANSITIONS = (
    *(Transition((None,), event, (WAITING,), _create) for event in (Due, Requested, Alerted)),
    Transition((None,), Missed, (SKIPPED,), _create_skipped),
    Transition((None,), CheckFailed, (FAILED,), _create_failed),
    Transition(KNOWN, Leased, (LEASED,), _lease),
    Transition((LEASED,), PostBegun, (POSTING,), _begin_post),
    *(Transition((POSTING,), event, (LEASED, DELIVERED, QUIET), _record_post) for event in (Posted, Confirmed)),
    Transition((POSTING,), NotPosted, (LEASED,), _clear_marker),
    Transition(UNKNOWN, Leased, (POSTING,), _lease),
    Transition((LEASED,), Finished, (DELIVERED, QUIET), _finish),
    Transition(KNOWN, Retried, (WAITING,), _retry),
    Transition(UNKNOWN, Retried, (UNCONFIRMED,), _retry),
    Transition((LEASED,), WorkerLost, (WAITING,), _lose_worker),
    Transition((POSTING,), WorkerLost, (UNCONFIRMED,), _lose_worker),
    Transition(KNOWN, Skipped, (SKIPPED, DELIVERED), _skip),
    Transition(KNOWN, GaveUp, (FAILED, DELIVERED), _give_up),
    Transition(KNOWN, ChannelLost, (FAILED, DELIVERED), _lose_channel),
    Transition(UNKNOWN, Skipped, (UNSURE, DELIVERED), _skip),
    Transition(UNKNOWN, GaveUp, (UNSURE, DELIVERED), _give_up),
    Transition(UNKNOWN, ChannelLost, (UNSURE, DELIVERED), _lose_channel),
    Transition(UNKNOWN, Unverifiable, (UNSURE, DELIVERED), _leave_unverified),
    *(Transition((state,), Offered, (state,), _offer) for state in OPEN_STATES),
    *(Transition((state,), Requeued, (state,), _requeue) for state in OPEN_STATES),
)
LOG_ENTRIES: dict[type[RunEvent], str] = {  # besides "asked"
    Requested: "requested",
    Posted: "posted",
    Confirmed: "confirmed",
    NotPosted: "not posted",
    Retried: "retried",
    WorkerLost: "taken over",
    Skipped: "skipped",
} | dict.fromkeys((GaveUp, ChannelLost, Unverifiable), "given up")
BY_STATE_AND_EVENT = {(state, rule.event): rule for rule in TRANSITIONS for state in rule.states}
