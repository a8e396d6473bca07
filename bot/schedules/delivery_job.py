"""An answer is delivered to a slot's channel: the message and its thread, each part once.

Before a part is posted that is written down. Whoever finds that written down, and not what came of it, looks in the
channel for the part's key; and who cannot look stays silent, since twice is worse.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.messages.message import Message
from bot.schedules.answer_store import unpacked
from bot.schedules.channel_errors import NOT_HERE, NOT_TAKEN, sentence
from bot.schedules.context import Rounds
from bot.schedules.footer import FAR, Wanted, dressed
from bot.schedules.publisher import Away, Blind, Gone, Limited, Refused, Undelivered, Unsure
from bot.schedules.run_lifecycle import AWAY, close, fail, finish, leave
from bot.store import Slot

log = logging.getLogger(__name__)

STOPPED = "It was stopped or paused before that."
UNSEEN = "It may have been posted. I may not look, and do not post twice."
HALF_SEEN = "What belongs below it may be missing. I may not look, and do not post twice."
TOO_LONG = "Slack did not take it in time."


async def deliver(rounds: Rounds, schedule: str, at: datetime) -> None:
    """Deliver to one slot what was answered, unless that is done or somebody is at it."""
    if (schedule, at) in rounds.at_work:
        return
    rounds.at_work.add((schedule, at))
    try:
        await _take_and_deliver(rounds, schedule, at)
    finally:
        rounds.at_work.discard((schedule, at))


async def _take_and_deliver(rounds: Rounds, schedule: str, at: datetime) -> None:
    now, store = rounds.now(), rounds.store
    slot = await store.slots.take(schedule, at, rounds.me, now, now + rounds.times.lease)
    wanted = slot and await store.slots.wanted(slot, FAR)
    if not slot or not wanted:
        return
    if wanted[0].state != "active" and not slot.by:
        await close(rounds, slot, "skipped", STOPPED)
    elif not rounds.speaks_in(wanted[0].channel):
        await fail(rounds, slot, NOT_HERE, lasting=True)
    elif slot.said:
        await _deliver(rounds, wanted, slot, unpacked(slot.said), "delivered")
    elif kept := await rounds.at_hand.answer(slot.asking):
        await _deliver(rounds, wanted, slot, kept.message, "quiet" if kept.quiet else "delivered")
    else:  # it was deleted meanwhile, and is asked again
        await store.slots.again([slot], now)


async def _deliver(rounds: Rounds, wanted: Wanted, slot: Slot, answer: Message, well: str) -> None:
    message, channel = dressed(rounds, wanted, slot, answer), wanted[0].channel
    try:
        async with asyncio.timeout(rounds.times.lease.total_seconds() / 2):
            last = await Delivery(rounds, channel, slot).post(message)
        await _close_well(rounds, slot, well, last)
    except (Limited, Away, Unsure, TimeoutError) as passing:
        await _later(rounds, slot, passing)
    except Late:
        await close(rounds, slot, "skipped", AWAY)
    except Lost:
        log.warning("somebody else delivers it", extra={"facts": {"schedule": slot.schedule}})
    except Blind:
        await _stay_silent(rounds, slot)
    except Refused as refused:
        await finish(rounds, slot, NOT_TAKEN.format(refused.why))
    except Gone as gone:
        await finish(rounds, slot, sentence(gone.why))
        await leave(rounds, channel, gone.why)


async def _later(rounds: Rounds, slot: Slot, passing: Exception) -> None:
    """Another attempt, as long as there is time for one."""
    least = timedelta(seconds=passing.after if isinstance(passing, Limited) else 0)
    at = rounds.now() + max(rounds.times.wait(slot.attempt), least)
    if at <= slot.at + rounds.times.window:
        await rounds.store.slots.again([slot], at)
    else:
        await finish(rounds, slot, TOO_LONG)


async def _close_well(rounds: Rounds, slot: Slot, well: str, last: tuple[int, str] | None) -> None:
    if not await close(rounds, slot, well, last=last):
        raise Lost


async def _stay_silent(rounds: Rounds, slot: Slot) -> None:
    """Nobody may look whether a message is there, so it is not posted again."""
    known = await rounds.store.slots.get(slot.schedule, slot.at)
    if known and known.posted:
        await close(rounds, slot, "delivered", HALF_SEEN)
    else:
        await close(rounds, slot, "unsure", UNSEEN)


class Late(Undelivered):
    """Nothing of it was posted while there was time."""


class Lost(Exception):
    """This process stood still for so long that somebody else has the slot."""


@dataclass
class Delivery:
    """One answer on its way into one channel."""

    rounds: Rounds
    channel: str
    slot: Slot

    async def post(self, message: Message) -> tuple[int, str] | None:
        """Post what is not posted yet, in order; the last part is the caller's to keep, if it was not there before."""
        pieces = (message, *message.thread)
        for part, piece in enumerate(pieces[self.slot.posted :], self.slot.posted):
            ts = await self._found(part) or await self._posted(part, piece)
            if part == len(pieces) - 1:
                return part, ts
            await self._keep(part, ts)
        return None

    async def _keep(self, part: int, ts: str) -> None:
        if not await self.rounds.store.slots.keep(self.slot, part, ts):
            raise Lost
        self.slot = replace(self.slot, posted=part + 1, posting=None, ts=ts if part == 0 else self.slot.ts)

    async def _found(self, part: int) -> str | None:
        """What somebody was about to post may be there already, and may take a moment to be seen."""
        if self.slot.posting != part or self.slot.posting_at is None:
            return None
        ts = await self.rounds.post.find(self.channel, self._key(part), self.slot.posting_at, self._thread(part))
        if ts is None and self.rounds.now() < self.slot.posting_at + self.rounds.times.settling:
            raise Unsure
        return ts

    async def _posted(self, part: int, piece: Message) -> str:
        if part == 0 and self.rounds.late(self.slot.at):
            raise Late
        async with self.rounds.post.turn(self.channel), self._marked(part):
            return await self.rounds.post.post(self.channel, piece, self._key(part), self._thread(part))

    @asynccontextmanager
    async def _marked(self, part: int) -> AsyncIterator[None]:
        """Written down just before it is posted, and taken back where Slack surely did not take it."""
        if not await self.rounds.store.slots.mark(self.slot, part, self.rounds.now()):
            raise Lost
        try:
            if not self._in_time:
                raise Away
            yield
        except (Limited, Away, Gone, Refused):
            await self.rounds.store.slots.mark(self.slot, None, self.rounds.now())
            raise

    @property
    def _in_time(self) -> bool:
        """Whether enough is left of the lease to post. The loop's clock does not tell how long a machine has slept."""
        until = self.slot.taken_until
        return until is not None and self.rounds.now() <= until - self.rounds.times.lease / 2

    def _key(self, part: int) -> str:
        return f"{self.slot.schedule}@{int(self.slot.at.timestamp())}#{part}"

    def _thread(self, part: int) -> str:
        return self.slot.ts if part else ""
