"""What is due: its slots are written down, and what is open is offered. The same moment may be dispatched by many."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from zlib import crc32

from bot.schedules.cadence import Cadence
from bot.schedules.closing import AWAY
from bot.schedules.due import due, following
from bot.schedules.rhythm import Watch, rhythm
from bot.schedules.rounds import Rounds
from bot.store import Asking, Schedule, Slot

MOST = 500  # of each at a time; the rest is next


@dataclass(frozen=True)
class Offer:
    """Open slots that want the same answer, and whether it is there."""

    asking: Asking
    slots: tuple[Slot, ...]
    answered: bool

    @property
    def offered(self) -> int:
        return max(slot.offered for slot in self.slots)


async def offers(rounds: Rounds, now: datetime) -> list[Offer]:
    """What there is to do by *now*."""
    for schedule in await rounds.store.schedules.due(rounds.team, now, MOST):
        found = rhythm(schedule.cadence)
        if isinstance(found, Cadence) and schedule.next_at:
            await _begin(rounds, schedule, found, schedule.next_at, now)
    return list(_grouped(await rounds.store.slots.open(rounds.team, now, MOST)))


async def hold_back(rounds: Rounds, slots: Sequence[Slot]) -> None:
    """What the engine has is not offered again; should it be lost there against all odds, it is, after a while."""
    await rounds.store.slots.hold_back(slots, rounds.now() + 3 * rounds.times.lease)


async def looks(rounds: Rounds, now: datetime) -> list[Asking]:
    """What there is to be looked at by *now*: each question once, however many watch it. Its moments are the same for
    all processes, and apart from those of other questions."""
    every, found = int(rounds.times.watch.total_seconds()), set()
    for schedule in await rounds.store.schedules.due(rounds.team, now, MOST):
        watch = rhythm(schedule.cadence)
        if isinstance(watch, Watch) and schedule.next_at:
            shift = crc32(schedule.line.encode()) % every
            at = (int(now.timestamp()) - shift) // every * every + shift
            found.add(Asking(schedule.team, schedule.line, watch.zone, datetime.fromtimestamp(at, UTC)))
            await rounds.store.slots.begin(schedule, watch.zone, (), datetime.fromtimestamp(at + every, UTC))
    return sorted(found)


async def _begin(rounds: Rounds, schedule: Schedule, cadence: Cadence, next_at: datetime, now: datetime) -> None:
    """The slots that a schedule has had until now: those that are too late are skipped, the last may be caught up."""
    slot = due(cadence, next_at, now, rounds.times.window)
    if slot is None or next_at + _apart(schedule, rounds.times.spread) > now:
        return
    slots = [(at, AWAY) for at in slot.missed] + [(slot.at, AWAY if slot.late else "")]
    await rounds.store.slots.begin(schedule, cadence.zone, slots, following(cadence, slot.at))


def _apart(schedule: Schedule, most: timedelta) -> timedelta:
    """Each schedule has its own moment in the minute: Monday's nine o'clock is everybody's."""
    return most * (int(schedule.id[:4], 16) / 0xFFFF)


def _grouped(found: list[tuple[Slot, bool]]) -> Iterator[Offer]:
    def wanted(pair: tuple[Slot, bool]) -> tuple[Asking, bool]:
        slot, answered = pair
        return slot.asking, answered

    for (asking, answered), pairs in groupby(sorted(found, key=wanted), key=wanted):
        yield Offer(asking, tuple(slot for slot, _ in pairs), answered)
