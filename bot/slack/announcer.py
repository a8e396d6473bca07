"""Keeps one message per schedule in its channel: posts it, and updates it in place whenever somebody changes something.

Where that message is old, nobody would notice, so a short one says the same at the end of the channel.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

from bot.answers import Answers
from bot.commands.schedule_lookup import ChangedView
from bot.errors import TryLater
from bot.messages.message import Message
from bot.schedules.context import SchedulerContext
from bot.schedules.delivery_errors import DeliveryError, DeliveryUnknown, InvalidMessage
from bot.slack import buttons
from bot.slack.payloads import Interaction
from bot.slack.responder import Responder, SendOutcome
from bot.store import Announcement

UNNOTICED_AFTER = timedelta(hours=1)  # since a message was posted


@dataclass(frozen=True)
class Change:
    """What somebody did to a schedule: in a sentence, and as the schedule's message shows it."""

    view: ChangedView
    sentence: Message
    card: Message


@dataclass(frozen=True)
class Shown:
    """Where a change is shown now."""

    ts: str  # of the schedule's message
    noticed: tuple[str, ...] = ()  # the messages that were updated
    is_posted: bool = False  # whether there is a new message at the end of the channel


@dataclass(frozen=True)
class Announcer:
    """Announces what people do to schedules."""

    answers: Answers
    scheduler: SchedulerContext

    async def announce(
        self, sentence: Message, view: ChangedView, interaction: Interaction, responder: Responder
    ) -> SendOutcome:
        """Show everyone what was done. A person who did it elsewhere gets a line, which all see below a mention."""
        card = sentence.followed_by(self.answers.notice("schedule_controls", view))
        change = Change(view, sentence, card)
        try:
            async with self.scheduler.publisher.throttle(interaction.channel):
                shown = await self._show(change, interaction)
        except DeliveryUnknown:
            return await responder.send(card)  # everyone would see it twice
        except (DeliveryError, TryLater):
            return await responder.send(card, shared=True)
        if shown.is_posted or interaction.message_ts in shown.noticed or interaction.home_page:
            return await responder.finish()  # the Home says what was done
        line = await self._line(change, shown.ts, interaction)
        return await responder.send(line, shared=bool(interaction.mention_ts))

    async def _show(self, change: Change, interaction: Interaction) -> Shown:
        """Update the schedule's message, or post it. What came later, by another person, stays."""
        now, schedule_id, number = self.scheduler.now(), change.view.schedule_id, change.view.change
        announcement = await self.scheduler.store.announcements.get(schedule_id)
        if announcement and announcement.change > number:
            return Shown(announcement.ts)
        if announcement is None or not await self._update(interaction.channel, announcement.ts, change.card):
            ts = await self._post(interaction, change.card)
            await self._save(Announcement(schedule_id, ts, now, number))
            return Shown(ts, is_posted=True)
        announcement = replace(announcement, change=number)
        await self._save(announcement)
        if interaction.mention_ts or now - announcement.posted_at <= UNNOTICED_AFTER:
            return Shown(announcement.ts, (announcement.ts,))
        return await self._notify(announcement, change, interaction)

    async def _notify(self, announcement: Announcement, change: Change, interaction: Interaction) -> Shown:
        """Say it again at the end of the channel, in the last short message if that is new."""
        now = self.scheduler.now()
        line = await self._line(change, announcement.ts, interaction)
        is_new = announcement.notice_at is not None and now - announcement.notice_at <= UNNOTICED_AFTER
        if is_new and await self._update(interaction.channel, announcement.notice_ts, line):
            return Shown(announcement.ts, (announcement.ts, announcement.notice_ts))
        notice_ts = await self._post(interaction, line)
        await self._save(replace(announcement, notice_ts=notice_ts, notice_at=now))
        return Shown(announcement.ts, is_posted=True)

    async def _line(self, change: Change, ts: str, interaction: Interaction) -> Message:
        url = await self.scheduler.publisher.permalink(interaction.channel, ts)
        return buttons.changed_line(change.sentence, change.view.undo, url)

    async def _update(self, channel: str, ts: str, message: Message) -> bool:
        """Update a message; return False if it can't be, such as one that somebody deleted."""
        try:
            await self.scheduler.publisher.update(channel, ts, message)
        except InvalidMessage:
            return False
        return True

    async def _post(self, interaction: Interaction, message: Message) -> str:
        return await self.scheduler.publisher.post(interaction.channel, message, thread=interaction.answer_thread)

    async def _save(self, announcement: Announcement) -> None:
        await self.scheduler.store.announcements.put(announcement)
