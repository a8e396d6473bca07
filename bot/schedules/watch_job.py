"""A watch looks: once for all channels that watch the same, and each is told what is new to it.

The first look is silent. Where a channel was told too often within an hour, it gets one summary and an offer to be
left alone; what comes after that is told when the hour is over.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.answers import SCHEDULED, Fetch
from bot.errors import PASSING, Failure, TryLater
from bot.lines.parser import Understood
from bot.lines.timespec import milliseconds
from bot.messages import humanize
from bot.questions.base import View
from bot.questions.composition import why
from bot.schedules.answer_store import packed
from bot.schedules.change_detection import OVERLAP, News, news, since, to_keep
from bot.schedules.context import Rounds
from bot.schedules.run_lifecycle import LONGEST_WHY, tell_owner
from bot.schedules.trigger import Watch
from bot.schedules.views import ItemView, Week
from bot.schedules.watches import watched
from bot.schedules.watches.observation import Sight
from bot.store import Asking, Schedule, Slot, Told

log = logging.getLogger(__name__)

MOST_ITEMS = 10
LONGEST = timedelta(days=1)  # so long is waited for what LaunchDarkly still counts, and caught up after an absence
HOUR = timedelta(hours=1)

May = Callable[[Understood], None]


class NewsView(View):
    number: int
    line: str
    total: str
    items: tuple[ItemView, ...]
    more: str
    late: str
    storm: bool
    mute: str


async def last_week(rounds: Rounds, line: str, zone: str, caller: str) -> Week:
    """What a watch of this question would have told in the last seven days."""
    now = rounds.now()
    seen = await observe(rounds, Asking(rounds.team, line, zone, now), now - timedelta(days=7), caller)
    told = [News(sight, "", late=False) for sight in seen.values() if sight.tells]
    known = all(sight.at is not None for sight in seen.values())
    return Week(tuple(item_view(item, zone) for item in reversed(told)) if known else (), known)


async def look(rounds: Rounds, asking: Asking) -> list[Slot]:
    """Look, and say where something is new; the slots in which it is to be delivered."""
    watches = await rounds.store.schedules.watching(asking.team, asking.line, str(Watch(asking.zone)))
    if not watches:
        return []
    told = await rounds.store.tellings.of(watches)
    try:
        seen = await observe(rounds, asking, look_from(watches, told, asking.at))
    except Failure as failure:
        log.info("not seen", extra={"facts": {"question": asking.line, "outcome": failure.outcome}})
        await _failed(rounds, watches, asking, failure)
        return []
    spoke = [schedule.id for schedule in watches if await _tell(rounds, schedule, told[schedule.id], seen, asking)]
    return [slot for slot in await rounds.store.slots.of(asking) if slot.schedule in spoke]


def first_look(line: str, now: datetime) -> Fetch:
    """Return the fetch of a watch's first look, which tells nobody."""
    see = watched(line.partition(" ")[0])
    return lambda query, ask: see(query, ask, now - timedelta(milliseconds=OVERLAP))


async def observe(rounds: Rounds, asking: Asking, from_when: datetime, caller: str = SCHEDULED) -> dict[str, Sight]:
    """What is there to be seen, from that moment on."""
    understood, ask = rounds.answers.asking(asking.line, ZoneInfo(asking.zone), caller)
    rounds.may(understood)
    return await watched(understood.spoken.name)(understood.query, ask, from_when)


def look_from(watches: Sequence[Schedule], told: Mapping[str, Mapping[str, Told]], now: datetime) -> datetime:
    """From when on to look, so that nobody misses anything."""
    moments = [
        since(told[watch.id].values(), milliseconds(watch.looked_at or now), LONGEST / timedelta(milliseconds=1))
        for watch in watches
    ]
    return datetime.fromtimestamp(min(moments) / 1000, UTC)


async def _failed(rounds: Rounds, watches: Sequence[Schedule], asking: Asking, failure: Failure) -> None:
    """What passes is waited for; of what doesn't, each owner is told once."""
    if isinstance(failure, PASSING):
        await _back_off(rounds, watches, failure)
        return
    says = humanize.short(why(failure), LONGEST_WHY)
    for schedule in watches:
        last = await rounds.store.slots.history([schedule.id], 1)
        known = any(slot.why == says and _is_since(slot.at, schedule.looked_at) for slot in last)
        if not known and await rounds.store.slots.add_failed(schedule, asking.zone, asking.at, says):
            await tell_owner(rounds, schedule, says)


def _is_since(at: datetime, looked_at: datetime | None) -> bool:
    """Whether this was after the last look that saw anything."""
    return looked_at is None or at > looked_at


async def _back_off(rounds: Rounds, watches: Sequence[Schedule], failure: Failure) -> None:
    """Where LaunchDarkly limits, watches wait for longer than it asks for: digests come first."""
    if isinstance(failure, TryLater):
        at = rounds.now() + max(2 * rounds.times.watch, timedelta(seconds=failure.after or 0))
        for schedule in watches:
            await rounds.store.schedules.change(schedule.id, rounds.now(), next_at=at)


async def _tell(
    rounds: Rounds, schedule: Schedule, told: Mapping[str, Told], seen: Mapping[str, Sight], asking: Asking
) -> bool:
    """Write down what is seen and what is to be said of it; whether anything is."""
    found = news(told, seen, milliseconds(asking.at)) if schedule.looked_at else []
    often = await _spoken(rounds, schedule, asking.at) if found else 0
    if often > rounds.times.storm:
        return False
    view = _view(schedule, found, asking, storm=often == rounds.times.storm) if found else None
    said = packed(rounds.answers.note("news", view)) if view else None
    kept = to_keep(told, seen)
    return await rounds.store.tellings.looked(schedule, kept, asking.at, asking.zone, said) and bool(said)


async def _spoken(rounds: Rounds, schedule: Schedule, now: datetime) -> int:
    """How often something was said within the last hour."""
    last = await rounds.store.slots.history([schedule.id], rounds.times.storm + 1)
    return sum(slot.at > now - HOUR for slot in last)


def _view(schedule: Schedule, found: Sequence[News], asking: Asking, *, storm: bool) -> NewsView:
    shown = found[:MOST_ITEMS]
    late = sum(item.late for item in found)
    more = len(found) - len(shown)
    return NewsView(
        number=schedule.number,
        line=schedule.line,
        total=humanize.count(len(found), "change"),
        items=tuple(item_view(item, asking.zone) for item in shown),
        more=humanize.count(more, "more change") if more else "",
        late=humanize.count(late, "change") if late else "",
        storm=storm,
        mute=f"snooze {schedule.number} until=1d",
    )


def item_view(item: News, zone: str) -> ItemView:
    sight = item.sight
    return ItemView(
        what=humanize.short(sight.what, 80),
        url=sight.url,
        before=item.before,
        says=sight.says,
        when=humanize.stamp(sight.at, ZoneInfo(zone)) if sight.at is not None else None,
        late=item.late,
        line=sight.line,
    )
