"""Groups events by flag into stories, in words: an incident, such as off and on again within a day, or a change.

A flag that was turned off is *still off* only if LaunchDarkly says that it is off now: the event that turned it on
again may be on another page, or have no known impact yet.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto
from itertools import pairwise

from bot.messages import humanize
from bot.messages.mrkdwn import Timestamp
from bot.questions.base import MAX_INCIDENT, IncidentStep, QuestionContext, View
from bot.questions.catalog import EnvironmentState, FlagsByKey
from bot.questions.events.event import (
    CLOCK_SLACK_MS,
    GOOD_MARK,
    ROLLOUT_DESCRIPTION,
    UPWARD,
    Event,
    EventView,
    Move,
    event_view,
    find_move,
    rollout_percentages,
    who_made,
)

MILLISECOND = timedelta(milliseconds=1)
RETURN_TOLERANCE = 5  # percentage points by which shares differ though the rollout is the same
MAX_STORIES, MAX_STORIES_ALONE = 3, 8  # of one flag, and of the only one
MAX_COMMENT_CHARS = 150
NEUTRAL_MARK = "⚪"


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


OPPOSITES = {Move.OFF: Move.ON, Move.ON: Move.OFF, Move.BACK: Move.FORWARD, Move.FORWARD: Move.BACK}
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
FOR_A_WHILE = {
    Status.OFF_FOR_A_WHILE: ("Off", "turned off by", "turned back on by"),
    Status.ROLLED_BACK_FOR_A_WHILE: ("Rolled back", "rolled back by", "rolled forward by"),
    Status.ON_FOR_A_WHILE: ("On", "turned on by", "off again by"),
    Status.ROLLED_FORWARD_FOR_A_WHILE: ("Rolled forward", "rolled forward by", "back again by"),
}
RECOVERIES = {Move.ON: "is on again", Move.FORWARD: "is rolling out again"}
HEADLINES = {
    Status.STILL_OFF: "Still off",
    Status.STILL_ROLLED_BACK: "Still rolled back",
    Status.ON_AGAIN: "Turned off, on again now",
    Status.OFF: "Turned off",
    Status.ON: "Turned on",
    Status.ROLLED_BACK: "Rolled back",
    Status.ROLLED_FORWARD: "Rolled forward",
}
GOOD = (
    Status.OFF_FOR_A_WHILE,
    Status.ROLLED_BACK_FOR_A_WHILE,
    Status.ON_AGAIN,
    Status.ON,
    Status.ROLLED_FORWARD,
)
NEUTRAL = (Status.ON_FOR_A_WHILE, Status.ROLLED_FORWARD_FOR_A_WHILE)
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
    """Group events, given newest first: flags that are still off, still rolled back, then those changed last.

    `states` are the current states of the flags, by key."""
    by_flag = defaultdict[str, list[Event]](list)
    for event in events:
        by_flag[event.flag].append(event)
    groups = [_flag_stories(flag, group[::-1], states.get(flag, UNKNOWN_STATE)) for flag, group in by_flag.items()]
    return sorted(groups, key=lambda group: _position(group.stories[0]))


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
    return FlagStories(flag, tuple(sorted(newest_first, key=_position)))


def _position(story: Story) -> int:
    """Sort what still lasts before anything else, the worst first."""
    return STILL.index(story.status) if story.status in STILL else len(STILL)


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
    earlier, returned = rollout_percentages(event), rollout_percentages(later)
    if move in (Move.OFF, Move.ON) or not earlier or not returned:
        return True
    return abs(earlier[0] - returned[1]) <= RETURN_TOLERANCE


def _gap(event: Event, later: Event) -> timedelta | None:
    return None if event.time is None or later.time is None else (later.time - event.time) * MILLISECOND


def _single_status(event: Event, move: Move, state: EnvironmentState) -> Status:
    """Return the status of the last change: a flag that was off may be on again since."""
    if move is Move.OFF and state.on is not None:
        return Status.ON_AGAIN if state.on else Status.STILL_OFF
    is_still = move is Move.BACK and state.on and _is_still_rolled_back(event, state)
    return Status.STILL_ROLLED_BACK if is_still else SINGLE_STATUSES[move]


def _is_still_rolled_back(event: Event, state: EnvironmentState) -> bool:
    """Return whether the rollout is still where the event left it, or if that is unknown, whether nothing changed."""
    percentages = rollout_percentages(event)
    if state.rollout and percentages:
        return any(abs(percentage - percentages[1]) < 1 for percentage in state.rollout)
    return None not in (state.modified, event.time) and (state.modified or 0) <= (event.time or 0) + CLOCK_SLACK_MS


class StoryView(View):
    what: str
    lasts: bool
    when: Timestamp
    who: str
    impact: str
    shifts: tuple[str, ...]
    more_shifts: int
    comments: tuple[str, ...]
    experiments: str


class FlagStoriesView(View):
    """What happened to a flag."""

    mark: str
    flag: str
    owner: str
    unowned: bool
    url: str
    details: str
    stories: tuple[StoryView, ...]
    more: str


def flag_stories_view(
    group: FlagStories, project: str, env: str, ctx: QuestionContext, flags: FlagsByKey, most: int = MAX_STORIES
) -> FlagStoriesView:
    """Build the view of a flag's stories. Its mark is that of the first."""
    events = [event_view(story.start, project, env, ctx, flags) for story in group.stories[:most]]
    hidden = sum(len(story.events) for story in group.stories[most:])
    return FlagStoriesView(
        mark=_mark(group.stories[0], events[0]),
        flag=events[0].flag,
        owner=events[0].owner,
        unowned=group.flag in flags and not events[0].owner,
        url=events[0].url,
        details=next((event.details for event in events if event.details), ""),
        stories=tuple(_story_view(story, event) for story, event in zip(group.stories, events, strict=False)),
        more=humanize.count(hidden, "more change") if hidden else "",
    )


