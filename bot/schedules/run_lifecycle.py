"""A slot is closed, well or not. Where a destination is gone its schedules are paused, and their owners told once."""

import logging
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import replace

from bot.messages import humanize
from bot.questions.base import View
from bot.schedules.channel_errors import TOKEN, sentence
from bot.schedules.context import Rounds
from bot.schedules.publisher import Undelivered
from bot.schedules.trigger import next_of, rhythm
from bot.schedules.views import ScheduleView, schedule_view
from bot.store import Schedule, Slot

log = logging.getLogger(__name__)

TOO_MANY = 3  # failures in a row, of which the owner hears
LONGEST_WHY = 300
AWAY = "I was not there in time."
UNSAID = "Slack did not say whether it was posted."
CUT = "What belongs below it is missing."
NOTICED = ("not_in_channel", "is_archived", "channel_not_found")  # an invitation or un-archiving ends these


class PausedView(View):
    channel: str
    why: str
    returns: bool  # whether it is noticed when the channel is open again
    resume: tuple[str, ...]  # the lines that let each go on
    schedules: tuple[ScheduleView, ...]


class FailingView(View):
    channel: str
    why: str
    times: int
    schedule: ScheduleView


class BackView(View):
    schedules: tuple[ScheduleView, ...]


async def close(rounds: Rounds, slot: Slot, state: str, why: str = "", last: tuple[int, str] | None = None) -> bool:
    """What became of a slot, for the history and the log; whether it was still one's own to say that. The *last*
    message of it that was posted is kept with that."""
    if state in ("delivered", "quiet"):
        await _remember(rounds, slot)
    if not await rounds.store.slots.close(slot, state, humanize.short(why, LONGEST_WHY), rounds.now(), last):
        return False
    rounds.closed(state, (rounds.now() - slot.at).total_seconds())
    facts = {"question": slot.line, "outcome": state, "why": why, "schedule": slot.schedule, "attempt": slot.attempt}
    log.info("delivered" if state in ("delivered", "quiet") else "not delivered", extra={"facts": facts})
    return True


async def _remember(rounds: Rounds, slot: Slot) -> None:
    """Keep the snapshot of what a slot has got. What somebody wanted at once stands for no week."""
    kept = None if slot.by else await rounds.at_hand.answer(slot.asking)
    if kept and kept.snapshot:
        await rounds.store.snapshots.keep(slot.team, kept.snapshot)
        kept.snapshot = None


async def finish(rounds: Rounds, slot: Slot, why: str) -> None:
    """It goes no further: with what stands in the channel, or may stand there, or with nothing."""
    known = await rounds.store.slots.get(slot.schedule, slot.at)
    if known and known.posted:
        await close(rounds, slot, "delivered", f"{CUT} {why}")
    elif known and known.posting is not None:
        await close(rounds, slot, "unsure", UNSAID)
    else:
        await fail(rounds, slot, why)


async def fail(rounds: Rounds, slot: Slot, why: str, *, lasting: bool = False) -> None:
    """It failed for good. The owner is told once: at once of what is *lasting*, and else when it has happened several
    times in a row."""
    if not await close(rounds, slot, "failed", why):
        return
    last = await rounds.store.slots.history([slot.schedule], TOO_MANY + 1)
    schedule = await rounds.store.schedules.get(slot.schedule)
    if schedule and (_is_new(last) if lasting else _are_many(last)):
        await tell_owner(rounds, schedule, why, times=1 if lasting else TOO_MANY)


async def tell_owner(rounds: Rounds, schedule: Schedule, why: str, *, times: int = 1) -> None:
    """Tell the owner of a schedule why it fails."""
    shown = schedule_view(schedule)
    view = FailingView(channel=schedule.channel, why=humanize.short(why, LONGEST_WHY), times=times, schedule=shown)
    await rounds.post.tell(schedule.owner, rounds.answers.note("failing", view))


def _is_new(last: Sequence[Slot]) -> bool:
    """Whether the one before the last run did not fail for the same reason."""
    return len(last) < 2 or last[1].state != "failed" or _reason(last[0].why) != _reason(last[1].why)


def _are_many(last: Sequence[Slot]) -> bool:
    """Whether just so many runs in a row have failed."""
    failed = [known.state == "failed" for known in last]
    return len(failed) >= TOO_MANY and all(failed[:TOO_MANY]) and not all(failed[TOO_MANY:] or [False])


def _reason(why: str) -> str:
    """Why a run failed, without the reference that is another one each time."""
    return why.partition(" (Reference ")[0]


async def leave(rounds: Rounds, channel: str, why: str) -> None:
    """A channel is gone: its schedules are paused, and each owner is told once."""
    paused = [
        schedule
        for schedule in await rounds.store.schedules.of(rounds.team, channel)
        if await rounds.store.schedules.pause(schedule.id, why, rounds.now())
    ]
    for owner in dict.fromkeys(schedule.owner for schedule in paused):
        mine: Sequence[Schedule] = [schedule for schedule in paused if schedule.owner == owner]
        view = PausedView(
            channel=channel,
            why=sentence(why),
            returns=why in NOTICED,
            resume=tuple(f"/insights resume {schedule.number}" for schedule in mine),
            schedules=tuple(map(schedule_view, mine)),
        )
        await rounds.post.tell(owner, rounds.answers.note("paused", view))


async def start_again(rounds: Rounds) -> None:
    """Slack takes the bot's token: what was paused because it did not goes on."""
    everywhere = await rounds.store.schedules.everywhere()
    lost = {known.channel for known in everywhere if known.team == rounds.team and known.why in TOKEN}
    for channel in sorted(lost):
        await come_back(rounds, channel, TOKEN)


async def come_back(rounds: Rounds, channel: str, ended: Collection[str] = NOTICED) -> None:
    """The bot may post there again: what was paused for what has *ended* goes on, and that is said in the channel."""
    now, resumed = rounds.now(), []
    for schedule in await rounds.store.schedules.of(rounds.team, channel):
        next_at = next_of(rhythm(schedule.cadence), now)
        if schedule.why in ended and await rounds.store.schedules.resume(schedule.id, next_at, now):
            resumed.append(schedule_view(replace(schedule, state="active", next_at=next_at)))
    if resumed:
        note = rounds.answers.note("back", BackView(schedules=tuple(resumed)))
        with suppress(Undelivered):
            async with rounds.post.turn(channel):
                await rounds.post.post(channel, note, f"back:{channel}@{int(now.timestamp())}")
