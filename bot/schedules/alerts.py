"""What a watch posts: an alert about changes, by flag, and a reply to it when an incident has ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bot.messages import humanize
from bot.messages.mrkdwn import Timestamp
from bot.questions.base import View
from bot.schedules.change_detection import ObservedChange
from bot.schedules.incidents import Resolution
from bot.store import Schedule

MAX_ITEMS = 10
MAX_ITEM_CHANGES = 3
MAX_REPLY_ITEMS = 40  # a section each, of Slack's 50 blocks
MAX_NAME_CHARS = 80


class WatchChangeView(View):
    """A change in a watch's alert."""

    before: str
    says: str
    comment: str
    when: Timestamp | None
    late: bool


class WatchItemView(View):
    """A thing that changed, such as a flag."""

    what: str
    owner: str
    url: str
    line: str
    changes: tuple[WatchChangeView, ...]
    more: str


@dataclass(frozen=True)
class WatchPreview:
    """The alerts that a watch would have sent; unknown for states, as LaunchDarkly reports only the current one."""

    items: tuple[WatchItemView, ...]
    known: bool


class WatchUpdateView(View):
    """A watch's alert."""

    number: int
    line: str
    total: str
    items: tuple[WatchItemView, ...]
    more: str
    late: str
    storm: bool
    mute: str


def update_view(schedule: Schedule, changes: Sequence[ObservedChange], zone: str, *, storm: bool) -> WatchUpdateView:
    """Build the view of an alert, with an item for each thing that changed."""
    items = _group_by_thing(changes)
    late = sum(change.late for change in changes)
    more = sum(map(len, items[MAX_ITEMS:]))
    return WatchUpdateView(
        number=schedule.number,
        line=schedule.line,
        total=humanize.count(len(changes), "change"),
        items=tuple(item_view(item, zone) for item in items[:MAX_ITEMS]),
        more=humanize.count(more, "more change") if more else "",
        late=humanize.count(late, "change") if late else "",
        storm=storm,
        mute=f"snooze {schedule.number} until=1d",
    )


def _group_by_thing(changes: Sequence[ObservedChange]) -> list[list[ObservedChange]]:
    groups: dict[tuple[str, str], list[ObservedChange]] = {}
    for change in changes:
        groups.setdefault((change.observation.what, change.observation.url), []).append(change)
    return list(groups.values())


def item_view(changes: Sequence[ObservedChange], zone: str) -> WatchItemView:
    """Build the view of a thing's changes."""
    observation, more = changes[-1].observation, len(changes) - MAX_ITEM_CHANGES
    return WatchItemView(
        what=humanize.truncate_text(observation.what, MAX_NAME_CHARS),
        owner=observation.owner,
        url=observation.url,
        line=observation.line,
        changes=tuple(_change_view(change, zone) for change in changes[:MAX_ITEM_CHANGES]),
        more=humanize.count(more, "more change") if more > 0 else "",
    )


def _change_view(change: ObservedChange, zone: str) -> WatchChangeView:
    observation = change.observation
    return WatchChangeView(
        before=change.before,
        says=observation.says,
        comment=observation.comment,
        when=humanize.timestamp(observation.at, ZoneInfo(zone)) if observation.at is not None else None,
        late=change.late,
    )


class ResolutionView(View):
    """The end of an incident."""

    what: str
    url: str
    says: str
    lasted: str
    who: str
    comment: str


class WatchReplyView(View):
    """A reply to a watch's alert: the incidents that have ended."""

    first: ResolutionView
    others: tuple[ResolutionView, ...]
    more: str


def reply_view(resolutions: Sequence[Resolution]) -> WatchReplyView:
    """Build the view of a reply."""
    first, *others = map(_resolution_view, resolutions[:MAX_REPLY_ITEMS])
    more = len(resolutions) - MAX_REPLY_ITEMS
    return WatchReplyView(
        first=first, others=tuple(others), more=humanize.count(more, "more change") if more > 0 else ""
    )


def _resolution_view(resolution: Resolution) -> ResolutionView:
    return ResolutionView(
        what=humanize.truncate_text(resolution.observation.what, MAX_NAME_CHARS),
        url=resolution.observation.url,
        says=resolution.step.says,
        lasted=humanize.format_span(resolution.lasted),
        who=resolution.step.who,
        comment=resolution.step.comment,
    )
