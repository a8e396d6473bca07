"""Change detection: new items, changed states, and late impacts are each reported once."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as some

from bot.questions.base import IncidentStep, Observation
from bot.schedules.change_detection import (
    LATE_AFTER_MILLISECONDS,
    OVERLAP_MILLISECONDS,
    ObservedChange,
    detect_changes,
    states_to_record,
    window_start,
)
from bot.schedules.incidents import assess
from bot.store import WatchState

NOW = 1_795_000_000_000.0
LARGE = Observation(what="new-checkout", state="large", says="large impact", at=NOW - 60_000)
WAITS = LARGE.model_copy(update={"state": "waiting", "says": "still counted", "tells": False})
SMALL = LARGE.model_copy(update={"state": "small", "says": "small impact", "tells": False})
GOOD = Observation(what="Risk", state="good", says="good 71")
FAIR = Observation(what="Risk", state="fair", says="fair 64")

STATES = {"large": LARGE, "waiting": WAITS, "small": SMALL, "good": GOOD, "fair": FAIR}
LOOKS = some.lists(some.dictionaries(some.sampled_from("abcdef"), some.sampled_from(sorted(STATES))), max_size=6)


def test_event_is_reported_once() -> None:
    assert detect_changes({}, {"e": LARGE}, NOW) == {"e": ObservedChange(LARGE, "", late=False)}
    assert detect_changes(states_to_record({}, {"e": LARGE}), {"e": LARGE}, NOW) == {}


def test_state_change_is_reported_with_the_previous_state() -> None:
    told = states_to_record({}, {"risk": GOOD})
    assert detect_changes(told, {"risk": FAIR}, NOW) == {"risk": ObservedChange(FAIR, "good 71", late=False)}


def test_pending_event_is_reported_late_only_if_it_turns_out_large() -> None:
    told = states_to_record({}, {"e": WAITS})
    assert detect_changes({}, {"e": WAITS}, NOW) == {}
    assert detect_changes(told, {"e": SMALL}, NOW) == {}
    assert detect_changes(told, {"e": LARGE}, NOW) == {"e": ObservedChange(LARGE, "", late=True)}


def test_old_event_seen_for_the_first_time_is_late() -> None:
    old = LARGE.model_copy(update={"at": NOW - LATE_AFTER_MILLISECONDS - 1})
    assert detect_changes({}, {"e": old}, NOW) == {"e": ObservedChange(old, "", late=True)}


def test_watch_window_starts_at_oldest_pending_event_capped_at_a_day() -> None:
    hour = 3_600_000.0
    assert window_start([], NOW, 24 * hour) == NOW - OVERLAP_MILLISECONDS
    waiting = WatchState("waiting", "", NOW - 2 * hour)
    assert (
        window_start([waiting, WatchState("large", "", NOW - 9 * hour)], NOW, 24 * hour)
        == NOW - 2 * hour - OVERLAP_MILLISECONDS
    )
    assert window_start([replace(waiting, happened=NOW - 90 * hour)], NOW, 24 * hour) == NOW - 24 * hour


@given(LOOKS)
def test_each_poll_reports_exactly_the_changes(looks: list[dict[str, str]]) -> None:
    """Each item has its own name, so that one report can't be mistaken for another."""
    told, last = dict[str, WatchState](), dict[str, str]()
    for states in looks:
        seen = {key: STATES[state].model_copy(update={"what": key}) for key, state in states.items()}
        changed = [key for key, sight in seen.items() if sight.tells and last.get(key) != sight.state]
        assert list(detect_changes(told, seen, NOW)) == changed
        told |= states_to_record(told, seen)
        last |= states
        assert detect_changes(told, seen, NOW) == {}


def _event(number: int, ends: bool, state: str) -> Observation:
    """An event that turns one of two flags off or on; where it is reported, its number is."""
    label = f"[{number}]"
    step = IncidentStep(
        incident=f"Off {number % 2}", ends=ends, says="", did="", who="Lena", impact=state, comment=label
    )
    return Observation(
        what="flag", state=state, says=label, at=NOW + number * 60_000, step=step, tells=state == "large"
    )


CHECKS = some.lists(
    some.lists(some.tuples(some.booleans(), some.sampled_from(["large", "small", "waiting"])), max_size=4), max_size=5
)


@given(CHECKS, some.sampled_from(["large", "small"]))
def test_each_step_of_an_incident_is_reported_once(checks: list[list[tuple[bool, str]]], pending_turns: str) -> None:
    """Events come in over several checks; the last one finds out the impact of all."""
    told, events, reported = dict[str, WatchState](), dict[str, Observation](), Counter[str]()
    for number, new in enumerate([*checks, []]):
        for ends, state in new:
            events[f"e{len(events)}"] = _event(len(events), ends, state)
        if number == len(checks):
            events = {
                key: _event(n, bool(seen.step and seen.step.ends), pending_turns) if seen.state == "waiting" else seen
                for n, (key, seen) in enumerate(events.items())
            }
        now = datetime.fromtimestamp(NOW / 1000, UTC) + timedelta(hours=number)
        findings = assess(told, events, now)
        told |= {key: replace(state, seen_at=now) for key, state in findings.states.items()}
        texts = [change.observation.says + change.observation.comment for change in findings.changes]
        texts += [resolution.step.comment for resolution in findings.resolutions]
        reported.update(key for n, key in enumerate(events) for text in texts if f"[{n}]" in text)
        assert assess(told, events, now).states == {}
    assert all(count == 1 for count in reported.values())
    assert {key for key, seen in events.items() if seen.state == "large"} <= reported.keys()
