"""What is seen against what was told: the news, pure. What is told once is not told again."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.schedules.watches.observation import PENDING, Observation
from bot.store import WatchState

OVERLAP_MILLISECONDS = 900_000  # milliseconds
LATE_AFTER_MILLISECONDS = 3_600_000  # milliseconds: what happened longer ago was not known to be news at first


@dataclass(frozen=True)
class ObservedChange:
    """Something new, or in another state than before."""

    observation: Observation
    before: str  # the state that was told, as people read it; empty for what is new
    late: bool


def detect_changes(
    known_states: Mapping[str, WatchState], observations: Mapping[str, Observation], now: float
) -> list[ObservedChange]:
    """What is to be told, in the order in which it is seen."""
    return [
        ObservedChange(
            observation, _previous_label(known_states.get(key)), _is_late(known_states.get(key), observation, now)
        )
        for key, observation in observations.items()
        if observation.tells and (key not in known_states or known_states[key].state != observation.state)
    ]


def _previous_label(previous: WatchState | None) -> str:
    return previous.says if previous and previous.state != PENDING else ""


def _is_late(previous: WatchState | None, observation: Observation, now: float) -> bool:
    """It was waiting when it was seen first, or happened long ago."""
    return observation.at is not None and (
        bool(previous and previous.state == PENDING) or now - observation.at > LATE_AFTER_MILLISECONDS
    )


def states_to_record(
    known_states: Mapping[str, WatchState], observations: Mapping[str, Observation]
) -> dict[str, WatchState]:
    """What the next look is to know besides: what is told, and what may yet become news."""
    return {
        key: WatchState(observation.state, observation.says, observation.at)
        for key, observation in observations.items()
        if (key in known_states and known_states[key].state != observation.state)
        or (key not in known_states and (observation.tells or observation.state == PENDING))
    }


def window_start(known_states: Iterable[WatchState], looked_at: float, max_lookback: float) -> float:
    """From when on to look: from the last look, or from the oldest of what was still waiting then, up to the *longest*
    time that is waited for it. What happens may be reported a little later."""
    pending = [known.happened for known in known_states if known.state == PENDING and known.happened is not None]
    return max(min([looked_at, *pending]) - OVERLAP_MILLISECONDS, looked_at - max_lookback)
