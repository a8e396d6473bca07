"""What is worth reading in a digest: its headline, the flags worth knowing about, and each number with its change."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.errors import Failure
from bot.launchdarkly import Number
from bot.lines.param_types import is_key
from bot.lines.timespec import from_milliseconds
from bot.messages import humanize
from bot.questions import history
from bot.questions.base import QuestionContext, View
from bot.questions.catalog import Flag
from bot.questions.cleanup import QUESTION as CLEANUP
from bot.questions.cleanup import select_flags
from bot.questions.cleanup.candidates import Group
from bot.questions.digest.report import MIN_SCORE_MOVE, Report, Scope
from bot.questions.events import QUESTION as EVENTS
from bot.questions.events import flag_states
from bot.questions.events.event import Event, Move, find_move, who_made
from bot.questions.events.stories import FlagStories, Status, Story, flag_stories_view, group_by_flag, rollout_detail
from bot.questions.scores import (
    RATING_MARKS,
    Score,
    ScoreView,
    find_top,
    overall_score,
    score_change,
    score_view,
)
from bot.questions.time_range import DAYS_PER_WEEK

MAX_HIGHLIGHTS = 3
MAX_FLAGS_TO_DO = 5
MAX_COMMENT_CHARS = 45
MAX_TIMES = 2  # how often a flag was off, if each time is listed
MAX_CROSSINGS = 1
RATINGS = list(RATING_MARKS)[::-1]  # from the worst band to the best
FOR_A_WHILE = {
    Status.OFF_FOR_A_WHILE: "was off",
    Status.ROLLED_BACK_FOR_A_WHILE: "was rolled back",
    Status.ON_FOR_A_WHILE: "was on",
    Status.ROLLED_FORWARD_FOR_A_WHILE: "was rolled forward",
}
ONCE = {
    Status.STILL_OFF: "has been off",
    Status.STILL_ROLLED_BACK: "has been rolled back",
    Status.OFF: "was turned off",
    Status.ON: "was turned on",
    Status.ON_AGAIN: "is on again, turned off",
    Status.ROLLED_BACK: "was rolled back",
    Status.ROLLED_FORWARD: "was rolled out",
    Status.CHANGED: "was changed",
}
PREPOSITIONS = {Status.STILL_OFF: "since", Status.STILL_ROLLED_BACK: "since"}


class HighlightView(View):
    """A flag worth knowing about."""

    scope: str
    mark: str
    flag: str
    owner: str
    url: str
    details: str
    what: str
    who: str
    comment: str
    share: str


class FlagLinkView(View):
    flag: str
    url: str


class OwnedFlagsView(View):
    """The flags of one owner that can go."""

    owner: str
    remove: tuple[FlagLinkView, ...]
    archive: tuple[FlagLinkView, ...]
    old: tuple[FlagLinkView, ...]


class WorthDoingView(View):
    """Flags to clean up, by owner."""

    ready: str
    trend: str
    owners: tuple[OwnedFlagsView, ...]
    all: str
    line: str


class MovedScoreView(View):
    """The score of the headline."""

    name: str
    fell: bool
    score: str
    rating: str
    last_rating: str  # empty if it is still in its band
    points: str  # by how much it moved, without a sign


class HeadlineView(View):
    """What the digest opens with: the flags that are still off, and the score that moved most."""

    mark: str
    still: str
    score: MovedScoreView | None
    empty: bool  # whether LaunchDarkly has no data at all
    calm: bool
    others: tuple[str, ...]  # what other scores did


class NumberView(View):
    """A count, and its change since the days before; empty if unknown."""

    text: str
    change: str


@dataclass(frozen=True)
class Movement:
    """How a score moved since LaunchDarkly's previous period."""

    score: Score
    view: ScoreView
    is_overall: bool

    @property
    def name(self) -> str:
        """The name of the score. A failure rate that rose sounds bad, but as a score it is good."""
        return self.view.name if self.is_overall else f"{self.view.name} score"

    @property
    def points(self) -> float:
        return score_change(self.score) or 0

    @property
    def last_rating(self) -> str:
        """The band that the score has left; empty if it is still there."""
        last = self.score.last.indicator if self.score.last else None
        return last if last in RATINGS and self.score.indicator in RATINGS and last != self.score.indicator else ""

    @property
    def fell(self) -> bool:
        if self.last_rating:
            return RATINGS.index(self.score.indicator) < RATINGS.index(self.last_rating)
        return self.points < 0

    @property
    def has_moved(self) -> bool:
        return bool(self.last_rating) or abs(self.points) >= MIN_SCORE_MOVE

    def build_view(self) -> MovedScoreView:
        return MovedScoreView(
            name=self.name,
            fell=self.fell,
            score=self.view.score,
            rating=self.view.rating,
            last_rating=_rating_name(self.last_rating),
            points=humanize.number(abs(self.points)) if self.points else "",
        )


def _rating_name(rating: str) -> str:
    return humanize.sentence_case(rating).lower()


