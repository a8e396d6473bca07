"""The button *Change* ─► the modal in which a schedule is changed."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from slack_sdk.web.async_client import AsyncWebClient

from bot.answers import Answers
from bot.commands.schedule_lookup import find
from bot.errors import Mistyped, Refused, TryLater
from bot.lines.param_types import Mistake
from bot.schedules.recurrence import CADENCE, Cadence
from bot.schedules.time_of_day import write_time
from bot.schedules.trigger import Watch, rhythm
from bot.slack.client import AWAY
from bot.slack.modal import DAYS, QUESTION, ZONE, Change, Json, mistakes, modal, read
from bot.slack.payloads import Incoming
from bot.store import Schedule
from bot.store.store import Store


@dataclass(frozen=True)
class Changing:
    """Opens modals: Slack gives three seconds for that."""

    client: AsyncWebClient
    store: Store
    answers: Answers

    def mistakes(self, body: Json) -> dict[str, str]:
        """What keeps the modal from being sent, each shown where it was typed."""
        change, found = read(body["view"]), mistakes(body)
        if change is None or found:
            return found
        said = {
            DAYS: _mistake(f"{change.days} {change.time} UTC", _days),
            ZONE: _mistake(f"monday 9:00 {change.zone}", lambda cadence: cadence.zone),
            QUESTION: self._mistake(change.question),
        }
        return {name: says for name, says in said.items() if says}

    def _mistake(self, question: str) -> str:
        try:
            self.answers.canonical(question)
        except Mistyped as mistyped:
            return " ".join(mistyped.mistakes)
        return ""

    async def open(self, incoming: Incoming) -> None:
        """Open the modal for the schedule of the button's line."""
        number = int(incoming.line.removeprefix("change "))
        schedule = await find(number, self.store, incoming.team, incoming.channel)
        if isinstance(rhythm(schedule.cadence), Watch):
            raise Refused("A watch has no times to change.", f"`stop {number}` ends it, and `watch` begins another.")
        try:
            await self.client.views_open(trigger_id=incoming.trigger, view=modal(_change(schedule, incoming.list_url)))
        except AWAY:
            todo = f"Press the button again, or type what is to change: `change {number} tuesday 10:00`."
            raise TryLater("Slack did not open the form.", todo) from None


def _mistake(said: str, part: Callable[[Cadence], str]) -> str:
    """What is wrong with a cadence; only a *part* of it was typed here, and only that is what was meant."""
    try:
        CADENCE.read(said)
    except Mistake as mistake:
        meant = mistake.meant or ""
        return str(mistake).replace(meant, part(CADENCE.read(meant))) if meant else str(mistake)
    return ""


def _days(cadence: Cadence) -> str:
    """What is left of a cadence without its time and its zone."""
    return str(replace(cadence, zone="")).removesuffix(write_time(cadence.at)).strip()


def _change(schedule: Schedule, list_url: str) -> Change:
    cadence = CADENCE.read(schedule.cadence)
    time, zone = write_time(cadence.at), cadence.zone
    return Change(schedule.number, schedule.channel, _days(cadence), time, zone, schedule.line, list_url)
