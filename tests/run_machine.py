"""Runs through crashes, lost leases, late events and repeated deliveries, in any order, over any store."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from enum import Enum
from typing import Protocol

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from bot.schedules import runs
from bot.schedules.failover import HeartbeatObserver
from bot.schedules.heartbeat import Pulse, may_send, next_pulse
from bot.store import Run, RunState, Schedule, ScheduleState
from bot.store.store import Store

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
LEASE, CONFIRM_WINDOW = timedelta(minutes=5), timedelta(seconds=10)
WORKER_TIMEOUT = timedelta(seconds=15)
WORKERS = st.sampled_from(["one", "two"])
# A heartbeat goes on; it has a gap, and a search is sure; a worker is lost; a lease is half over; it is over.
SECONDS = st.sampled_from([5, 10, 20, 200, 400])
MESSAGE_COUNT = 2
KINDS = ["retry"] * 6 + ["requeue", "offer"] * 2 + ["skip", "give up", "lose the channel"]  # few end the run


class RunStore(Protocol):
    """What holds the run: a variable, or a database."""

    schedule: Schedule

    def add(self, run: Run) -> None: ...
    def read(self) -> Run: ...
    def save(self, before: Run, after: Run) -> bool: ...
    def offer(self, before: Run, after: Run) -> bool: ...
    def record_heartbeat(self, worker: str, at: datetime) -> None: ...
    def heartbeats(self) -> dict[str, datetime]: ...
    def claim(self, worker: str, seen: datetime, at: datetime) -> bool: ...


MONDAY = (0,), 0, time(9), "UTC"
SCHEDULE = Schedule("0" * 32, "T1", "C1", 1, "U1", *MONDAY, "scores web/production", ScheduleState.ACTIVE, "", NOW)


class MemoryStore:
    """A store that is a variable."""

    schedule = SCHEDULE
    run: Run

    def __init__(self) -> None:
        self._heartbeats: dict[str, datetime] = {}

    def add(self, run: Run) -> None:
        self.run = run

    def read(self) -> Run:
        return self.run

    def save(self, before: Run, after: Run) -> bool:
        """Save a transition of an open run if its fence holds; offers that came in between stay counted."""
        fits = self.run.state.is_open and self.run.fence == before.fence
        if fits:
            self.run = replace(after, offered=self.run.offered + after.offered - before.offered)
        return fits

    def offer(self, before: Run, after: Run) -> bool:
        return self.run.offered == before.offered and self.save(before, after)

    def record_heartbeat(self, worker: str, at: datetime) -> None:
        self._heartbeats[worker] = at

    def heartbeats(self) -> dict[str, datetime]:
        return dict(self._heartbeats)

    def claim(self, worker: str, seen: datetime, at: datetime) -> bool:
        if self._heartbeats.get(worker) != seen:
            return False
        self._heartbeats[worker] = at
        return True


class SlackOutcome(Enum):
    """What Slack does with a request."""

    ACCEPTED = "it is done, and the worker learns so"
    REJECTED = "it is rejected"
    UNCONFIRMED = "it is done, and the worker doesn't learn so"
    LOST = "it isn't done, and the worker doesn't learn so"


class DatabaseStore:
    """A team's run in a real store."""

    def __init__(self, runner: asyncio.Runner, store: Store, team: str) -> None:
        self._await = runner.run
        self._store = store
        self.schedule = self._await(store.schedules.add(replace(SCHEDULE, team=team), NOW))

    def add(self, run: Run) -> None:
        assert self._await(self._store.runs.add(run))

    def read(self) -> Run:
        run = self._await(self._store.runs.get(self.schedule.id, NOW))
        assert run
        return run

    def save(self, before: Run, after: Run) -> bool:
        return bool(self._await(self._store.runs.save([(before, after)])))

    def offer(self, before: Run, after: Run) -> bool:
        return bool(self._await(self._store.runs.offer([(before, after)])))

    def record_heartbeat(self, worker: str, at: datetime) -> None:
        self._await(self._store.heartbeats.record(self.schedule.team, worker, at))

    def heartbeats(self) -> dict[str, datetime]:
        return self._await(self._store.heartbeats.list_others(self.schedule.team, ""))

    def claim(self, worker: str, seen: datetime, at: datetime) -> bool:
        return self._await(self._store.heartbeats.claim(self.schedule.team, worker, seen, at))


@dataclass
class Worker:
    """What a process's job has in its memory. A crash forgets it."""

    run: Run
    effects: list[runs.RunEffect] = field(default_factory=list)
    sending: int | None = None  # the message whose marker is stored
    response: runs.RunEvent | None = None  # Slack's response, not yet recorded