def build_headline(report: Report, groups: Sequence[FlagStories]) -> HeadlineView:
    """Choose the headline by what happened. What couldn't be loaded has no part in it."""
    movements = _movements(report)
    lead = movements[0] if movements else None
    still = [group for group in groups if group.is_still]
    return HeadlineView(
        mark="🚨" if still else _movement_mark(lead),
        still=_describe_still(still),
        score=lead.build_view() if lead else None,
        empty=not report.has_data,
        calm=report.has_data and not report.is_significant,
        others=tuple(_describe_others(movements[1:])),
    )


def _movement_mark(lead: Movement | None) -> str:
    if lead is None:
        return ""
    return "📉" if lead.fell else "📈"


def _movements(report: Report) -> list[Movement]:
    """Return the scores that moved: the overall score, then those that left their band, then those that moved most."""
    top = find_top(report.known_scores)
    scores = [Movement(score, score_view(key, score), key == top) for key, score in report.known_scores.items()]
    moved = [move for move in scores if move.has_moved]
    return sorted(moved, key=lambda move: (move.is_overall, bool(move.last_rating), abs(move.points)), reverse=True)


def _describe_still(groups: Sequence[FlagStories]) -> str:
    """Name the flag that is still off or rolled back, or count them."""
    if len(groups) > 1:
        return f"{len(groups)} flags are still off or rolled back"
    states = {Status.STILL_OFF: "off", Status.STILL_ROLLED_BACK: "rolled back"}
    return "".join(
        f"{humanize.truncate_text(group.flag, 60)} is still {states[group.stories[0].status]}" for group in groups
    )


def _describe_others(movements: Sequence[Movement]) -> Iterator[str]:
    """Describe the largest move among the other scores, and those that left their band."""
    largest = max(movements, key=lambda move: abs(move.points), default=None)
    if largest and largest.points:
        direction = "down" if largest.points < 0 else "up"
        yield f"Also: {largest.view.name.lower()} {direction} {humanize.number(abs(largest.points))}"
    crossed = [move for move in movements if move.last_rating and move is not largest]
    for move in crossed[:MAX_CROSSINGS]:
        verb = "fell" if move.fell else "rose"
        yield f"{move.name} {verb} from {_rating_name(move.last_rating)} to {move.view.rating}"


def group_changes(report: Report) -> list[FlagStories]:
    """Group the large changes by flag: what is still off first, then what was off for a while, then other changes."""
    if isinstance(report.changes, Failure):
        return []
    groups = group_by_flag(report.changes.events, flag_states(report.flags, report.scope.env))
    return sorted(groups, key=_importance)


def _importance(group: FlagStories) -> tuple[bool, bool, float]:
    main = group.stories[0]
    return not group.is_still, main.status not in FOR_A_WHILE, -_share_moved(main.start)


def _share_moved(event: Event) -> float:
    return (event.impact and event.impact.percentage) or 0.0


def build_highlights(report: Report, groups: Sequence[FlagStories], ctx: QuestionContext) -> tuple[HighlightView, ...]:
    """Build the views of the most important flags."""
    return tuple(_highlight_view(report, group, ctx) for group in groups[:MAX_HIGHLIGHTS])


def most_important(
    grouped: Sequence[tuple[Report, Sequence[FlagStories]]], ctx: QuestionContext
) -> tuple[HighlightView, ...]:
    """Build the views of the most important flags of all environments."""
    pairs = [(report, group) for report, groups in grouped for group in groups[:MAX_HIGHLIGHTS]]
    pairs.sort(key=lambda pair: _importance(pair[1]))
    return tuple(_highlight_view(report, group, ctx) for report, group in pairs[:MAX_HIGHLIGHTS])


def overall_move(report: Report) -> float:
    """Return by how many points the overall score moved, in either direction; -1 if unknown, to sort last."""
    top = find_top(report.known_scores)
    return abs(score_change(report.known_scores[top]) or 0) if top else -1


def _highlight_view(report: Report, group: FlagStories, ctx: QuestionContext) -> HighlightView:
    scope, main = report.scope, group.stories[0]
    view = flag_stories_view(group, scope.project, scope.env, ctx, report.flags)
    comments = view.stories[0].comments
    return HighlightView(
        scope=scope.name,
        mark=view.mark,
        flag=view.flag,
        owner=view.owner,
        url=view.url,
        details=_details_line(scope, main) or view.details,
        what=_describe_group(group, ctx.zone, is_long=len(scope.covered.days.dates) > DAYS_PER_WEEK),
        who="" if main.duration else who_made(main.start),
        comment=humanize.truncate_text(comments[0], MAX_COMMENT_CHARS) if comments else "",
        share="" if comments or rollout_detail(main) else _share_text(main.start),
    )


def _details_line(scope: Scope, main: Story) -> str:
    """Ask who turned the flag off or rolled it back, and why: its card tells only its latest change."""
    event = main.start
    is_incident = is_key(event.flag) and find_move(event) in (Move.OFF, Move.BACK)
    return EVENTS.button_line(scope.changes_of(event.flag)) if is_incident else ""


