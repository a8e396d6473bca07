"""Groups events by flag into stories: an incident, such as off and on again within a day, or a single change.

A flag that was turned off is *still off* only if LaunchDarkly says that it is off now: the event that turned it on
again may be on another page, or have no known impact yet.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto
from itertools import pairwise

from bot.questions.catalog import EnvironmentState
from bot.questions.events.reply import Event, Impact

MAX_INCIDENT = timedelta(days=1)
MILLISECOND = timedelta(milliseconds=1)
CLOCK_SLACK_MS = 60_000  # between an event and the change of the flag that it reports
RETURN_TOLERANCE = 5  # percentage points by which shares differ though the rollout is the same
ROLLOUT_DESCRIPTION = re.compile(r"from (\d{1,3}(?:\.\d{1,3})?)\s?% to (\d{1,3}(?:\.\d{1,3})?)\s?%")


class Move(Enum):
    """What an event did to a flag."""

    OFF = auto()
    ON = auto()
    BACK = auto()
    FORWARD = auto()
    OTHER = auto()


class Status(Enum):
    """How a story ended, or that it hasn't."""

    STILL_OFF = auto()
    STILL_ROLLED_BACK = auto()
    OFF_FOR_A_WHILE = auto()
    ROLLED_BACK_FOR_A_WHILE = auto()
    ON_FOR_A_WHILE = auto()
    ROLLED_FORWARD_FOR_A_WHILE = auto()
    ON_AGAIN = auto()  # turned on again by an event that isn't in the list
    OFF = auto()
    ON = auto()
    ROLLED_BACK = auto()
    ROLLED_FORWARD = auto()
    CHANGED = auto()


TARGETING_MOVES = {"disabled_targeting": Move.OFF, "enabled_targeting": Move.ON}
OPPOSITES = {Move.OFF: Move.ON, Move.ON: Move.OFF, Move.BACK: Move.FORWARD, Move.FORWARD: Move.BACK}
UPWARD = (Move.ON, Move.FORWARD)
SINGLE_STATUSES = {
    Move.OFF: Status.OFF,
    Move.ON: Status.ON,
    Move.BACK: Status.ROLLED_BACK,
    Move.FORWARD: Status.ROLLED_FORWARD,
    Move.OTHER: Status.CHANGED,
}
PAIR_STATUSES = {
    Move.OFF: Status.OFF_FOR_A_WHILE,
    Move.ON: Status.ON_FOR_A_WHILE,
    Move.BACK: Status.ROLLED_BACK_FOR_A_WHILE,
    Move.FORWARD: Status.ROLLED_FORWARD_FOR_A_WHILE,
}
STILL = (Status.STILL_OFF, Status.STILL_ROLLED_BACK)
UNKNOWN_STATE = EnvironmentState()


@dataclass(frozen=True)
class Story:
    """A change, and the one that undid it, if any."""

    start: Event
    end: Event | None
    status: Status

    @property
    def events(self) -> tuple[Event, ...]:
        return (self.start, self.end) if self.end else (self.start,)

    @property
    def latest(self) -> Event:
        return self.events[-1]

    @property
    def duration(self) -> timedelta | None:
        """The time until the change was undone."""
        return _gap(self.start, self.end) if self.end else None


@dataclass(frozen=True)
class FlagStories:
    """The stories of one flag: what is still off or rolled back, then the newest."""

    flag: str
    stories: tuple[Story, ...]

    @property
    def is_still(self) -> bool:
        """Whether the flag is still off or rolled back."""
        return self.stories[0].status in STILL


def group_by_flag(events: Sequence[Event], states: Mapping[str, EnvironmentState]) -> list[FlagStories]:
    """Group events, given newest first: flags that are still off or rolled back, then those changed last.

    `states` are the current states of the flags, by key."""
    by_flag = defaultdict[str, list[Event]](list)
    for event in events:
        by_flag[event.flag].append(event)
    groups = [_flag_stories(flag, group[::-1], states.get(flag, UNKNOWN_STATE)) for flag, group in by_flag.items()]
    return sorted(groups, key=lambda group: not group.is_still)


