"""The diagram is the transition table, and no order of events loses a run or posts a message twice."""

import ast
import asyncio
import re
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from bot.schedules import runs
from bot.schedules.heartbeat import Pulse, may_send, next_pulse
from bot.store import Run, RunState
from bot.store.store import open_store
from tests.databases import TemporaryDatabase
from tests.run_machine import LEASE, NOW, SCHEDULE, WORKER_TIMEOUT, DatabaseStore, RunMachine
from tests.source_tree import ROOT, imports, nodes

SECOND = timedelta(seconds=1)
DUE = runs.create(runs.Due(SCHEDULE, NOW), NOW)
ARROW = re.compile(r" +(?P<states>[\w, ]+?) +── (?P<events>[\w, ]+) ─*► (?P<targets>[\w, ]+)")

STATE_FIELDS = {
    name for name in Run.__slots__ if name not in ("schedule", "at", "team", "line", "zone", "why", "message")
}
Edge = tuple[str, str, frozenset[str]]


def test_no_order_of_events_loses_a_run_or_posts_twice() -> None:
    run_state_machine_as_test(RunMachine, settings=settings(max_examples=100, stateful_step_count=20, deadline=None))


def test_no_order_of_events_loses_a_stored_run_or_posts_twice(migrated_database: TemporaryDatabase) -> None:
    """One database for all examples, each with a team of its own."""
    teams = count(1)
    with asyncio.Runner() as runner:
        opened = open_store(migrated_database.url)
        store = runner.run(opened.__aenter__())

        class StoredRunMachine(RunMachine):
            def __init__(self) -> None:
                super().__init__(DatabaseStore(runner, store, f"T{next(teams)}"))

        try:
            limits = settings(max_examples=30, stateful_step_count=30, deadline=None)
            run_state_machine_as_test(StoredRunMachine, settings=limits)
        finally:
            runner.run(opened.__aexit__(None, None, None))


def test_production_code_writes_only_transitions() -> None:
    """Only runs.py makes a run or changes one, and only the store of runs writes them."""
    makers, writers = set[str](), set[str]()
    for path in (ROOT / "bot").rglob("*.py"):
        module = str(path.relative_to(ROOT))
        makers |= {module for node in nodes(path) if isinstance(node, ast.Call) and _makes_a_run(node)}
        writers |= {module for name in imports(path) if name == "bot.store.tables.RUNS"}
    assert makers == {"bot/schedules/runs.py", "bot/store/runs.py"}
    assert writers == {"bot/store/runs.py"}


def _makes_a_run(call: ast.Call) -> bool:
    called = ast.unparse(call.func).rpartition(".")[2]
    return called == "Run" or (called == "replace" and bool(STATE_FIELDS & {keyword.arg for keyword in call.keywords}))


def test_diagram_is_the_transition_table() -> None:
    assert _drawn_edges() == _table_edges()


def _drawn_edges() -> set[Edge]:
    """Read the arrows of the docstring, one edge for each state and event."""
    drawn = set[Edge]()
    for arrow in filter(None, map(ARROW.fullmatch, (runs.__doc__ or "").splitlines())):
        states, events, targets = (arrow[name].split(", ") for name in ("states", "events", "targets"))
        for state in states:
            ends = frozenset([state] if targets == ["same"] else targets)
            drawn |= {(state, event, ends) for event in events}
    return drawn


def _table_edges() -> set[Edge]:
    return {
        (state or "new", row.event.__name__, frozenset(row.targets)) for row in runs.TRANSITIONS for state in row.states
    }


def test_each_state_and_event_has_one_transition() -> None:
    assert len(runs.BY_STATE_AND_EVENT) == sum(len(row.states) for row in runs.TRANSITIONS)


def test_final_states_have_no_way_out() -> None:
    sources = {state for row in runs.TRANSITIONS for state in row.states}
    assert sources == {None, *(state for state in RunState if state.is_open)}
    assert {state for row in runs.TRANSITIONS for state in row.targets} == set(RunState)


def test_late_event_changes_nothing() -> None:
    leased, _ = runs.transition(DUE, runs.Leased("one", NOW + LEASE), NOW)
    closed, _ = runs.transition(leased, runs.Finished(), NOW)
    for event in (runs.Retried(NOW), runs.GaveUp("Late."), runs.Leased("two", NOW + 2 * LEASE), runs.Offered(NOW)):
        assert runs.transition(closed, event, NOW + LEASE) == (closed, ())


def test_run_is_leased_by_one_worker_until_the_lease_expires() -> None:
    leased, _ = runs.transition(DUE, runs.Leased("one", NOW + LEASE), NOW)
    second = runs.Leased("two", NOW + 2 * LEASE)
    assert runs.transition(leased, second, NOW + timedelta(minutes=4)) == (leased, ())
    assert runs.transition(leased, second, NOW + LEASE)[0].leased_by == "two"