def describe_still(groups: list[FlagStories]) -> str:
    """Name the flags that are still off or rolled back."""
    still = [(group.flag, group.stories[0].status) for group in groups if group.is_still]
    return humanize.join_truncated(
        [f"{humanize.truncate_text(flag, 80)} is {HEADLINES[status].lower()}" for flag, status in still], 3
    )


def _mark(story: Story, event: EventView) -> str:
    if story.status in NEUTRAL:
        return NEUTRAL_MARK
    return GOOD_MARK if story.status in GOOD else event.mark


def _story_view(story: Story, event: EventView) -> StoryView:
    what, comments = _describe(story, event)
    return StoryView(
        what=what,
        lasts=story.status in STILL,
        when=event.when,
        who=_people(story),
        impact=event.impact,
        shifts=event.shifts,
        more_shifts=event.more_shifts,
        comments=comments,
        experiments=event.experiments,
    )


def _describe(story: Story, event: EventView) -> tuple[str, tuple[str, ...]]:
    """Return what happened, and the descriptions of its events that say more."""
    if story.status is Status.CHANGED:
        return event.what, ()
    detail = rollout_detail(story)
    if story.duration is None:
        return HEADLINES[story.status] + detail, _comments(story)
    verb, _, _ = FOR_A_WHILE[story.status]
    return f"{verb}{detail} for {humanize.format_span(story.duration)}", _comments(story)


def rollout_detail(story: Story) -> str:
    """Return the percentages of a rollout, as in ` from 100% to 10%`; empty for other changes."""
    is_rollout = find_move(story.start) in (Move.BACK, Move.FORWARD)
    percentages = ROLLOUT_DESCRIPTION.search(story.start.description or "") if is_rollout else None
    return f" {percentages[0]}" if percentages else ""


def _comments(story: Story) -> tuple[str, ...]:
    """Return the descriptions of a story's events, except those that end in the percentages of a rollout."""
    descriptions = [humanize.truncate_text(event.description or "", MAX_COMMENT_CHARS) for event in story.events]
    return tuple(
        dict.fromkeys(
            text
            for text in descriptions
            if text and not ((found := ROLLOUT_DESCRIPTION.search(text)) and text.endswith(found[0]))
        )
    )


def _people(story: Story) -> str:
    start, end = who_made(story.start), who_made(story.latest)
    if start == end:
        return start
    _, started, ended = FOR_A_WHILE[story.status]
    return f"{started} {start}, {ended} {end}"


def incident_step(event: Event, view: EventView) -> IncidentStep | None:
    """Return what an event means for an incident of its flag, for those who see one event at a time."""
    move = find_move(event)
    if move is Move.OTHER:
        return None
    ends = move in UPWARD
    start = OPPOSITES[move] if ends else move
    label, began, ended = FOR_A_WHILE[PAIR_STATUSES[start]]
    return IncidentStep(
        incident=f"{label} {event.flag}",
        ends=ends,
        says=RECOVERIES[move] if ends else label,
        did=ended if ends else began,
        who=view.who,
        impact=view.impact,
        comment=humanize.truncate_text(event.description or "", MAX_COMMENT_CHARS),
    )