def find_move(event: Event) -> Move:
    """Return what an event did to its flag."""
    if event.kind != "updated_rollout":
        return TARGETING_MOVES.get(event.kind or "", Move.OTHER)
    before, after = _percentages(event) or (0.0, 0.0)
    if before == after:
        return Move.OTHER
    return Move.BACK if after < before else Move.FORWARD


def _percentages(event: Event) -> tuple[float, float] | None:
    """Return the percentages of a rollout before and after: as described, else the shares of `true`.

    A change of the last minutes has no shares yet."""
    if described := ROLLOUT_DESCRIPTION.search(event.description or ""):
        return float(described[1]), float(described[2])
    evaluations = (event.impact or Impact()).evaluations
    shares = evaluations.variations or [] if evaluations else []
    before, after = sum(share.before or 0 for share in shares), sum(share.after or 0 for share in shares)
    on = next((share for share in shares if share.value is True), None)
    if on is None or before <= 0 or after <= 0:
        return None
    return 100 * (on.before or 0) / before, 100 * (on.after or 0) / after


def _flag_stories(flag: str, events: Sequence[Event], state: EnvironmentState) -> FlagStories:
    """Tell the stories of a flag's events, given oldest first."""
    moves = [(event, find_move(event)) for event in events]
    toggles = [pair for pair in moves if pair[1] in (Move.OFF, Move.ON)]
    rollouts = [pair for pair in moves if pair[1] in (Move.BACK, Move.FORWARD)]
    stories = [
        *(Story(event, None, Status.CHANGED) for event, move in moves if move is Move.OTHER),
        *_paired(toggles, state),
        *_paired(rollouts, state),
    ]
    positions = {id(event): n for n, event in enumerate(events)}
    newest_first = sorted(stories, key=lambda story: positions[id(story.latest)], reverse=True)
    return FlagStories(flag, tuple(sorted(newest_first, key=lambda story: story.status not in STILL)))


def _paired(moves: Sequence[tuple[Event, Move]], state: EnvironmentState) -> Iterator[Story]:
    """Pair the changes that undo each other; the state tells whether the last one still applies."""
    last = moves[-1][0] if moves else None
    for chain in _chains(moves):
        # If a chain starts and ends with the flag on, that is its usual state: the first change is no outage.
        skipped = 1 if len(chain) % 2 and chain[0][1] in UPWARD else 0
        rest = chain[skipped:]
        for event, move in [*chain[:skipped], *rest[len(rest) // 2 * 2 :]]:
            yield Story(event, None, _single_status(event, move, state) if event is last else SINGLE_STATUSES[move])
        for (start, move), (end, _) in zip(rest[::2], rest[1::2], strict=False):
            yield Story(start, end, PAIR_STATUSES[move])


def _chains(moves: Sequence[tuple[Event, Move]]) -> Iterator[list[tuple[Event, Move]]]:
    """Split changes into chains in which each undoes the one before, within a day."""
    chain = [*moves[:1]]
    for previous, current in pairwise(moves):
        if not _undoes(*previous, *current):
            yield chain
            chain = []
        chain.append(current)
    if chain:
        yield chain


def _undoes(event: Event, move: Move, later: Event, later_move: Move) -> bool:
    gap = _gap(event, later)
    if later_move is not OPPOSITES[move] or gap is None or gap > MAX_INCIDENT:
        return False
    earlier, returned = _percentages(event), _percentages(later)
    if move in (Move.OFF, Move.ON) or not earlier or not returned:
        return True
    return abs(earlier[0] - returned[1]) <= RETURN_TOLERANCE


def _gap(event: Event, later: Event) -> timedelta | None:
    return None if event.time is None or later.time is None else (later.time - event.time) * MILLISECOND


def _single_status(event: Event, move: Move, state: EnvironmentState) -> Status:
    """Return the status of the last change: a flag that was off may be on again since."""
    if move is Move.OFF and state.on is not None:
        return Status.ON_AGAIN if state.on else Status.STILL_OFF
    unchanged = None not in (state.modified, event.time) and (state.modified or 0) <= (event.time or 0) + CLOCK_SLACK_MS
    return Status.STILL_ROLLED_BACK if move is Move.BACK and state.on and unchanged else SINGLE_STATUSES[move]
