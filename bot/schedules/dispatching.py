"""What is due: its slots are written down, and what is open is offered. The same moment may be dispatched by many."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from bot.schedules.cadence import CADENCE
from bot.schedules.closing import AWAY
from bot.schedules.due import due, following
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
        if schedule.next_at and schedule.next_at + _apart(schedule, rounds.times.spread) <= now:
            await _begin(rounds, schedule, schedule.next_at, now)
    return list(_grouped(await rounds.store.slots.open(rounds.team, now, MOST)))


async def hold_back(rounds: Rounds, slots: Sequence[Slot]) -> None:
    """What the engine has is not offered again; should it be lost there against all odds, it is, after a while."""
    await rounds.store.slots.hold_back(slots, rounds.now() + 3 * rounds.times.lease)


async def _begin(rounds: Rounds, schedule: Schedule, next_at: datetime, now: datetime) -> None:
    """The slots that a schedule has had until now: those that are too late are skipped, the last may be caught up."""
    cadence = CADENCE.read(schedule.cadence)
    slot = due(cadence, next_at, now, rounds.times.window)
    if slot is None:
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
