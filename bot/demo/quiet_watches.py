"""Skip the looks of watches that change nothing, up to the first one that does.

Every watch still asks LaunchDarkly each time it really would. A look that finds nothing new just isn't written down, so
a week goes by several times as fast.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.demo.clock import Time
from bot.errors import Failure
from bot.schedules.change_detection import to_keep
from bot.schedules.context import Rounds
from bot.schedules.trigger import Watch, rhythm
from bot.schedules.watch_job import look_from, observe
from bot.store import Asking, Schedule, Told


@dataclass
class Look:
    """The next look at a question, for all who watch it."""

    asking: Asking
    told: Sequence[Mapping[str, Told]]
    from_when: datetime

    async def changes_anything(self, rounds: Rounds) -> bool:
        """Whether it is to be done properly: something has changed, or it fails."""
        try:
            seen = await observe(rounds, self.asking, self.from_when)
        except Failure:
            return True
        return any(to_keep(told, seen) for told in self.told)


async def skip_quiet_looks(rounds: Rounds, time: Time, watches: Sequence[Schedule], end: datetime) -> None:
    """Move the clock on from look to look until one changes anything, or the next is not before *end*."""
    looks = await _looks(rounds, watches)
    while looks and (first := min(looks, key=lambda look: look.asking.at)).asking.at < end:
        time.come(first.asking.at)
        if await first.changes_anything(rounds):
            return
        first.asking = replace(first.asking, at=first.asking.at + rounds.times.watch)


async def _looks(rounds: Rounds, watches: Sequence[Schedule]) -> list[Look]:
    by_asking: dict[Asking, list[Schedule]] = {}
    for watch in watches:
        kept = rhythm(watch.cadence)
        if isinstance(kept, Watch) and watch.next_at:
            by_asking.setdefault(Asking(watch.team, watch.line, kept.zone, watch.next_at), []).append(watch)
    told = await rounds.store.tellings.of(watches)
    return [
        Look(asking, [told[watch.id] for watch in same], look_from(same, told, asking.at))
        for asking, same in by_asking.items()
    ]
