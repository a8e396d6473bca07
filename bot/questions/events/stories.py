"""The stories of a flag in words: what happened, for how long, who did it, and why."""

from datetime import timedelta

from bot.messages import humanize
from bot.messages.mrkdwn import Timestamp
from bot.questions.base import QuestionContext, View
from bot.questions.catalog import FlagsByKey
from bot.questions.events.incidents import ROLLOUT_DESCRIPTION, STILL, FlagStories, Move, Status, Story, find_move
from bot.questions.events.wording import GOOD_MARK, EventView, event_view, who_made

MAX_STORIES = 3  # of one flag
MAX_COMMENT_CHARS = 150
NEUTRAL_MARK = "⚪"

FOR_A_WHILE = {
    Status.OFF_FOR_A_WHILE: ("Off", "turned off by", "on again by"),
    Status.ROLLED_BACK_FOR_A_WHILE: ("Rolled back", "rolled back by", "forward again by"),
    Status.ON_FOR_A_WHILE: ("On", "turned on by", "off again by"),
    Status.ROLLED_FORWARD_FOR_A_WHILE: ("Rolled forward", "rolled forward by", "back again by"),
}
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
    url: str
    details: str
    stories: tuple[StoryView, ...]
    more: str


def flag_stories_view(
    group: FlagStories, project: str, env: str, ctx: QuestionContext, flags: FlagsByKey
) -> FlagStoriesView:
    """Build the view of a flag's stories. Its mark is that of the first."""
    events = [event_view(story.start, project, env, ctx, flags) for story in group.stories[:MAX_STORIES]]
    hidden = sum(len(story.events) for story in group.stories[MAX_STORIES:])
    return FlagStoriesView(
        mark=_mark(group.stories[0], events[0]),
        flag=events[0].flag,
        owner=events[0].owner,
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
    percentages = ROLLOUT_DESCRIPTION.search(story.start.description or "") if _is_rollout(story) else None
    detail = f" {percentages[0]}" if percentages else ""
    if story.duration is None:
        return HEADLINES[story.status] + detail, _comments(story)
    verb, _, _ = FOR_A_WHILE[story.status]
    return f"{verb}{detail} for {format_span(story.duration)}", _comments(story)


def _is_rollout(story: Story) -> bool:
    return find_move(story.start) in (Move.BACK, Move.FORWARD)


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


def format_span(span: timedelta) -> str:
    """Format how long something lasted, in minutes up to two hours."""
    minutes = int(span.total_seconds() // 60)
    if minutes < 1:
        return "under a minute"
    return humanize.count(minutes, "minute") if minutes < 120 else humanize.format_duration(span)
