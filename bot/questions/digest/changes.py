"""The large changes of a week by flag, the flag that moved most people first: who did it, and in which experiment."""

from collections.abc import Iterable
from itertools import chain

from bot.messages import humanize
from bot.questions.base import Ask, View
from bot.questions.events import EventsQuery, EventView, view_of
from bot.questions.events.pagination import Read
from bot.questions.events.reply import Event

MOST_GROUPS = 5  # in the message; below it there is room for more
MOST_BELOW = 40
MOST_CHANGES = 5  # of one flag, below
MOST_NAMES = 3


class GroupView(View):
    """What happened to one flag."""

    largest: EventView
    changes: str
    who: str
    experiments: str
    listed: tuple[EventView, ...]
    more: int


class ChangesView(View):
    """All of it. Where the bot is not told whether there was an experiment, it does not say that there was none."""

    total: str
    none: bool
    flags: str
    experiments: str
    untold: str
    groups: tuple[GroupView, ...]
    below: tuple[GroupView, ...]
    hidden: str
    left_out: str
    unread: str


def changes(query: EventsQuery, found: Read, ask: Ask) -> ChangesView:
    groups = _by_flag(found.events)
    untold = sum(1 for event in found.events if event.experiments is None)
    views = [_group(group, query, ask) for group in groups[:MOST_BELOW]]
    return ChangesView(
        total=humanize.count(found.total, "large-impact change"),
        none=found.total <= 0,
        flags=humanize.count(len(groups), "flag"),
        experiments=_experiments(found, untold),
        untold=humanize.count(untold, "change") if untold else "",
        groups=tuple(views[:MOST_GROUPS]),
        below=tuple(views),
        hidden=_left_out(groups[MOST_GROUPS:]),
        left_out=_left_out(groups[MOST_BELOW:]),
        unread=humanize.count(found.unread, "more change") if found.unread > 0 else "",
    )


def _experiments(found: Read, untold: int) -> str:
    """How many of the changes that were read had no experiment."""
    without = sum(1 for event in found.events if event.experiments and not event.experiments.items)
    if not without:
        return "each in an experiment" if found.events and not untold else ""
    many = "all " if without == found.total else f"{without:,} "
    return f"{many if found.total > 1 else ''}without an experiment"


def _by_flag(events: Iterable[Event]) -> list[list[Event]]:
    """The changes of each flag, the largest first, and so the flags."""
    groups: dict[str, list[Event]] = {}
    for event in events:
        groups.setdefault(event.flag, []).append(event)
    sorted_ = (sorted(group, key=_moved, reverse=True) for group in groups.values())
    return sorted(sorted_, key=lambda group: (_moved(group[0]), len(group)), reverse=True)


def _moved(event: Event) -> float:
    """How large a share of people a change moved; where that is not said it comes last."""
    return -1 if event.impact is None or event.impact.percentage is None else event.impact.percentage


def _group(events: list[Event], query: EventsQuery, ask: Ask) -> GroupView:
    listed = sorted(events[:MOST_CHANGES], key=lambda event: event.time or 0)
    known = [event.experiments for event in events if event.experiments]
    names = dict.fromkeys(chain.from_iterable(_names(event, query, ask) for event in events))
    who = dict.fromkeys(view_of(event, query, ask).who for event in events)
    return GroupView(
        largest=view_of(events[0], query, ask),
        changes=humanize.count(len(events), "change") if len(events) > 1 else "",
        who=humanize.listed(list(who), MOST_NAMES),
        experiments=humanize.listed(list(names), MOST_NAMES) or ("no experiment" if len(known) == len(events) else ""),
        listed=tuple(view_of(event, query, ask) for event in listed),
        more=len(events) - len(listed),
    )


def _names(event: Event, query: EventsQuery, ask: Ask) -> list[str]:
    said = view_of(event, query, ask).experiments
    return [said] if said else []


def _left_out(groups: list[list[Event]]) -> str:
    """What a message has no room for."""
    if not groups:
        return ""
    return f"{humanize.count(len(groups), 'more flag')} ({humanize.count(sum(map(len, groups)), 'change')})"
