"""A question of the clock is asked once, for all who want its answer at that moment."""

import logging
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from bot.answers import SCHEDULED, Answer, Asker
from bot.errors import LASTING, PASSING
from bot.schedules.answer_store import whole
from bot.schedules.context import Rounds
from bot.schedules.run_lifecycle import AWAY, close, fail, finish
from bot.store import Asking, Slot

log = logging.getLogger(__name__)

PASSES = tuple(failure.outcome for failure in PASSING)
LASTS = tuple(failure.outcome for failure in LASTING)


async def ask(rounds: Rounds, asking: Asking) -> list[Slot]:
    """Ask, and keep the answer; the slots that it can be delivered to."""
    slots = rounds.store.slots
    if not await slots.answered(asking) and not await _ask(rounds, asking):
        return []
    # Only now that the answer is there: whoever offered one while it was not took it to be ours to deliver.
    return await slots.of(asking)


async def _ask(rounds: Rounds, asking: Asking) -> bool:
    """Whether the answer is there then."""
    slots = await rounds.store.slots.of(asking)
    if not slots:
        return False
    if rounds.late(asking.at):
        for slot in slots:
            await _leave_out(rounds, slot)
        return False
    past = partial(rounds.store.snapshots.of, asking.team)
    zone, allows = ZoneInfo(asking.zone), rounds.allows
    asker = Asker(zone, may=rounds.may, allows=allows, past=past, caller=SCHEDULED)
    answer = await rounds.answers.answer(asking.line, asker)
    facts = {"question": asking.line, "outcome": answer.outcome, "channels": len(slots), "reference": answer.reference}
    log.info("asked", extra={"facts": facts})
    return await _kept(rounds, asking, answer)


async def _kept(rounds: Rounds, asking: Asking, answer: Answer) -> bool:
    """Whether it is an answer, and not a failure of which the slots are told."""
    slots = await rounds.store.slots.of(asking)  # some have come meanwhile, and another may have answered
    if not slots or await rounds.store.slots.answered(asking):
        return bool(slots)
    if at := _later(rounds, slots, answer):
        await rounds.store.slots.again(slots, at)
        return False
    if answer.outcome != "answered":
        await _fail_all(rounds, asking, answer)
        return False
    await rounds.store.slots.answer(asking, whole(answer), rounds.now(), quiet=answer.quiet)
    return True


async def _fail_all(rounds: Rounds, asking: Asking, answer: Answer) -> None:
    """Also those that come meanwhile: nobody else asks for them."""
    told = set[str]()
    while slots := [slot for slot in await rounds.store.slots.of(asking) if slot.schedule not in told]:
        for slot in slots:
            await fail(rounds, slot, _why(answer), lasting=answer.outcome in LASTS)
            told.add(slot.schedule)


async def _leave_out(rounds: Rounds, slot: Slot) -> None:
    """It was begun, and nobody was there to go on."""
    if slot.posted or slot.posting is not None:
        await finish(rounds, slot, AWAY)
    else:
        await close(rounds, slot, "skipped", AWAY)


def _later(rounds: Rounds, slots: Sequence[Slot], answer: Answer) -> datetime | None:
    """When to ask again: what passes while there is time, and for what is whole for a quarter of it, unless somebody
    wants it at once."""
    at = rounds.now() + rounds.times.wait(max(slot.attempt for slot in slots))
    waits = answer.partial and not any(slot.by for slot in slots)
    patience = rounds.times.window / (4 if waits else 1)
    return at if (waits or answer.outcome in PASSES) and at <= slots[0].at + patience else None


def _why(answer: Answer) -> str:
    """What a person can do about it is said, but nobody is to ask again what the clock asks."""
    passed = answer.outcome in PASSES
    return f"{answer.what} (Reference {answer.reference}.)" if passed else answer.message.text
