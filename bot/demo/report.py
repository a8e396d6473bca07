"""What became of what was due: a sentence each, for whoever moved the clock."""

from datetime import datetime
from zoneinfo import ZoneInfo

from bot.demo.driver import watches
from bot.sandbox.slack import Slack
from bot.store import Schedule, Slot
from bot.store.store import Store

MOST = 100  # slots, of which the rest is older than what anybody waits for
OPEN = "open"
BECAME = {
    "delivered": "{what} was delivered in {where}.",
    "quiet": "{what} had nothing to tell, and said so in {where}.",
    OPEN: "{what} is not delivered yet in {where}, and is tried again.",
    "skipped": "{what} was left out in {where}. {why}",
    "failed": "{what} could not be delivered in {where}. {why}",
    "unsure": "{what} may stand in {where}. {why}",
}
SPOKE = "{what} had something new, and told it in {where}."


class Told:
    """Knows what was told already."""

    def __init__(self, store: Store, workspace: Slack) -> None:
        self._store = store
        self._workspace = workspace
        self._known: dict[tuple[str, datetime], str] = {}
        self._schedules: dict[str, Schedule] = {}  # also those that have been stopped since

    async def news(self) -> list[str]:
        """What became of slots since this was asked last, the oldest first. What is still open is told each time."""
        self._schedules |= {one.id: one for one in await self._store.schedules.everywhere()}
        slots = await self._store.slots.history(list(self._schedules), MOST)
        new = [slot for slot in reversed(slots) if self._known.get((slot.schedule, slot.at)) != slot.state]
        self._known |= {(slot.schedule, slot.at): slot.state for slot in new if slot.state != OPEN}
        return [self._sentence(self._schedules[slot.schedule], slot) for slot in new]

    def _sentence(self, schedule: Schedule, slot: Slot) -> str:
        spoke = slot.state == "delivered" and watches(schedule)
        channel = self._workspace.channels.get(schedule.channel)
        where = f"#{channel.name}" if channel and channel.name else "a conversation"
        became = (SPOKE if spoke else BECAME[slot.state]).format(what=slot.line, where=where, why=slot.why)
        return f"{stamp(slot.at, slot.zone)}: {became}".strip()


def stamp(at: datetime, zone: str) -> str:
    """`Mon 30 Nov, 9:00 CET`: whoever reads it may be elsewhere, and the page's own clock is in their zone."""
    here = at.astimezone(ZoneInfo(zone))
    return f"{here:%a} {here.day} {here:%b}, {here.hour}:{here:%M %Z}"