def test_only_the_holder_of_a_lease_ends_an_attempt() -> None:
    leased, _ = runs.transition(DUE, runs.Leased("one", NOW + LEASE), NOW)
    for event in (runs.Retried(NOW), runs.Skipped("Late."), runs.GaveUp("No.")):
        assert runs.transition(leased, event, NOW) == (leased, ())
        assert runs.transition(leased, event, NOW + LEASE)[0] != leased
        assert runs.transition(leased, replace(event, by="one"), NOW)[0] != leased


def test_lost_worker_loses_only_its_own_leases() -> None:
    leased, _ = runs.transition(DUE, runs.Leased("one", NOW + LEASE), NOW)
    assert runs.transition(leased, runs.WorkerLost(by="two"), NOW) == (leased, ())
    released, effects = runs.transition(leased, runs.WorkerLost(by="one"), NOW)
    assert (released.state, released.fence == leased.fence, effects) == (RunState.WAITING, False, ())
    posting, _ = runs.transition(leased, runs.PostBegun(0), NOW)
    assert runs.transition(posting, runs.WorkerLost(by="one"), NOW)[0].state is RunState.UNCONFIRMED


@pytest.mark.parametrize(
    ("seconds", "sends"),
    [(-60, False), (0, True), (WORKER_TIMEOUT.seconds // 2, True), (WORKER_TIMEOUT.seconds, False)],
)
def test_worker_sends_only_soon_after_its_last_heartbeat(seconds: int, sends: bool) -> None:
    leased, _ = runs.transition(DUE, runs.Leased("one", NOW + LEASE), NOW)
    pulse, now = Pulse(since=NOW - LEASE, last=NOW), NOW + timedelta(seconds=seconds)
    assert may_send(leased, pulse, now, LEASE, WORKER_TIMEOUT) is sends
    assert not may_send(leased, None, now, LEASE, WORKER_TIMEOUT)


@pytest.mark.parametrize(("gap", "sends"), [(5 * SECOND, True), (WORKER_TIMEOUT, False)])
def test_worker_sends_nothing_under_a_lease_from_before_a_gap(gap: timedelta, sends: bool) -> None:
    pulse = next_pulse(None, NOW, NOW, WORKER_TIMEOUT)
    leased, _ = runs.transition(DUE, runs.Leased("one", NOW + LEASE), NOW)
    again = NOW + gap
    pulse = next_pulse(pulse, again, again, WORKER_TIMEOUT)
    assert may_send(leased, pulse, again, LEASE, WORKER_TIMEOUT) is sends
    renewed, _ = runs.transition(leased, runs.Leased("one", again + LEASE), again)
    assert may_send(renewed, pulse, again, LEASE, WORKER_TIMEOUT)


def test_slow_heartbeat_counts_from_its_start_and_older_leases_do_not() -> None:
    pulse = next_pulse(None, NOW, NOW + 5 * SECOND, WORKER_TIMEOUT)
    assert pulse == Pulse(since=NOW + 5 * SECOND, last=NOW)
    assert next_pulse(pulse, NOW + SECOND, NOW + WORKER_TIMEOUT, WORKER_TIMEOUT).since == NOW + WORKER_TIMEOUT


def test_message_that_may_be_posted_is_searched_first() -> None:
    leased, effects = runs.transition(DUE, runs.Leased("one", NOW + LEASE), NOW)
    assert effects == (runs.Post(0),)
    posting, _ = runs.transition(leased, runs.PostBegun(0), NOW)
    assert runs.transition(posting, runs.PostBegun(0), NOW) == (posting, ())
    _, effects = runs.transition(posting, runs.Leased("two", NOW + 2 * LEASE), NOW + LEASE)
    assert effects == (runs.Search(0),)


@pytest.mark.parametrize(
    ("posted", "marked", "outcome", "reason"),
    [
        (0, False, RunState.FAILED, "No."),
        (0, True, RunState.UNSURE, runs.UNCONFIRMED_REASON),
        (1, False, RunState.DELIVERED, f"{runs.INCOMPLETE_REASON} No."),
        (1, True, RunState.DELIVERED, f"{runs.INCOMPLETE_REASON} No."),
    ],
)
def test_given_up_run_says_what_is_in_the_channel(posted: int, marked: bool, outcome: RunState, reason: str) -> None:
    run, _ = runs.transition(DUE, runs.Leased("one", NOW + LEASE), NOW)
    for event in (runs.PostBegun(0), runs.Posted(0, "1.2", is_last=False))[: 2 * posted]:
        run, _ = runs.transition(run, event, NOW)
    if marked:
        run, _ = runs.transition(run, runs.PostBegun(posted), NOW)
    closed, effects = runs.transition(run, runs.GaveUp("No.", by="one"), NOW)
    assert (closed.state, closed.why) == (outcome, reason)
    assert (runs.NotifyOwner(at_once=False) in effects) is (outcome is RunState.FAILED)
