"""Change detection: compare what a watch observes with what it observed before.

Only identities and states are compared, never rendered text, and each change is reported once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.questions.base import PENDING, Observation
from bot.store import WatchState

OVERLAP_MILLISECONDS = 900_000  # between a watch's windows, as events may be reported late
LATE_AFTER_MILLISECONDS = 3_600_000  # events older than this are flagged as late


@dataclass(frozen=True)
class ObservedChange:
    """An observation that is new, or whose state has changed."""

    observation: Observation
    before: str  # the previous state as people read it; empty for a new observation
    late: bool


def detect_changes(
    known_states: Mapping[str, WatchState], observations: Mapping[str, Observation], now: float
) -> dict[str, ObservedChange]:
    """Return the changes to alert about, in the order of the observations."""
    return {
        key: ObservedChange(
            observation, _previous_label(known_states.get(key)), _is_late(known_states.get(key), observation, now)
        )
        for key, observation in observations.items()
        if observation.tells and (key not in known_states or known_states[key].state != observation.state)
    }


def _previous_label(previous: WatchState | None) -> str:
    return previous.says if previous and previous.state != PENDING else ""


def _is_late(previous: WatchState | None, observation: Observation, now: float) -> bool:
    """Return whether an event was pending when it was first seen, or happened long ago."""
    return observation.at is not None and (
        bool(previous and previous.state == PENDING) or now - observation.at > LATE_AFTER_MILLISECONDS
    )


def states_to_record(
    known_states: Mapping[str, WatchState], observations: Mapping[str, Observation]
) -> dict[str, WatchState]:
    """Return the states to add to the known ones: those alerted about, and pending ones that may become changes."""
    return {
        key: WatchState(observation.state, observation.says, observation.at)
        for key, observation in observations.items()
        if (key in known_states and known_states[key].state != observation.state)
        or (key not in known_states and (observation.tells or observation.state == PENDING))
    }


def window_start(known_states: Iterable[WatchState], looked_at: float, max_lookback: float) -> float:
    """Return the start of a watch's next window, in milliseconds.

    It is the last check, or the oldest event that was still pending then, but at most `max_lookback` before the last
    check. The windows overlap, as events may be reported a little late.
    """
    pending = [known.happened for known in known_states if known.state == PENDING and known.happened is not None]
    return max(min([looked_at, *pending]) - OVERLAP_MILLISECONDS, looked_at - max_lookback)