def _share_text(event: Event) -> str:
    share = event.impact.percentage if event.impact else None
    return "" if share is None else f"{humanize.percent(share / 100)} of users"


def _describe_group(group: FlagStories, zone: ZoneInfo, *, is_long: bool) -> str:
    """Describe the flag's first story, with all others like it: `was off twice: 14 minutes on Mon and …`."""
    main = group.stories[0]
    if main.status not in FOR_A_WHILE:
        on = PREPOSITIONS.get(main.status, "on")
        return f"{ONCE[main.status]}{rollout_detail(main)} {on} {_day(main.start, zone, is_long)}"
    times = [story for story in group.stories if story.status is main.status][::-1]
    verb = FOR_A_WHILE[main.status]
    if len(times) > MAX_TIMES:
        longest = max(times, key=lambda story: story.duration or timedelta())
        return f"{verb} {len(times)} times, for up to {_describe_span(longest, zone, is_long)}"
    spans = [_describe_span(story, zone, is_long) for story in times]
    return f"{verb} for {spans[0]}" if len(spans) == 1 else f"{verb} twice: {humanize.join_with_and(spans)}"


def _describe_span(story: Story, zone: ZoneInfo, is_long: bool) -> str:
    lasted = humanize.format_span(story.duration) if story.duration else "a while"
    return f"{lasted} on {_day(story.start, zone, is_long)}"


def _day(event: Event, zone: ZoneInfo, is_long: bool) -> str:
    """Name the day of an event; in a digest of more than a week, by its date."""
    if event.time is None or not 0 < event.time / 1000 < humanize.MAX_TIMESTAMP:
        return "an unknown day"
    day: datetime = from_milliseconds(round(event.time), zone)
    return f"{day:%-d %b}" if is_long else f"{day:%a}"


def build_worth_doing(report: Report, ctx: QuestionContext) -> WorthDoingView | None:
    """Name the first flags to clean up, those that are ready first; None if they couldn't be loaded."""
    if isinstance(report.cleanup, Failure):
        return None
    selection, changed = select_flags(report.scope.cleanup, report.cleanup, ctx), _changed_flags(report)
    flags = [(group, candidate.flag) for group, candidates in selection.groups.items() for candidate in candidates]
    named = [(group, flag) for group, flag in flags if flag.key not in changed][:MAX_FLAGS_TO_DO]
    owners = dict.fromkeys(flag.owner for _, flag in named)
    return WorthDoingView(
        ready=_describe_ready(selection.ready_count, len(flags)),
        trend=history.describe_change(report.cleanup.snapshots, ctx.today, history.READY_FLAGS, selection.ready_count),
        owners=tuple(_owned_flags(owner, named, report.scope, ctx) for owner in owners),
        all=f"{len(flags):,}" if len(flags) > MAX_FLAGS_TO_DO else "",
        line=CLEANUP.button_line(report.scope.cleanup),
    )


def _describe_ready(ready: int, total: int) -> str:
    """Say how many flags are ready, of all that could go; empty if none is."""
    if not ready:
        return ""
    return f"{ready:,} of {humanize.count(total, 'flag')}" if total > ready else humanize.count(total, "flag")


def _changed_flags(report: Report) -> set[str]:
    """Return the flags with large changes: nobody asks whether those are still needed."""
    return set() if isinstance(report.changes, Failure) else {event.flag for event in report.changes.events}


def _owned_flags(owner: str, flags: Sequence[tuple[Group, Flag]], scope: Scope, ctx: QuestionContext) -> OwnedFlagsView:
    def links(wanted: Group) -> tuple[FlagLinkView, ...]:
        return tuple(
            FlagLinkView(
                flag=humanize.truncate_text(flag.key, 60), url=ctx.urls.flag(scope.project, flag.key, (scope.env,))
            )
            for group, flag in flags
            if group is wanted and flag.owner == owner
        )

    return OwnedFlagsView(
        owner=owner or "No owner", remove=links(Group.REMOVE), archive=links(Group.ARCHIVE), old=links(Group.OLD)
    )


def build_counts(report: Report) -> tuple[NumberView, ...]:
    """Build the numbers of deployments and large changes, as far as they are known."""
    counts = (
        (report.deploy_count, report.previous_deploy_count, "deployment"),
        (report.change_count, report.previous_change_count, "large change"),
    )
    return tuple(
        NumberView(text=humanize.count(current, noun), change=_change(current, previous))
        for current, previous, noun in counts
        if current is not None
    )


def _change(current: Number, previous: Number | None) -> str:
    """Format a change with its sign; empty if it is unknown."""
    if previous is None:
        return ""
    difference = current - previous
    sign = "+" if difference > 0 else "−"
    return f"{sign}{humanize.number(abs(difference))}" if difference else "no change"


def overall_trend(report: Report, ctx: QuestionContext) -> str:
    """Draw the overall score of the last four weeks as a sparkline; empty unless all four are known."""
    if isinstance(report.scores, Failure):
        return ""
    return history.sparkline(
        report.scores.snapshots, ctx.today, history.OVERALL_SCORE, overall_score(report.scores.reply)
    )
