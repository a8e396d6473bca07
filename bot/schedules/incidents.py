"""Incidents in what a watch observes: a flag that is off and on again is one change, or an alert and a reply to it.

A watch remembers under the incident's name that an alert has reported its start. Its end then becomes a reply to that
alert. An end whose start no alert has reported is folded into one change with it. Either way the end is settled: it
tells nothing more, whatever its impact turns out to be.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.lines.timespec import to_milliseconds
from bot.messages import humanize
from bot.questions.base import MAX_INCIDENT, PENDING, IncidentStep, Observation
from bot.schedules.change_detection import ObservedChange, detect_changes, states_to_record
from bot.store import WatchState

MILLISECOND = timedelta(milliseconds=1)
REPORTED, ENDED = "reported", "ended"  # the states of an incident: its start was reported; it is over
SETTLED = "settled"  # the state of an event that tells nothing more


@dataclass(frozen=True)
class Resolution:
    """The end of an incident whose start an alert has reported."""

    observation: Observation
    step: IncidentStep
    lasted: timedelta
    alert_at: datetime


@dataclass(frozen=True)
class Findings:
    """What a check has found: changes for an alert, the ends of incidents, and the states to record."""

    changes: list[ObservedChange]
    resolutions: list[Resolution]
    states: dict[str, WatchState]


@dataclass(frozen=True)
class _Seen:
    """The start of an incident that no alert has reported."""

    key: str
    observation: Observation
    step: IncidentStep
    at: float


@dataclass(frozen=True)
class _Reported:
    """The start of an incident that an alert has reported."""

    at: float
    alert_at: datetime


@dataclass(frozen=True)
class _End:
    """The end of an incident."""

    key: str
    observation: Observation
    step: IncidentStep
    start: _Seen | _Reported
    lasted: timedelta


def assess(known_states: Mapping[str, WatchState], observations: Mapping[str, Observation], now: datetime) -> Findings:
    """Compare observations, the oldest first, with the known states."""
    unsettled = {key: seen for key, seen in observations.items() if not _is_settled(known_states, key)}
    changes = detect_changes(known_states, unsettled, to_milliseconds(now))
    states = states_to_record(known_states, unsettled)
    resolutions = []
    for end in list(_find_ends(known_states, observations, changes)):
        if isinstance(end.start, _Reported):
            resolutions.append(Resolution(end.observation, end.step, end.lasted, end.start.alert_at))
        elif changes.keys().isdisjoint((end.start.key, end.key)):
            continue  # neither tells yet
        else:
            changes[end.start.key] = _fold(changes, end.start, end)
            states[end.start.key] = WatchState(SETTLED, "", end.start.at)
        changes.pop(end.key, None)
        states[end.key] = WatchState(SETTLED, "", end.observation.at)
        states[_name(end.step)] = WatchState(ENDED, "", end.observation.at)
    return Findings(list(changes.values()), resolutions, states | _opened(changes, states))


def _is_settled(known_states: Mapping[str, WatchState], key: str) -> bool:
    return key in known_states and known_states[key].state == SETTLED


def _name(step: IncidentStep) -> str:
    """Return what a watch remembers an incident under; its other states are those of events."""
    return f"incident: {step.incident}"


def _find_ends(
    known_states: Mapping[str, WatchState],
    observations: Mapping[str, Observation],
    changes: Collection[str],
) -> Iterator[_End]:
    """Find the events that end an incident, each with its start."""
    starts = _reported_starts(known_states)
    for key, observation in observations.items():
        step, at = observation.step, observation.at
        if step is None or at is None:
            continue
        name = _name(step)
        if not step.ends:
            if key in changes or (name not in starts and _is_unreported(known_states, key)):
                starts[name] = _Seen(key, observation, step, at)
        elif name in starts and starts[name].at <= at:
            start = starts.pop(name)
            lasted = (at - start.at) * MILLISECOND
            if lasted <= MAX_INCIDENT and not _is_settled(known_states, key):
                yield _End(key, observation, step, start, lasted)


def _reported_starts(known_states: Mapping[str, WatchState]) -> dict[str, _Seen | _Reported]:
    return {
        name: _Reported(known.happened, known.seen_at)
        for name, known in known_states.items()
        if known.state == REPORTED and known.happened is not None and known.seen_at is not None
    }


def _is_unreported(known_states: Mapping[str, WatchState], key: str) -> bool:
    return key not in known_states or known_states[key].state == PENDING


def _fold(changes: Mapping[str, ObservedChange], start: _Seen, end: _End) -> ObservedChange:
    """Fold an incident into one change."""
    late = any(changes[key].late for key in (start.key, end.key) if key in changes)
    is_pending = start.observation.state == PENDING
    summary = f"🟢 {start.step.says} for {humanize.format_span(end.lasted)}"
    says = " · ".join([summary, _people(start.step, end.step), (end if is_pending else start).step.impact])
    comment = " → ".join(dict.fromkeys(filter(None, (start.step.comment, end.step.comment))))
    return ObservedChange(start.observation.model_copy(update={"says": says, "comment": comment}), "", late)


def _people(start: IncidentStep, end: IncidentStep) -> str:
    return start.who if start.who == end.who else f"{start.did} {start.who}, {end.did} {end.who}"


def _opened(changes: Mapping[str, ObservedChange], states: Mapping[str, WatchState]) -> dict[str, WatchState]:
    """Return the incidents whose start is reported now."""
    reported = [change.observation for key, change in changes.items() if states[key].state != SETTLED]
    return {
        _name(seen.step): WatchState(REPORTED, "", seen.at) for seen in reported if seen.step and not seen.step.ends
    }
