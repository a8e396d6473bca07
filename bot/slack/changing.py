"""The button *Change* ─► the modal in which a schedule is changed."""

from dataclasses import dataclass, replace

from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import NotFound, TryLater
from bot.schedules.cadence import CADENCE
from bot.schedules.clock import write_time
from bot.slack.calls import AWAY
from bot.slack.incoming import Incoming
from bot.slack.modal import Change, modal
from bot.store import Schedule
from bot.store.store import Store


@dataclass(frozen=True)
class Changing:
    """Opens modals: Slack gives three seconds for that."""

    client: AsyncWebClient
    store: Store

    async def open(self, incoming: Incoming) -> None:
        """Open the modal for the schedule of the button's line."""
        number = int(incoming.line.removeprefix("change "))
        schedule = await self.store.schedules.find(incoming.team, incoming.channel, number)
        if schedule is None or schedule.state == "stopped":
            raise NotFound(f"There is no schedule {number} in this channel.", "`schedules` shows those that there are.")
        try:
            await self.client.views_open(trigger_id=incoming.once, view=modal(_change(schedule)))
        except AWAY:
            todo = f"Press the button again, or type what is to change: `change {number} tuesday 10:00`."
            raise TryLater("Slack did not open the form.", todo) from None


def _change(schedule: Schedule) -> Change:
    """The days are what is left of a cadence without its time and its zone."""
    cadence = CADENCE.read(schedule.cadence)
    time = write_time(cadence.at)
    days = str(replace(cadence, zone="")).removesuffix(time).strip()
    return Change(schedule.number, schedule.channel, days, time, cadence.zone, schedule.line)