class RunMachine(RuleBasedStateMachine):
    """One run, two workers, and a channel. A message that Slack accepted is found within the confirm window."""

    def __init__(self, store: RunStore | None = None) -> None:
        super().__init__()
        self.store = store or MemoryStore()
        self.now = NOW
        self.workers: dict[str, Worker] = {}
        self.pulses: dict[str, Pulse] = {}  # as each process knows it
        self.heartbeats_begun: dict[str, datetime] = {}
        self.observer = HeartbeatObserver()
        self.lost: list[tuple[str, Run]] = []  # claimed workers, and runs that they held
        self.channel: list[int] = []  # the index of each message, in the order in which they were accepted
        self.read: list[Run] = []  # states that somebody has read, and may still act on
        self.closed: Run | None = None

    @initialize()
    def create(self) -> None:
        self.store.add(runs.create(runs.Due(self.store.schedule, NOW), self.now))

    @rule(seconds=SECONDS)
    def pass_time(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    # The workers, step by step: each may stall or crash before and after any of them.

    @rule(name=WORKERS, age=st.integers(0, 2))
    def lease(self, name: str, age: int) -> None:
        """Take the run, once or again, as it is or as it was read some time ago; a job that had it before is gone."""
        run = self._read(age)
        leased, effects = runs.transition(run, runs.Leased(name, self.now + LEASE), self.now)
        if leased is not run and self.store.save(run, leased):
            self.workers[name] = Worker(leased, list(effects))

    @rule(name=WORKERS)
    def start(self, name: str) -> None:
        self.have_heartbeat(name)
        self.lease(name, 0)

    @rule(name=WORKERS)
    def crash(self, name: str) -> None:
        """Lose what was done and not recorded, and what was to be done."""
        for memory in (self.workers, self.pulses, self.heartbeats_begun):
            memory.pop(name, None)

    @rule(name=WORKERS)
    def begin_heartbeat(self, name: str) -> None:
        self.heartbeats_begun[name] = self.now

    @rule(name=WORKERS, confirmed=st.sampled_from([True, True, False]))
    def store_heartbeat(self, name: str, confirmed: bool) -> None:
        """Store a heartbeat that was begun, perhaps long ago; the worker may not learn that it is stored."""
        if began := self.heartbeats_begun.pop(name, None):
            self.store.record_heartbeat(name, began)
            if confirmed:
                self.pulses[name] = next_pulse(self.pulses.get(name), began, self.now, WORKER_TIMEOUT)

    @rule(name=WORKERS)
    def have_heartbeat(self, name: str) -> None:
        self.begin_heartbeat(name)
        self.store_heartbeat(name, confirmed=True)

    @rule(name=WORKERS, outcome=st.sampled_from([SlackOutcome.ACCEPTED] * 4 + list(SlackOutcome)))
    def step(self, name: str, outcome: SlackOutcome) -> None:
        """Do the next thing that a worker has to do: begin, send or record a message, or search for one."""
        match self.workers.get(name):
            case Worker(response=runs.RunEvent() as response):
                self._record(name, response)
            case Worker(sending=int(part)) as worker:
                worker.sending, worker.response = None, self._send(worker.run, part, outcome)
            case Worker(effects=[runs.Post(part)]) as worker if part < MESSAGE_COUNT:
                worker.sending = part if self._record(name, runs.PostBegun(part)) else None
            case Worker(effects=[runs.Post()]):
                self._record(name, runs.Finished())
            case Worker(effects=[runs.Search(part)]) as worker:
                self._record(name, self._search(worker.run, part, outcome))

    @rule(name=WORKERS, times=st.integers(1, 3))
    def step_on(self, name: str, times: int) -> None:
        """Take a worker some steps further, so that examples get anywhere."""
        for _ in range(times):
            self.step(name, SlackOutcome.ACCEPTED)

    @rule(before=st.integers(0, 2), retry_between=st.booleans())
    def overtake(self, before: int, retry_between: bool) -> None:
        """Let a worker stall after some steps until another one takes the run, and then let the first one go on."""
        self.start("one")
        self.step_on("one", before)
        self.now += 2 * LEASE
        if retry_between:
            self.act_late(0, "retry")
        self.start("two")
        self.step_on("two", 4)
        self.step_on("one", 3)

    @rule(before=st.sampled_from([0, 1, 1, 2]), late_heartbeat=st.sampled_from(["none", "before", "after", "after"]))
    def freeze(self, before: int, late_heartbeat: str) -> None:
        """Let a worker stall until another one takes it for lost, and go on with or without a new heartbeat."""
        self.start("one")
        self.step_on("one", before)
        self.find_lost_workers()
        self.now += 2 * WORKER_TIMEOUT
        if late_heartbeat == "before":
            self.have_heartbeat("one")
        self.find_lost_workers()
        if late_heartbeat == "after":
            self.have_heartbeat("one")
        self.release_leases()
        self.start("two")
        self.step_on("two", 3)
        self.step_on("one", 3)
        self.step_on("two", 3)

    @rule(name=WORKERS, kind=st.sampled_from(KINDS))
    def end_attempt(self, name: str, kind: str) -> None:
        """End an attempt whose message isn't under way."""
        if (worker := self.workers.get(name)) and worker.sending is None and worker.response is None:
            self._record(name, self._event(kind, name))

    # Everybody else, with what they read some time ago.

    @rule(age=st.integers(0, 2), kind=st.sampled_from(KINDS))
    def act_late(self, age: int, kind: str) -> None:
        """Let the query job or the engine act on a run as they read it."""
        run = self._read(age)
        after, _ = runs.transition(run, self._event(kind, ""), self.now)
        if after is not run:
            (self.store.offer if kind == "offer" else self.store.save)(run, after)

    @rule()
    def find_lost_workers(self) -> None:
        """Claim the workers whose heartbeat has stopped, after listing what they hold."""
        run = self.store.read()
        for worker, seen in self.observer.stopped(
            self.store.heartbeats(), self.now.timestamp(), WORKER_TIMEOUT
        ).items():
            if self.store.claim(worker, seen, self.now):
                self.lost.append((worker, run))

    @rule()
    def release_leases(self) -> None:
        """End the leases of workers claimed some time ago, which may have a heartbeat again."""
        for worker, run in self.lost:
            after, _ = runs.transition(run, runs.WorkerLost(by=worker), self.now)
            if after is not run:
                self.store.save(run, after)
        self.lost.clear()

    @rule()
    def look(self) -> None:
        self.read.append(self.store.read())

    # What must hold.

    @invariant()
    def no_message_is_posted_twice(self) -> None:
        assert self.channel == list(range(len(self.channel)))

    @invariant()
    def final_state_stays_and_has_a_reason(self) -> None:
        run = self.store.read()
        if self.closed:
            assert replace(run, message=None) == replace(self.closed, message=None)
        if run.state.is_open:
            assert run.offer_at, "nobody would work on it again"
            return
        self.closed = run
        assert run.offer_at is None
        assert run.closed_at
        assert run.why or (run.state in (RunState.DELIVERED, RunState.QUIET) and len(self.channel) == MESSAGE_COUNT)
        assert run.state not in (RunState.FAILED, RunState.SKIPPED) or not self.channel

    def teardown(self) -> None:
        """Nothing goes wrong any more: a worker that is given the run ends it, and it is in the channel or says why."""
        self.workers.clear()
        for _ in range(3):
            self.now += LEASE
            self.start("one")
            while "one" in self.workers:
                self.step("one", SlackOutcome.ACCEPTED)
                self.no_message_is_posted_twice()
        self.final_state_stays_and_has_a_reason()
        assert self.closed

    # Helpers

    def _read(self, age: int) -> Run:
        """Return the run as it is, or as it was when somebody read it."""
        return [self.store.read(), *reversed(self.read)][: age + 1][-1]

    def _send(self, run: Run, part: int, outcome: SlackOutcome) -> runs.RunEvent:
        """Send a message, unless the worker may not; Slack may refuse it, or not say what it has done."""
        pulse = self.pulses.get(run.leased_by)
        if outcome is SlackOutcome.REJECTED or not may_send(run, pulse, self.now, LEASE, WORKER_TIMEOUT):
            return runs.NotPosted()
        if outcome is not SlackOutcome.LOST:
            self.channel.append(part)
        return self._posted(part) if outcome is SlackOutcome.ACCEPTED else self._event("retry", run.leased_by)

    def _search(self, run: Run, part: int, outcome: SlackOutcome) -> runs.RunEvent:
        if outcome is SlackOutcome.REJECTED:
            return runs.Unverifiable()
        if part in self.channel:
            return self._posted(part, runs.Confirmed)
        recent = run.posting_at is not None and self.now < run.posting_at + CONFIRM_WINDOW
        return self._event("retry", run.leased_by) if recent else runs.NotPosted()

    def _posted(self, part: int, event: type[runs.Posted] = runs.Posted) -> runs.Posted:
        return event(part, f"{part}.1", is_last=part == MESSAGE_COUNT - 1)

    def _event(self, kind: str, name: str) -> runs.RunEvent:
        return {
            "retry": runs.Retried(self.now + CONFIRM_WINDOW, by=name),
            "skip": runs.Skipped("The schedule was stopped.", by=name),
            "give up": runs.GaveUp("LaunchDarkly is down.", by=name),
            "lose the channel": runs.ChannelLost("The channel is archived.", code="is_archived", by=name),
            "requeue": runs.Requeued(),
            "offer": runs.Offered(self.now + 3 * LEASE),
        }[kind]

    def _record(self, name: str, event: runs.RunEvent) -> bool:
        """Record an event as the worker knows the run; if it has lost the lease, it stops."""
        worker = self.workers[name]
        after, effects = runs.transition(worker.run, event, self.now)
        if after is worker.run or not self.store.save(worker.run, after):
            del self.workers[name]
            return False
        worker.run, worker.effects, worker.response = after, list(effects), None
        if after.leased_until is None:
            del self.workers[name]
        return True
