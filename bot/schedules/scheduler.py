"""What is due: its slots are written down, and what is open is offered. The same moment may be dispatched by many."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from zlib import crc32

from bot.schedules.context import Rounds
from bot.schedules.next_run import due, following
from bot.schedules.recurrence import Cadence
from bot.schedules.run_lifecycle import AWAY
from bot.schedules.trigger import Watch, rhythm
from bot.store import Asking, Begun, Schedule, Slot

MOST = 500  # of each at a time; the rest is next
TOGETHER = 100  # in one transaction


@dataclass(frozen=True)
class Offer:
    """Open slots that want the same answer, and whether it is there."""

    asking: Asking
    slots: tuple[Slot, ...]
    answered: bool

    @property
    def offered(self) -> int:
        return max(slot.offered for slot in self.slots)


async def offers(rounds: Rounds, now: datetime) -> tuple[list[Offer], list[Asking]]:
    """What there is to do by *now*: to be asked and delivered, and to be looked at."""
    come = await rounds.store.schedules.due(rounds.team, now, MOST)
    begun = [begun for schedule in come if (begun := _begun(rounds, schedule, now))]
    asked, looks = _looks(rounds, come, now)
    await _begin(rounds, begun + looks)
    return list(_grouped(await rounds.store.slots.open(rounds.team, now, MOST))), asked


async def hold_back(rounds: Rounds, slots: Sequence[Slot]) -> None:
    """What the engine has is not offered again; should it be lost there against all odds, it is, after a while."""
    await rounds.store.slots.hold_back(slots, rounds.now() + 3 * rounds.times.lease)


async def put_back(rounds: Rounds, schedules: Collection[str], at: datetime) -> None:
    """What nobody is at is offered again at once."""
    await rounds.store.slots.put_back(schedules, at, rounds.now())


def _looks(rounds: Rounds, come: Sequence[Schedule], now: datetime) -> tuple[list[Asking], list[Begun]]:
    """What there is to be looked at: each question once, however many watch it. Its moments are the same for all
    processes, and apart from those of other questions."""
    every, found, begun = int(rounds.times.watch.total_seconds()), set(), list[Begun]()
    for schedule in come:
        watch = rhythm(schedule.cadence)
        if isinstance(watch, Watch) and schedule.next_at:
            shift = crc32(schedule.line.encode()) % every
            at = (int(now.timestamp()) - shift) // every * every + shift
            found.add(Asking(schedule.team, schedule.line, watch.zone, datetime.fromtimestamp(at, UTC)))
            begun.append(Begun(schedule, watch.zone, datetime.fromtimestamp(at + every, UTC)))
    return sorted(found), begun


async def _begin(rounds: Rounds, begun: Sequence[Begun]) -> None:
    """Some at a time: who writes for long keeps all others waiting."""
    for first in range(0, len(begun), TOGETHER):
        await rounds.store.slots.begin(begun[first : first + TOGETHER])


def _begun(rounds: Rounds, schedule: Schedule, now: datetime) -> Begun | None:
    """The slots that a schedule has had until now: those that are too late are skipped, the last may be caught up."""
    cadence, next_at = rhythm(schedule.cadence), schedule.next_at
    if not isinstance(cadence, Cadence) or next_at is None:
        return None
    slot = due(cadence, next_at, now, rounds.times.window)
    if slot is None or next_at + _apart(schedule, rounds.times.spread) > now:
        return None
    slots = [(at, AWAY) for at in slot.missed] + [(slot.at, AWAY if slot.late else "")]
    return Begun(schedule, cadence.zone, following(cadence, slot.at), tuple(slots))


def _apart(schedule: Schedule, most: timedelta) -> timedelta:
    """Each schedule has its own moment in the minute: Monday's nine o'clock is everybody's."""
    return most * (int(schedule.id[:4], 16) / 0xFFFF)


def _grouped(found: list[tuple[Slot, bool]]) -> Iterator[Offer]:
    def wanted(pair: tuple[Slot, bool]) -> tuple[Asking, bool]:
        slot, answered = pair
        return slot.asking, answered

    for (asking, answered), pairs in groupby(sorted(found, key=wanted), key=wanted):
        yield Offer(asking, tuple(slot for slot, _ in pairs), answered)
